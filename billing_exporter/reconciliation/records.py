"""Records of a reconciliation: what was used, what was billed, and what came of comparing them."""

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

Subject = Literal["contracts", "trustors"]
Timing = Literal["arrears", "advance", "credit", "unknown"]
State = Literal["matched", "difference", "only_invoiced", "only_used", "pending", "not_comparable"]
Reason = Literal[
    "advance",
    "credit",
    "late_prepaid",
    "no_charge",
    "no_sku",
    "not_comparable",
    "not_read",
    "shared",
    "unknown",
]
SUBJECTS: tuple[Subject, ...] = ("contracts", "trustors")
ZERO = Decimal(0)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an invoice, with what its invoice says of it.

    Attributes:
        invoice: id of the invoice.
        currency: currency of the invoice.
        issued: when the invoice was issued, None where it has no date.
        organization: id of the organization that it is for, empty where it names none.
        sku: stock keeping unit, empty without one.
        name: product name or description.
        start: first day of what it bills.
        end: last day of what it bills.
        quantity: units billed.
        amount: in the currency.
        number: tells apart lines that are equal, where several readers see them.
    """

    invoice: str
    currency: str
    issued: date | None
    organization: str = ""
    sku: str = ""
    name: str = ""
    start: date | None = None
    end: date | None = None
    quantity: Decimal | None = None
    amount: Decimal | None = None
    number: int = 0

    @property
    def timing(self) -> Timing:
        """Return whether it bills what was used (arrears) or what will be (advance).

        What was used beyond the prepaid quantity is known when the period has ended, so only a
        line in arrears can be overage.
        """
        if self.amount is not None and self.amount < 0:
            return "credit"
        if self.issued is None or self.start is None or self.end is None or self.amount is None:
            return "unknown"
        return "arrears" if self.end <= self.issued else "advance"


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """One charge of a billing period: what it comes to beyond what is prepaid.

    Attributes:
        of: contract or customer as it is shown.
        of_id: id of the contract or customer.
        organizations: ids of the organizations that the charge covers.
        charge: its name.
        sku: stock keeping unit or part number.
        start: first day of the period.
        end: last day of the period.
        currency: of price and amount.
        quantity: overage quantity, None where the API has no number.
        price: of a unit.
        amount: overage amount; None where there is none or no price.
        prepaid: price times quantity of what is prepaid, to recognize prepaid that is billed late.
        is_open: whether the period still runs or has not been closed.
        obstacle: why it cannot be compared whatever its numbers are, empty where it can.
    """

    of: str
    of_id: str
    organizations: frozenset[str]
    charge: str
    sku: str
    start: date
    end: date
    currency: str
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal | None
    prepaid: Decimal | None = None
    is_open: bool = False
    obstacle: str = ""

    @property
    def key(self) -> tuple[str, str, date, date]:
        """Return what lines must agree with."""
        return self.currency, self.sku, self.start, self.end


class Read(msgspec.Struct, frozen=True):
    """A period of some organizations that was read in full, whatever charges it has."""

    organizations: frozenset[str]
    start: date
    end: date


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What was used of a SKU in a period beside what was invoiced for it.

    Attributes:
        of: contracts or customers that it is about, by name, joined where they share it.
        of_ids: their ids.
        charge: name of the charge.
        sku: stock keeping unit.
        start: first day of the period.
        end: last day of the period.
        currency: of all amounts.
        state: the verdict.
        used_quantity: overage quantity.
        used_amount: overage amount.
        invoiced_quantity: quantity of the lines in arrears.
        invoiced_amount: amount of the lines in arrears.
        credited_amount: amount of the credits for the period, negative or 0.
        lines: how many lines in arrears.
        by_quantity: part of the difference that other quantities make.
        by_price: the rest of the difference.
        remark: what a person should know, empty without anything.
    """

    of: tuple[str, ...]
    of_ids: tuple[str, ...]
    charge: str
    sku: str
    start: date
    end: date
    currency: str
    state: State
    used_quantity: Decimal | None
    used_amount: Decimal | None
    invoiced_quantity: Decimal
    invoiced_amount: Decimal
    credited_amount: Decimal
    lines: int
    by_quantity: Decimal = ZERO
    by_price: Decimal = ZERO
    remark: str = ""

    @property
    def difference(self) -> Decimal:
        """Return what was invoiced less what was used."""
        return self.invoiced_amount - (self.used_amount or ZERO)


class LeftOut(msgspec.Struct, frozen=True):
    """A line that was not compared, and why."""

    reason: Reason
    line: Line


class Reconciliation(msgspec.Struct, frozen=True):
    """All comparisons of a subject, and every line that had no part in one."""

    subject: Subject
    comparisons: tuple[Comparison, ...]
    left_out: tuple[LeftOut, ...]

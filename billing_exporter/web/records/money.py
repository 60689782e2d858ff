"""Money records: amounts, totals, unpaid invoices, overages."""

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts of one currency of a customer, contract or sum of them.

    Attributes:
        currency: ISO code of all amounts.
        so_far: what the running period comes to by now; for contracts overage alone.
        overage: of which overage.
        forecast: what the period comes to at its end.
        forecast_lower: lower bound of the forecast; null without a band.
        forecast_upper: upper bound of the forecast; null without a band.
        last_period: what the period before came to, at least the minimum amount.
    """

    currency: str
    so_far: Decimal | None = None
    overage: Decimal | None = None
    forecast: Decimal | None = None
    forecast_lower: Decimal | None = None
    forecast_upper: Decimal | None = None
    last_period: Decimal | None = None


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """The money of an organization's customers or contracts in one currency.

    Attributes:
        organization: as configured.
        of: whose money it is.
        amounts: the sums. Customers without a forecast count with what they cost so far.
        accounts: customers or contracts that have amounts.
        without_forecast: those among them without a forecast.
        without_band: those among them whose forecast has no band. The sum has one where they make
            up at most a twentieth of it; it takes them to vary independently of each other.
        period_start: first day of the earliest running period.
        period_end: last day of the latest running period.
    """

    organization: str
    of: Literal["customers", "contracts"]
    amounts: Amounts
    accounts: int
    without_forecast: int
    without_band: int
    period_start: date | None
    period_end: date | None


class Unpaid(msgspec.Struct, frozen=True, kw_only=True):
    """Unpaid invoices in one currency.

    Attributes:
        organization: as configured.
        currency: ISO code of all amounts.
        amount: of all unpaid invoices, credits not deducted. Like the other amounts it is null
            where one of the invoices has no amount that can be read.
        invoices: number of unpaid invoices.
        overdue_amount: of those past their due date.
        overdue_invoices: number of those past their due date.
        unknown_due_amount: of those whose payment terms state no due date.
        credit: of unpaid invoices below 0.
        by_age: all of it by days past the due date.
    """

    organization: str
    currency: str
    amount: Decimal | None
    invoices: int
    overdue_amount: Decimal | None
    overdue_invoices: int
    unknown_due_amount: Decimal | None
    credit: Decimal | None
    by_age: tuple["UnpaidAge", ...]


class UnpaidAge(msgspec.Struct, frozen=True, kw_only=True):
    """Unpaid invoices by days past their due date.

    Attributes:
        age: ``not_due``, ``1-30d``, ``31-60d``, ``61-90d``, ``over_90d``, ``unknown`` (the payment
            terms state no due date) or ``credit`` (amounts below 0).
        amount: their sum.
        invoices: their number.
    """

    age: str
    amount: Decimal | None
    invoices: int


class Overage(msgspec.Struct, frozen=True, kw_only=True):
    """Overage of one charge in the running period.

    Attributes:
        organization: as configured.
        of: whether a customer or a contract has it.
        id: of the customer; the number of the contract.
        name: of the customer; the number of the contract.
        charge: its name.
        quantity: beyond what is prepaid and included.
        unit: of the quantity.
        unit_price: of one unit of overage.
        amount: estimated for a customer, as charged for a contract.
        currency: ISO code.
    """

    organization: str
    of: Literal["customer", "contract"]
    id: str
    name: str
    charge: str
    quantity: Decimal | None
    unit: str
    unit_price: Decimal | None
    amount: Decimal
    currency: str


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """A budget of the configuration; it can span organizations.

    Attributes:
        budget: its name.
        currency: ISO code of all amounts.
        amount: planned for its period.
        so_far: what counts by now; null where no charge matches.
        used: share of the amount that counts by now; 1 is all of it.
        forecast: what will count at the end of its period.
        forecast_lower: lower bound of the forecast; null without a band.
        forecast_upper: upper bound of the forecast; null without a band.
        elapsed: share of its period that has passed.
        unpriced_charges: charges with usage and no price, whose amount is missing in it.
        members: charges of current periods that match it; null before anything is read.
        without_past: customers or contracts of which a closed period came without its numbers,
            whose amount is missing in it.
    """

    budget: str
    currency: str
    amount: Decimal
    so_far: Decimal | None
    used: Decimal | None
    forecast: Decimal | None
    forecast_lower: Decimal | None
    forecast_upper: Decimal | None
    elapsed: Decimal | None
    unpriced_charges: int
    members: int | None = None
    without_past: int = 0


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A charge of a closed period that was invoiced otherwise than it was used.

    Attributes:
        organization: as configured.
        subject: whether contracts or customers (trustors) are compared.
        names: of the contracts or customers that it is about.
        charge: its name.
        sku: stock keeping unit.
        period_start: first day of the period.
        state: ``difference``, ``only_invoiced`` or ``only_used``.
        currency: ISO code of all amounts.
        used: overage amount that was used; null where it is not known.
        invoiced: amount of the invoice lines for it.
        difference: invoiced less used.
        by_quantity: part of the difference that other quantities make.
        by_price: the rest of the difference.
        remark: what a person should know; empty without anything.
    """

    organization: str
    subject: str
    names: tuple[str, ...]
    charge: str
    sku: str
    period_start: date
    state: str
    currency: str
    used: Decimal | None
    invoiced: Decimal
    difference: Decimal
    by_quantity: Decimal
    by_price: Decimal
    remark: str

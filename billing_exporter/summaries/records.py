"""Summary records: what is kept of a customer, a contract, or all invoices."""

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from billing_exporter.collectors.trustor_overview import TrustorState

Kind = Literal["customer", "contract"]


class Money(msgspec.Struct, frozen=True, gc=False):
    """Amounts of one currency. A number that is not known is None, never 0.

    Attributes:
        currency: of all amounts.
        so_far: what the running period comes to by now.
        overage: of which overage.
        forecast: what it comes to at its end.
        lower: lower bound of the forecast.
        upper: upper bound of the forecast.
        last: what the period before came to.
    """

    currency: str
    so_far: Decimal | None = None
    overage: Decimal | None = None
    forecast: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    last: Decimal | None = None


class Overage(msgspec.Struct, frozen=True, gc=False):
    """Overage of one charge in the running period.

    Attributes:
        charge: its name.
        unit: of the quantity.
        currency: of price and amount.
        amount: quantity times unit price.
        quantity: beyond what is prepaid and included.
        price: of one unit.
    """

    charge: str
    unit: str
    currency: str
    amount: Decimal
    quantity: Decimal | None = None
    price: Decimal | None = None


class Account(msgspec.Struct, frozen=True):
    """A customer or a contract.

    Attributes:
        kind: which of the two.
        id: of the customer's organization; the number of a contract.
        name: of the customer's organization; the number of a contract.
        start: first day of the running period.
        end: its last day.
        money: by currency.
        overages: those with an amount, the largest first.
        unpriced: overages without an amount.
        contract_end: last day of the contract.
        end_customer: the customer whom a contract is for; empty where that is not known.
    """

    kind: Kind
    id: str
    name: str
    start: date | None = None
    end: date | None = None
    money: tuple[Money, ...] = ()
    overages: tuple[Overage, ...] = ()
    unpriced: int = 0
    contract_end: date | None = None
    end_customer: str = ""

    def has_ended(self, today: date) -> bool:
        """Return whether the contract is over, whose last period stays the newest one."""
        return self.contract_end is not None and self.contract_end < today


class Unpaid(msgspec.Struct, frozen=True):
    """Unpaid invoices of one currency in one bucket of days past due.

    Attributes:
        currency: of the amount.
        bucket: ``not_due``, ``1-30d`` and so on; ``credit`` holds amounts below 0.
        invoices: how many.
        amount: of all of them; None where one has none that can be read.
    """

    currency: str
    bucket: str
    invoices: int
    amount: Decimal | None


class Invoices(msgspec.Struct, frozen=True):
    """All invoices.

    Attributes:
        unpaid: the unpaid ones.
    """

    unpaid: tuple[Unpaid, ...]


Summary = Account | Invoices | TrustorState

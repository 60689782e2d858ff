"""Readings of a billing period in the form that forecasts need, whatever subject they are of."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from billing_exporter.forecasting.forecast import Kind

# Groupings of an overview that add up day by day, unless their unit says that things are counted.
_SUMS = frozenset({"resource", "messaging-usage", "rollup"})
_LEVELS = frozenset({"storage"})
# Such a row is an allowance, or its numbers repeat those of other rows.
_WITHOUT = frozenset({"fair-use", "rollup-usage", "storage-category"})
_COUNTED = frozenset({"number", "numbers"})
# Units of a contract's charges that add up day by day.
_SUM_UNITS = frozenset(
    {
        "Call", "Character", "Conversation", "Engagement", "Evaluation", "Event", "Exam", "Hour",
        "Ingestion", "Interaction", "Invocation", "Message", "MillionCharacters", "Minute",
        "Segment", "Session", "Stream", "Summary", "Token", "Transaction", "Translation", "Turn",
    }
)  # fmt: skip
_LEVEL_UNITS = frozenset({"Gigabyte", "GB"})

# So long after its end a period that is still the newest one has no successor.
ENDED = timedelta(days=10)

Key = tuple[str, ...]


def overview_kind(grouping: str, unit: str) -> Kind | None:
    """Return how a row of an overview grows; None for one that is not forecast."""
    grouping = grouping.lower()
    if grouping in _WITHOUT:
        return None
    if grouping in _SUMS and unit.lower() not in _COUNTED:
        return "sum"
    return "level" if grouping in _LEVELS else "mark"


def contract_kind(unit: str) -> Kind:
    """Return how a charge of a contract grows."""
    if unit in _SUM_UNITS:
        return "sum"
    return "level" if unit in _LEVEL_UNITS else "mark"


class Charge(msgspec.Struct, frozen=True, gc=False):
    """One charge as it was read.

    Attributes:
        kind: how it grows.
        quantity: used so far; None where the API gave no number.
        included: may be used without overage; None where the API gave no number.
        fixed: the amount due whatever is used; None without a price.
        price: of one unit of overage; None without one.
        overage_amount: charged so far for overage, where the API reports it.
    """

    kind: Kind
    quantity: Decimal | None
    included: Decimal | None = None
    fixed: Decimal | None = None
    price: Decimal | None = None
    overage_amount: Decimal | None = None
    currency: str = ""

    @property
    def is_priced(self) -> bool:
        """Whether an amount can be given for it."""
        has_amount = self.fixed is not None or self.overage_amount is not None
        return bool(self.currency) and (has_amount or self.has_overage_price)

    @property
    def has_overage_price(self) -> bool:
        """Whether overage can be given an amount."""
        return self.price is not None and self.included is not None

    def amount(self, quantity: Decimal) -> Decimal:
        """Return what a quantity costs in the period, as far as there are prices."""
        return (self.fixed or Decimal(0)) + self.overage(quantity)

    def overage(self, quantity: Decimal) -> Decimal:
        """Return what a quantity costs beyond the included one."""
        if self.price is None or self.included is None:
            return Decimal(0)
        return max(Decimal(0), quantity - self.included) * self.price

    def incurred(self) -> Decimal:
        """Return what is due already."""
        if self.overage_amount is not None:
            return (self.fixed or Decimal(0)) + self.overage_amount
        return self.amount(self.quantity or Decimal(0))


def finite(number: Decimal | None) -> Decimal | None:
    """Return a number, or None where it is none that can be computed with."""
    return number if number is not None and number.is_finite() else None


def whole_sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """Add up two rows; a sum of which one has no number is none."""
    return None if one is None or other is None else one + other


class Period(msgspec.Struct, frozen=True, gc=False):
    """One billing period as it was read.

    Attributes:
        start: its first day.
        days: its length.
        charges: by what identifies them.
        minimums: amount to pay at least, by currency.
        amounts: what a closed period came to by currency, where its charges have no prices.
        is_closed: whether the API reports it as closed.
    """

    start: date
    days: int
    charges: Mapping[Key, Charge]
    minimums: Mapping[str, Decimal] = msgspec.field(default_factory=dict)
    amounts: Mapping[str, Decimal] | None = None
    is_closed: bool = False

    @property
    def end(self) -> date:
        """Its last day."""
        return self.start + timedelta(days=self.days - 1)

    def is_over(self, day: date | None) -> bool:
        """Return whether nothing can be added to it any more.

        The newest period of a contract that has ended stays the newest one. The next one of
        another appears soon after its end.
        """
        return self.is_closed or (day is not None and day - self.end > ENDED)


class Subject(msgspec.Struct, frozen=True):
    """A customer or a contract as it was read.

    Attributes:
        current: the newest period; None where it has no dates.
        closed: earlier periods.
    """

    current: Period | None
    closed: tuple[Period, ...] = ()

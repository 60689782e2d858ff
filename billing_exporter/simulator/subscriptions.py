"""A customer's subscription: its type, its contract's dates, its ramp.

Documented: the types, the optional dates, the ramp in which nothing is charged. Invented: the
dates themselves. They are functions of the day alone: a contract that ends soon is extended
again and again by a few weeks, so that one ends soon on whatever day the world is looked at.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from billing_exporter.simulator.periods import DAY
from billing_exporter.simulator.seeded_random import between, pick
from billing_exporter.simulator.trustors import Trustor

Kind = Literal["MONTH_TO_MONTH", "PREPAY_MONTHLY_COMMITMENT", "PREPAY"]
_RAMP_CYCLE = 180


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a customer agreed to, as it stands on a day; days are whole, in UTC.

    Attributes:
        kind: subscriptionType.
        effective: first day of the contract, None for month to month.
        end: last day of the contract, None for month to month.
        amended: day of its last change, None where it never changed.
        ramp_start: first day of the ramp, None without one.
        ramp_end: last day of the ramp, None without one.
        in_ramp: whether the day is in the ramp.
    """

    kind: Kind
    effective: date | None = None
    end: date | None = None
    amended: date | None = None
    ramp_start: date | None = None
    ramp_end: date | None = None
    in_ramp: bool = False


def rolling_end(day: date, every: int, ahead: int) -> date:
    """Give the end of a contract that is extended every so many days, to so many days ahead."""
    return day - timedelta(days=day.toordinal() % every) + timedelta(days=ahead)


def yearly_term(day: date, month: int, anchor: int, years: int) -> tuple[date, date]:
    """Give first and last day of the term, of some years, that a day falls in."""
    year = day.year - day.year % years
    start = date(year, month, anchor)
    if day < start:
        start = start.replace(year=year - years)
    return start, start.replace(year=start.year + years) - DAY


def _kind(trustor: Trustor, seed: int) -> Kind:
    if trustor.state == "minimum":
        return "PREPAY_MONTHLY_COMMITMENT"
    return pick(("PREPAY_MONTHLY_COMMITMENT", "PREPAY"), seed, "kind", trustor.number)


def _ramping(trustor: Trustor, seed: int, day: date) -> Subscription:
    start = rolling_end(day, _RAMP_CYCLE, 0)
    end = start + timedelta(days=_RAMP_CYCLE) - DAY
    return Subscription(
        kind=_kind(trustor, seed),
        effective=start,
        end=start + timedelta(days=3 * 365),
        amended=start,
        ramp_start=start,
        ramp_end=end,
        in_ramp=True,
    )


def subscription(trustor: Trustor, seed: int, day: date) -> Subscription:
    """Return a customer's subscription on a day."""
    if trustor.state == "monthly":
        return Subscription("MONTH_TO_MONTH")
    if trustor.state == "ramping":
        return _ramping(trustor, seed, day)
    month = between(1, 12, seed, "term", trustor.number)
    start, end = yearly_term(day, month, trustor.anchor, 3)
    if trustor.state == "ending60":
        end = rolling_end(day, 42, 59)
    if trustor.state == "ending14":
        end = rolling_end(day, 12, 13)
    return Subscription(
        kind=_kind(trustor, seed),
        effective=start,
        end=end,
        amended=start + timedelta(days=45) if start + timedelta(days=45) <= day else None,
        ramp_start=start,
        ramp_end=start + timedelta(days=59),
        in_ramp=day < start + timedelta(days=60),
    )

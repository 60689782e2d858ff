"""Billing periods by their dates and status: what follows what, and what is open.

An index or the order of a listing says nothing: a node that lags answers with an older period.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from billing_exporter.collectors.base import label

# The last moment of a period is written as its last second, its last day or the next one's first.
_TO_THE_NEXT = timedelta(days=1)
# A February, even where clocks change in it.
_SHORTEST = timedelta(days=28) - timedelta(hours=2)
_ENDLESS = timedelta(days=10**7)

Moment = TypeVar("Moment", date, datetime)


def is_closed(status: str | None) -> bool | None:
    """Return whether a period's status is closed or open, in any case; None for another one.

    >>> is_closed("Closed"), is_closed("open"), is_closed("Sealed")
    (True, False, None)
    """
    return {"closed": True, "open": False}.get(label(status).lower())


def adjoins(end: Moment | None, start: Moment | None) -> bool:
    """Return whether a period with that end is the one right before a period with that start."""
    return end is not None and start is not None and timedelta() <= start - end <= _TO_THE_NEXT


def leaves_room(end: Moment | None, start: Moment | None) -> bool:
    """Return whether a whole billing period fits between an end and a start."""
    return end is not None and start is not None and start - end >= _SHORTEST


def end_or_estimate(
    start: Moment | None, end: Moment | None, length: timedelta | None
) -> Moment | None:
    """Return the end of a period, where it is not stated by its start and its neighbour's length.

    Args:
        start: Its first moment.
        end: Its last one, if that is stated.
        length: How long the neighbour lasts, if that is known; a stub may be shorter than a month.
    """
    if end is not None or start is None:
        return end
    try:
        return start + max(length or _SHORTEST, _SHORTEST)
    except OverflowError:  # a neighbour that ends in the year 9999
        return None


class Period(Protocol):
    """A billing period of a contract, as a listing or its details give it."""

    @property
    def id(self) -> str | None:
        """Its id."""

    @property
    def date_start(self) -> date | None:
        """Its first day."""

    @property
    def date_end(self) -> date | None:
        """Its last day."""

    @property
    def status(self) -> str | None:
        """Open, Closed or another one."""


class Contract(Protocol):
    """A contract with its billing periods."""

    @property
    def billing_periods(self) -> Iterable[Period]:
        """Its periods."""


def starts_of(contract: Contract) -> set[date]:
    """Return the first days of a contract's billing periods."""
    return {one.date_start for one in contract.billing_periods if one.date_start is not None}


AnyPeriod = TypeVar("AnyPeriod", bound=Period)


def named(periods: Iterable[AnyPeriod], today: date) -> dict[str, AnyPeriod]:
    """Return the periods that are shown, by name.

    ``current`` is the newest one that has begun, ``previous`` the one that ends where it begins.
    Others that are open are ``open``, ``open-2`` and so on, the shortest first: an annual period
    beside monthly ones. A contract whose periods all lie ahead has its first one as current.
    """
    dated = sorted((period for period in periods if period.date_start is not None), key=_order)
    begun = [period for period in dated if _start(period) <= today]
    if not begun:
        return dict(zip(("current",), dated[:1], strict=False))
    newest = max(_start(period) for period in begun)
    current = next(period for period in begun if _start(period) == newest)
    shown = {"current": current}
    before = [period for period in begun if _can_precede(period, current)]
    if before:
        shown["previous"] = max(before, key=lambda period: _closeness(period, current))
    chosen = [*map(id, shown.values())]
    still_open = [
        period for period in begun if is_closed(period.status) is False and id(period) not in chosen
    ]
    for number, period in enumerate(sorted(still_open, key=length), start=1):
        shown["open" if number == 1 else f"open-{number}"] = period
    return shown


def _start(period: Period) -> date:
    return period.date_start or date.min


def length(period: Period) -> timedelta:
    """Return how long a period lasts from its first to its last day; for ever without an end."""
    return _ENDLESS if period.date_end is None else period.date_end - _start(period)


def _order(period: Period) -> tuple[date, timedelta, str]:
    return _start(period), length(period), period.id or ""


def _can_precede(period: Period, current: Period) -> bool:
    """Return whether a period began and ended before another, and none can lie between them."""
    end, last = period.date_end, current.date_end
    ended = end_or_estimate(
        period.date_start, end, None if last is None else last - _start(current)
    )
    if _start(period) >= _start(current) or leaves_room(ended, current.date_start):
        return False
    return end is None or end < _start(current) or (last is not None and end < last)


def _closeness(period: Period, current: Period) -> tuple[bool, date, timedelta]:
    return adjoins(period.date_end, current.date_start), _start(period), -length(period)

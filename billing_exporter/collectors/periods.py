"""Billing periods by their dates and status: what follows what, and what is open.

An index or the order of a listing says nothing: a node that lags answers with an older period.
"""

from datetime import date, datetime, timedelta
from typing import TypeVar

from billing_exporter.collectors.base import label

# The last moment of a period is written as its last second, its last day or the next one's first.
_TO_THE_NEXT = timedelta(days=1)
_SHORTEST = timedelta(days=28)

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
    return end is not None and start is not None and start - end > _SHORTEST

"""Gaps of contracts: which closed periods of a contract are missing in its history. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta

from billing_exporter.collectors.base import label
from billing_exporter.collectors.closed_periods import History, MissingBefore
from billing_exporter.collectors.periods import adjoins, is_closed, length
from billing_exporter.genesys.records import BillingContract, BillingContractPeriod
from billing_exporter.settlement import is_moved

_DAY = timedelta(days=1)


def closed_of(contract: BillingContract, most: int) -> list[BillingContractPeriod]:
    """Return the newest closed periods of a contract, as many as are read, the newest first.

    Of an annual period and a monthly one that begin together, the shorter one counts.
    """
    closed = sorted(
        (period for period in contract.billing_periods if _is_dated_and_closed(period)),
        key=lambda period: (period.date_start, -length(period)),
        reverse=True,
    )
    closed = [
        period
        for place, period in enumerate(closed)
        if not place or period.date_start != closed[place - 1].date_start
    ]
    return closed[:most]


def running_from(contract: BillingContract, today: date) -> date | None:
    """Return the first day of the newest period that has begun."""
    starts = (period.date_start for period in contract.billing_periods)
    return max((start for start in starts if start is not None and start <= today), default=None)


def unread(
    contract: BillingContract, known: History, most: int, today: date
) -> Iterator[BillingContractPeriod]:
    """Yield the periods that have ended and are not in the history, but could be.

    Besides the closed ones that is the one right before the newest where the API has not closed it
    yet.
    """
    newest = running_from(contract, today)
    for period in closed_of(contract, most):
        if period.date_start not in known.blank and not _is_read(period, known):
            yield period
    for period in contract.billing_periods if most else ():
        if is_closed(period.status) is False and adjoins(period.date_end, newest):
            yield period


def missing_before(
    contract: BillingContract, known: History, most: int, today: date, counted: date | None
) -> MissingBefore:
    """Return the days before which a period is missing.

    One that was seen while it ran counts as it was known then, until it is read as a closed one.

    Args:
        contract: with its periods.
        known: its history.
        most: how many closed periods are read.
        today: the day (UTC).
        counted: first day of the newest period where that was read: it counts as it is.
    """
    newest = running_from(contract, today)
    days = [
        ended_before(period)
        for period in unread(contract, known, most, today)
        if period.date_start != counted
        and (period.date_start != known.walked_from or not adjoins(period.date_end, newest))
    ]
    return MissingBefore(
        max((day for day in days if day not in known.withheld), default=None),
        max((day for day in days if day in known.withheld), default=None),
    )


def _is_read(period: BillingContractPeriod, known: History) -> bool:
    """Return whether the history has a period, be it with dates of its own."""
    start, end = period.date_start, period.date_end
    dates = [(each.start, each.settlement.end) for each in known.periods]
    if start is None or any(start == first for first, _ in dates):
        return True
    return end is not None and any(is_moved(each, (start, end)) for each in dates)


def ended_before(period: BillingContractPeriod) -> date:
    """Return the day after a period."""
    return date.max if period.date_end is None else period.date_end + _DAY


def _is_dated_and_closed(period: BillingContractPeriod) -> bool:
    return bool(label(period.id) and period.date_start and is_closed(period.status))

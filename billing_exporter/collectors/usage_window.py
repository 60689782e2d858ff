"""Windows of the own usage report: which contract's billing period is asked for.

The listing of a vendor holds its customers' contracts too, with periods of their own. The window
is that of the own organization's contract where one names it, and does not leap: not while a
contract cannot be read, nor in the days between the end of a period and the next one's listing.
"""

import calendar
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta

from billing_exporter.collectors.base import label
from billing_exporter.collectors.periods import is_closed
from billing_exporter.genesys.records import BillingContract, BillingContractPeriod, NamedEntity

# First and last millisecond.
Window = tuple[datetime, datetime]

LAST_OF_DAY = timedelta(days=1, milliseconds=-1)
# A period is listed some days after it has begun; a month later the last one is over for good.
_LATEST_LISTING = timedelta(days=31)


def contract_window(
    contracts: Iterable[BillingContract],
    own: NamedEntity | None,
    known: Window | None,
    now: datetime,
) -> Window | None:
    """Return the window of the billing period that runs, or None where no contract tells one.

    Args:
        contracts: all that are active, with their periods where these could be read.
        own: the own organization, None where it is not known.
        known: the window of the last report.
        now: the time.
    """
    listed = list(contracts)
    of_own = own_contracts(listed, own)
    windows = set(_windows(of_own or listed))
    running = {window for window in windows if window[0] <= now <= window[1]}
    if known is not None and known[0] <= now <= known[1]:
        has_gap = any(not contract.billing_periods for contract in of_own or listed)
        if known in running or not running or has_gap:
            return known
    if running:
        return max(running, key=_newness)
    if known is not None and known[0] <= now <= known[1] + _LATEST_LISTING:
        return known
    # The period before the one that is not listed yet, closed or about to be.
    recent = now - _LATEST_LISTING
    ended = {each for each in _windows(of_own, closed=True) if recent <= each[1] < now}
    return max(ended, key=_newness, default=None)


def own_contracts(
    contracts: Iterable[BillingContract], own: NamedEntity | None
) -> list[BillingContract]:
    """Return the contracts that name the own organization."""
    return [contract for contract in contracts if own is not None and _names(contract, own)]


def _names(contract: BillingContract, own: NamedEntity) -> bool:
    """Return whether one of a contract's plans, or it as the customer, names an organization."""
    key, name = label(own.id).lower(), label(own.name).lower()
    members = {label(each.id).lower() for plan in contract.plans for each in plan.organizations}
    customer = label(contract.end_customer.name if contract.end_customer else None).lower()
    return bool((key and key in members) or (name and name == customer))


def _newness(window: Window) -> tuple[datetime, timedelta]:
    """Order windows: the one that began last, of those the shortest."""
    return window[0], window[0] - window[1]


def _windows(contracts: Iterable[BillingContract], *, closed: bool = False) -> Iterator[Window]:
    """Yield the windows of all periods; a status that is not known does not close one."""
    for contract in contracts:
        for period in contract.billing_periods:
            window = _window_of(period)
            if window is not None and (closed or not is_closed(period.status)):
                yield window


def _window_of(period: BillingContractPeriod) -> Window | None:
    if period.date_start is None or period.date_end is None:
        return None
    start = datetime.combine(period.date_start, time(), UTC)
    return start, datetime.combine(period.date_end, time(), UTC) + LAST_OF_DAY


def calendar_month(now: datetime) -> Window:
    """Return the first and the last millisecond of the month of ``now``."""
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    days = calendar.monthrange(start.year, start.month)[1]
    return start, start + timedelta(days=days, milliseconds=-1)

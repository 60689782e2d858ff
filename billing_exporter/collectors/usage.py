"""Billable usage of the own organization: one report over a window.

Exposes, for the open billing period of the contract::

    genesyscloud_billing_usage_quantity{organization="acme",charge="Genesys Cloud CX 3"} 412
    genesyscloud_billing_usage_resources{organization="acme",charge="Genesys Cloud CX 3"} 412

The report names users and devices; they are counted and never held.
"""

import calendar
from collections.abc import Iterator, Sized
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import msgspec

from billing_exporter.collectors.base import Poll, label
from billing_exporter.collectors.settings import UsageSettings, seconds
from billing_exporter.genesys import Forbidden, NotFound, Rejected, UnexpectedAnswer
from billing_exporter.genesys.records import BillingContractPeriod
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.samples import Samples, labels, unix_time


class Charge(msgspec.Struct, frozen=True):
    """One row of the report; ``resources`` is how many users or devices it lists, if it does."""

    name: str
    quantity: Decimal | None
    resources: int | None


class UsageData(msgspec.Struct, frozen=True):
    """One report: its window, both ends inclusive, and its rows."""

    start: datetime
    end: datetime
    charges: tuple[Charge, ...]


class UsageCollector:
    """Polls the billable usage report."""

    name = "usage"
    metrics = catalogue.USAGE_METRICS
    data = UsageData

    def __init__(self, settings: UsageSettings) -> None:
        self._window = settings.window

    def fetch(self, poll: Poll[UsageData]) -> UsageData:
        """Fetch the report of the configured window."""
        start, end = self._window_at(poll)
        poll.progress(0, 1)
        report = poll.api.billable_usage(start, end)
        poll.progress(1, 1)
        charges = tuple(
            Charge(label(usage.name), usage.total_usage, _count(usage.resources))
            for usage in report.usages
        )
        return UsageData(report.start_date or start, report.end_date or end, charges)

    def fresh(self, data: UsageData, now: datetime) -> UsageData:  # noqa: ARG002 - no details
        """A report has no details of an age of their own."""
        return data

    def parts(self, data: UsageData) -> dict[str, UsageData]:
        """A report is one part."""
        return {"report": data}

    def expose(self, part: UsageData) -> Samples:
        """Quantity and number of resources by charge, and the window."""
        samples = Samples()
        for charge in part.charges:
            if not charge.name:
                samples.drop("missing")
                continue
            of_charge = labels(("charge",), charge.name)
            samples.require(catalogue.USAGE_QUANTITY, of_charge, charge.quantity)
            samples.add(catalogue.USAGE_RESOURCES, of_charge, charge.resources)
        samples.add(catalogue.USAGE_PERIOD_START, labels(()), unix_time(part.start))
        samples.add(catalogue.USAGE_PERIOD_END, labels(()), unix_time(part.end))
        return samples

    def _window_at(self, poll: Poll[UsageData]) -> tuple[datetime, datetime]:
        if self._window == "contract":
            return open_period(poll) or calendar_month(poll.now)
        if self._window == "month":
            return calendar_month(poll.now)
        midnight = poll.now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(seconds=seconds(self._window)), midnight + _LAST_OF_DAY


def _count(resources: Sized | None) -> int | None:
    return None if resources is None else len(resources)


_LAST_OF_DAY = timedelta(days=1, milliseconds=-1)


def open_period(poll: Poll[UsageData]) -> tuple[datetime, datetime] | None:
    """Return the open billing period that holds today, or None where no contract is readable.

    Where contracts differ, the period that started last counts. What was known of it goes on while
    it lasts, so that an answer that cannot be read does not make the numbers leap.
    """
    try:
        periods = list(_open_periods(poll))
    except (Forbidden, NotFound):
        return _known_window(poll)
    except (Rejected, UnexpectedAnswer) as error:
        # The operation is a preview: when it changes, usage is still to be read.
        poll.tolerate(error, "the open billing period")
        return _known_window(poll)
    return max(periods, default=None)


def _known_window(poll: Poll[UsageData]) -> tuple[datetime, datetime] | None:
    known = poll.previous
    if known is None or not known.start <= poll.now <= known.end:
        return None
    return known.start, known.end


def _open_periods(poll: Poll[UsageData]) -> Iterator[tuple[datetime, datetime]]:
    for contract in poll.api.contracts(status="Active"):
        for period in contract.billing_periods:
            window = _window_of(period)
            if window is not None and window[0] <= poll.now <= window[1]:
                yield window


def _window_of(period: BillingContractPeriod) -> tuple[datetime, datetime] | None:
    if period.date_start is None or period.date_end is None or label(period.status) != "Open":
        return None
    start = datetime.combine(period.date_start, time(), UTC)
    return start, datetime.combine(period.date_end, time(), UTC) + _LAST_OF_DAY


def calendar_month(now: datetime) -> tuple[datetime, datetime]:
    """Return the first and the last millisecond of the month of ``now``."""
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    days = calendar.monthrange(start.year, start.month)[1]
    return start, start + timedelta(days=days, milliseconds=-1)

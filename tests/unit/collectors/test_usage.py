"""The usage collector: which window it asks for, and what the report becomes."""

from datetime import UTC, datetime

import pytest

from billing_exporter.collectors.settings import UsageSettings
from billing_exporter.collectors.usage import UsageCollector
from billing_exporter.genesys import ApiError, NotReady, Unavailable
from tests.unit.collectors.api_stub import (
    CONTRACTS,
    NOW,
    USAGE,
    ApiStub,
    CollectorHarness,
    fixture,
    lines,
    page,
)

OPEN_PERIOD = {"startDate": "2026-11-21T00:00:00.000Z", "endDate": "2026-12-20T23:59:59.999Z"}
CALENDAR_MONTH = {"startDate": "2026-11-01T00:00:00.000Z", "endDate": "2026-11-30T23:59:59.999Z"}


def desk(window: str = "contract") -> CollectorHarness:
    """Return a usage collector to poll."""
    return CollectorHarness(UsageCollector(UsageSettings(window=window)))


def test_a_report_becomes_an_exposition(cloud: ApiStub) -> None:
    """The report of the open period gives quantities, counts of resources and the window; rows of
    one charge add up exactly, unreadable rows are counted, and nobody is named.
    """
    cloud.put(CONTRACTS, fixture("usage_contracts.json"))
    cloud.put(USAGE, fixture("usage_report.json"))
    usage = desk()
    text = usage.poll()
    assert text == fixture("usage.prom")
    assert cloud.queries(CONTRACTS) == [{"pageSize": "10", "status": "Active"}]
    assert cloud.queries(USAGE) == [OPEN_PERIOD]
    assert usage.dropped == {"missing": 2, "not_a_number": 1}
    assert usage.merged == 2
    assert "agent" not in text
    assert "agent" not in repr(usage.reading)


def test_without_an_open_period_the_window_is_the_calendar_month(cloud: ApiStub) -> None:
    """Contracts whose open periods are over or ahead, or have no dates, leave the month."""
    periods = [
        {"dateStart": "2026-10-21", "dateEnd": "2026-11-22", "status": "Open"},
        {"dateStart": "2026-11-24", "dateEnd": "2026-12-23", "status": "Open"},
        {"dateStart": "2026-11-01", "dateEnd": "2026-11-30", "status": "Closed"},
        {"dateStart": None, "dateEnd": "2026-11-30", "status": "Open"},
    ]
    cloud.put(CONTRACTS, page({"id": "co-1", "billingPeriods": periods}))
    cloud.put(USAGE, fixture("usage_report.json"))
    desk().poll()
    assert cloud.queries(USAGE) == [CALENDAR_MONTH]


def test_contracts_that_are_not_active_give_no_window(cloud: ApiStub) -> None:
    """A contract that is listed as inactive, though active ones were asked for, says nothing."""
    period = {"dateStart": "2026-11-21", "dateEnd": "2026-12-20", "status": "Open"}
    cloud.put(CONTRACTS, page({"id": "co", "status": "Inactive", "billingPeriods": [period]}))
    cloud.put(USAGE, fixture("usage_report.json"))
    desk().poll()
    assert cloud.queries(USAGE) == [CALENDAR_MONTH]


@pytest.mark.parametrize("day", [21, 23])
def test_a_period_includes_its_first_and_its_last_day(cloud: ApiStub, day: int) -> None:
    """From the first to the last second of its days, the open period is the window."""
    period = {"dateStart": "2026-11-21", "dateEnd": "2026-11-23", "status": "Open"}
    cloud.put(CONTRACTS, page({"id": "co-1", "billingPeriods": [period]}))
    cloud.put(USAGE, fixture("usage_report.json"))
    hour = {21: 0, 23: 23}[day]
    desk().poll(NOW.replace(day=day, hour=hour))
    assert cloud.queries(USAGE)[0]["startDate"] == "2026-11-21T00:00:00.000Z"


@pytest.mark.parametrize("status", [403, 404])
def test_who_may_read_no_contract_gets_the_calendar_month(cloud: ApiStub, status: int) -> None:
    """The contract operations are a preview with a permission of their own; usage needs neither."""
    cloud.refuse(CONTRACTS, status)
    cloud.put(USAGE, fixture("usage_report.json"))
    usage = desk()
    usage.poll()
    assert cloud.queries(USAGE) == [CALENDAR_MONTH]
    assert usage.left_out == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [('{"items": []}', "unexpected_answer"), ("<html>", "unexpected_answer")],
)
def test_a_broken_contract_operation_does_not_take_usage_with_it(
    cloud: ApiStub, answer: str, reason: str
) -> None:
    """When the preview changes its shape, usage goes on over the calendar month, and says so."""
    cloud.put(CONTRACTS, answer)
    cloud.put(USAGE, fixture("usage_report.json"))
    usage = desk()
    usage.poll()
    assert cloud.queries(USAGE) == [CALENDAR_MONTH]
    assert usage.left_out == [(reason, "the open billing period")]


def test_the_known_period_goes_on_while_contracts_cannot_be_read(cloud: ApiStub) -> None:
    """A refusal after good polls does not make the numbers leap: the period that was asked for
    stays until it is over.
    """
    cloud.put(CONTRACTS, fixture("usage_contracts.json"))
    cloud.put(USAGE, fixture("usage_report.json"))
    usage = desk()
    usage.poll()
    cloud.refuse(CONTRACTS, 403)
    usage.poll(NOW.replace(month=12, day=20))
    usage.poll(NOW.replace(month=12, day=21))
    asked = [query["startDate"][:10] for query in cloud.queries(USAGE)]
    assert asked == ["2026-11-21", "2026-11-21", "2026-12-01"]


def test_an_outage_of_contracts_does_not_change_the_window(cloud: ApiStub) -> None:
    """What passes by itself fails the poll: the last reading stays, and no other window with it."""
    cloud.refuse(CONTRACTS, 503)
    cloud.put(USAGE, fixture("usage_report.json"))
    with pytest.raises(Unavailable):
        desk().poll()
    assert cloud.queries(USAGE) == []


@pytest.mark.parametrize(
    ("window", "now", "start", "end"),
    [
        ("month", NOW, "2026-11-01T00:00:00.000Z", "2026-11-30T23:59:59.999Z"),
        (
            "month",
            datetime(2028, 2, 29, 23, 59, tzinfo=UTC),
            "2028-02-01T00:00:00.000Z",
            "2028-02-29T23:59:59.999Z",
        ),
        ("30d", NOW, "2026-10-24T00:00:00.000Z", "2026-11-23T23:59:59.999Z"),
        ("1d", NOW, "2026-11-22T00:00:00.000Z", "2026-11-23T23:59:59.999Z"),
    ],
)
def test_the_window_is_as_configured(
    cloud: ApiStub, window: str, now: datetime, start: str, end: str
) -> None:
    """A month is the calendar's, a duration counts back from today; contracts are not asked for."""
    cloud.put(USAGE, fixture("usage_report.json"))
    desk(window).poll(now)
    assert cloud.queries(USAGE) == [{"startDate": start, "endDate": end}]
    assert cloud.count(CONTRACTS) == 0


def test_the_window_is_the_one_that_the_report_tells(cloud: ApiStub) -> None:
    """A report that covers less than asked for says so; one that says nothing is as asked for."""
    reported = {"startDate": "2026-11-05T00:00:00Z", "endDate": None}
    cloud.put(USAGE, {"status": "Complete", "usages": [], **reported})
    text = desk("month").poll()
    assert lines(text, "usage_period_start_timestamp_seconds") == ["{} 1793836800"]
    assert lines(text, "usage_period_end_timestamp_seconds") == ["{} 1796083199.999"]


def test_a_report_in_progress_is_no_reading(cloud: ApiStub) -> None:
    """An unfinished report is asked for again, within bounds, and never becomes zeros."""
    unfinished = {"status": "InProgress", "usages": [{"name": "CX 3", "totalUsage": "0"}]}
    cloud.put(USAGE, unfinished)
    usage = desk("month")
    with pytest.raises(NotReady):
        usage.poll()
    assert usage.reading is None
    assert cloud.count(USAGE) == 8
    assert sum(usage.clock.waits) == pytest.approx(46)


def test_a_failure_keeps_the_last_reading(cloud: ApiStub) -> None:
    """When a later report is refused, what was read before is still there."""
    cloud.put(USAGE, fixture("usage_report.json"))
    usage = desk("month")
    usage.poll()
    before = usage.reading
    cloud.refuse(USAGE, 403)
    with pytest.raises(ApiError):
        usage.poll()
    assert usage.reading is before

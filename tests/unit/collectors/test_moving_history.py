"""History of a customer while its periods move or are restated: nothing twice, nothing invented."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from billing_exporter.collectors.settings import TrustorsSettings
from billing_exporter.collectors.trustors import TrustorsCollector
from tests.unit.collectors.api_stub import OVERVIEW, TRUSTORS, ApiStub, CollectorHarness, lines

NEWEST = date(2026, 11, 1)
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HISTORY = 6


def _start(months_ago: int) -> date:
    year, month = divmod(NEWEST.year * 12 + NEWEST.month - 1 - months_ago, 12)
    return date(year, month + 1, 1)


def _used(months_ago: int) -> Decimal:
    """Return what each month has, which no other month has."""
    return Decimal(200 + 7 * months_ago)


def _overview(months_ago: int, restated: int) -> dict[str, object]:
    end = _start(months_ago - 1) - timedelta(days=1)
    row = {"name": "Minutes", "partNumber": "GC-1", "grouping": "resource", "overagePrice": "1"}
    used = {"usageQuantity": str(_used(months_ago) + restated), "prepayQuantity": "0"}
    return {
        "currency": "EUR",
        "billingPeriodStartDate": f"{_start(months_ago)}T00:00:00Z",
        "billingPeriodEndDate": f"{end}T23:59:59Z",
        "usages": [{**row, **used}],
    }


def _put(cloud: ApiStub, newest: int, restated: int = 0) -> None:
    """Give the periods from the newest one on, the closed ones of November restated."""
    for index in range(HISTORY + 3):
        months_ago = newest + index
        answer = _overview(months_ago, restated if months_ago > 0 else 0)
        cloud.put(f"{OVERVIEW}/t-1", answer, billingPeriodIndex=str(index))


@pytest.mark.parametrize("request_number", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("event", ["december begins", "all closed periods are restated"])
def test_a_history_that_changes_while_it_is_read(
    cloud: ApiStub, request_number: int, event: str
) -> None:
    """At whatever request it happens, each month is there once, with a number that it had; from
    the second day on six months are.
    """
    cloud.put(TRUSTORS, {"entities": [{"id": "t-1"}], "pageCount": 1, "total": 1})
    _put(cloud, 0)
    restated = 1000 if event.endswith("restated") else 0

    def before(_path: str) -> None:
        if cloud.count(f"{OVERVIEW}/t-1") == request_number:
            _put(cloud, 0 if restated else -1, restated)

    cloud.before_answer = before
    harness = CollectorHarness(TrustorsCollector(TrustorsSettings(history=HISTORY)))
    for day in range(3):
        text = harness.poll(NOW + timedelta(days=day))
        rows = lines(text, "trustor_history_estimated_amount")
        found = [re.search(r'period_start="([^"]+)".* (\S+)$', row) for row in rows]
        months = {match[1]: Decimal(match[2]) for match in found if match}
        known = {str(_start(ago)): _used(ago) for ago in range(-1, HISTORY + 3)}
        assert len(rows) == len(months)
        assert all(amount - known[month] in {0, restated} for month, amount in months.items())
        assert len(months) == HISTORY or day == 0

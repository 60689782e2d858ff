"""The reader of the past gives each contract, period and line once, whatever moves meanwhile."""

from datetime import date
from decimal import Decimal

from billing_exporter.history.reader import Reader
from tests.unit.collectors.api_stub import (
    CONTRACTS,
    INVOICES,
    OVERVIEW,
    TRUSTORS,
    ApiStub,
    page,
)
from tools.testkit.recorded_api import FakeClock, billing_api

TODAY = date(2026, 11, 2)


def _reader(periods: int = 2) -> Reader:
    return Reader(billing_api(FakeClock()), TODAY, periods)


def _overview(start: str, end: str) -> dict[str, object]:
    return {
        "organization": {"id": "t-1"},
        "currency": "EUR",
        "billingPeriodStartDate": f"{start}T00:00:00Z",
        "billingPeriodEndDate": f"{end}T23:59:59Z",
        "usages": [{"name": "Minutes", "usageQuantity": "5", "prepayQuantity": "1"}],
    }


def test_a_period_that_moves_while_it_is_read_counts_once(cloud: ApiStub) -> None:
    """October is index 0, November begins, and October is index 1: it is read once, as closed,
    and the walk goes back as far as it would have.
    """
    cloud.put(TRUSTORS, {"entities": [{"id": "t-1"}], "pageCount": 1})
    months = [
        _overview("2026-10-01", "2026-10-31"),
        _overview("2026-10-01", "2026-10-31"),
        _overview("2026-09-01", "2026-09-30"),
        _overview("2026-08-01", "2026-08-31"),
        _overview("2026-07-01", "2026-07-31"),
    ]
    for index, month in enumerate(months):
        cloud.put(f"{OVERVIEW}/t-1", month, billingPeriodIndex=str(index))
    found = _reader().trustors()
    assert [
        (each.overview.billing_period_start_date.month, each.is_open)
        for each in found
        if each.overview.billing_period_start_date
    ] == [(10, False), (9, False), (8, False)]


def test_two_contracts_of_one_id_are_two_and_a_period_that_is_listed_twice_is_one(
    cloud: ApiStub,
) -> None:
    """As in the collector: number and id make a contract, an id makes a period."""
    period = {"id": "p-1", "dateStart": "2026-10-01", "dateEnd": "2026-10-31", "status": "Closed"}
    one = {"id": "c-1", "externalNumber": "A", "billingPeriods": [period, period]}
    cloud.put(CONTRACTS, page(one, one, {**one, "externalNumber": "B"}))
    cloud.put(f"{CONTRACTS}/c-1/billingperiods/p-1", period)
    found = _reader().contracts()
    assert [each.contract.external_number for each in found] == ["A", "B"]


def test_a_line_that_two_pages_repeat_is_one(cloud: ApiStub) -> None:
    """A reconciliation counts it once, as the exporter does."""
    cloud.put(INVOICES, page({"id": "in-1", "dateInvoiced": "2026-11-01", "amount": 4}))
    line = {"id": "li-1", "amount": 3}
    path = f"{INVOICES}/in-1/lines"
    cloud.put(path, page(line, more="second"))
    cloud.put(path, page(line, {"id": "li-2", "amount": 1}), after="second")
    assert sum(each.amount or 0 for each in _reader().invoices().lines) == Decimal(4)


def test_a_period_that_the_api_does_not_know_costs_no_other_period_and_no_other_contract(
    cloud: ApiStub,
) -> None:
    """Asked again it would not be there either, so its contract counts as read; after a failure
    that passes, a contract is not whole.
    """
    months = [
        {"id": f"p-{month}", "dateStart": f"2026-{month:02}-01", "dateEnd": f"2026-{month:02}-28"}
        for month in (8, 9, 10)
    ]
    cloud.put(
        CONTRACTS,
        page(
            {"id": "c-1", "externalNumber": "A", "billingPeriods": months},
            {"id": "c-2", "externalNumber": "B", "billingPeriods": months},
            {"id": "c-3", "externalNumber": "C", "billingPeriods": months},
        ),
    )
    for month in months:
        for contract in ("c-1", "c-2"):
            cloud.put(f"{CONTRACTS}/{contract}/billingperiods/{month['id']}", month)
    cloud.refuse(f"{CONTRACTS}/c-1/billingperiods/p-9", 404)
    cloud.refuse(f"{CONTRACTS}/c-2/billingperiods/p-9", 400)
    reader = _reader()
    found = {each.name: len(each.periods) for each in reader.each_contract({"C"})}
    assert found == {"A": 2}
    assert len(reader.skipped) == 2
    assert not reader.is_over


def test_a_year_that_ended_within_reach_is_read(cloud: ApiStub) -> None:
    """Whether invoices can bill a period depends on its end, not on its start."""
    year = {"id": "y", "dateStart": "2025-11-01", "dateEnd": "2026-10-31", "status": "Closed"}
    cloud.put(CONTRACTS, page({"id": "c-1", "externalNumber": "A", "billingPeriods": [year]}))
    cloud.put(f"{CONTRACTS}/c-1/billingperiods/y", year)
    assert [each.detail.id for each in _reader().contracts()] == ["y"]

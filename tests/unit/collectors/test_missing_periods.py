"""Closed periods that are missing: not read yet, or read without their numbers."""

from datetime import date, timedelta

import msgspec
import pytest

from billing_exporter.collectors.closed_periods import MissingBefore
from billing_exporter.collectors.contracts import ContractsCollector, ContractsData
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import ContractsSettings
from tests.unit.collectors.api_stub import CONTRACTS, ApiStub, CollectorHarness, page
from tests.unit.collectors.partner import desk, put_overview, put_trustors, row
from tests.unit.collectors.test_history import (
    DAY,
    NOW,
    PERIODS,
    contract_periods,
    missing,
    put_details,
    put_year,
)

OCTOBER, NOVEMBER, DECEMBER = (date(2026, month, 1) for month in (10, 11, 12))


def contracts_of(cloud: ApiStub, *periods: object, history: int = 12) -> CollectorHarness:
    """List a contract with these periods, or a running and three closed ones that can be read."""
    put_details(cloud, 9, 5, 4, 3)
    listed = [*periods] or contract_periods()
    cloud.put(CONTRACTS, page({"id": "c-1", "externalNumber": "C-1", "billingPeriods": listed}))
    settings = ContractsSettings(history=history, max_age=Duration("2d"))
    return CollectorHarness(ContractsCollector(settings))


def data_of(contracts: CollectorHarness) -> ContractsData:
    """Return what was read of contracts."""
    assert contracts.reading is not None
    assert isinstance(contracts.reading.data, ContractsData)
    return contracts.reading.data


def unread(contracts: CollectorHarness) -> dict[str, str]:
    """Return the contracts whose newest period was not read, by id."""
    return data_of(contracts).unread()


def detail_path(month: int) -> str:
    """Return the path of the details of a month."""
    return f"{CONTRACTS}/c-1/billingperiods/bp-{month}"


def test_nothing_of_a_contract_is_missing_once_its_closed_periods_were_read(cloud: ApiStub) -> None:
    """A contract is newer than the beginning of a year where it lists no older period."""
    contracts = contracts_of(cloud)
    contracts.poll(NOW)
    assert missing(contracts) == {}
    assert unread(contracts) == {}


def test_closed_periods_that_no_poll_has_reached_are_missing(cloud: ApiStub) -> None:
    """A reading that is shown before the closed periods were read says so; a restart keeps that."""
    many = [
        {
            "id": f"old-{number}",
            "dateStart": str(start),
            "dateEnd": str(start + timedelta(days=6)),
            "status": "Closed",
        }
        for number in range(25)
        for start in [date(2026, 9, 1) - timedelta(weeks=number)]
    ]
    contracts = contracts_of(cloud, *contract_periods()[:1], *many, history=25)
    for each in many:
        cloud.refuse(f"{CONTRACTS}/c-1/billingperiods/{each['id']}", 429)
    contracts.poll(NOW)
    assert len(contracts.published) == 2  # the first before closed periods were asked for
    assert missing(contracts) == {"c-1": MissingBefore(unread=date(2026, 9, 8))}
    saved = msgspec.json.decode(msgspec.json.encode(data_of(contracts)), type=ContractsData)
    assert saved.missing() == data_of(contracts).missing()


def test_without_history_no_closed_period_is_missing(cloud: ApiStub) -> None:
    """None is read, so none is waited for; more than are set are not either."""
    contracts = contracts_of(cloud, history=0)
    contracts.poll(NOW)
    assert missing(contracts) == {}
    cloud.refuse(detail_path(8), 403)
    contracts = contracts_of(cloud, history=2)
    cloud.refuse(detail_path(8), 403)
    contracts.poll(NOW)
    assert missing(contracts) == {}


@pytest.mark.parametrize(
    ("status", "days"),
    [
        (500, MissingBefore(unread=OCTOBER)),
        (403, MissingBefore(withheld=OCTOBER)),
        (404, MissingBefore(withheld=OCTOBER)),
    ],
)
def test_a_closed_period_of_a_contract_that_fails_is_missing(
    cloud: ApiStub, status: int, days: MissingBefore
) -> None:
    """What is refused is told from what failed, and either ends once the period was read."""
    contracts = contracts_of(cloud)
    cloud.refuse(detail_path(9), status)
    for _ in range(2):
        contracts.poll(NOW)
        assert missing(contracts) == {"c-1": days}
    put_details(cloud, 9, 5, 4, 3)
    contracts.poll(NOW + DAY)
    assert missing(contracts) == {}


def test_a_closed_period_without_a_number_is_missing_and_an_empty_one_is_not(
    cloud: ApiStub,
) -> None:
    """A charge without its quantity is an incomplete answer; no charges are nothing used."""
    contracts = contracts_of(cloud)
    put_details(cloud, 9, 5, None, 3)
    contracts.poll(NOW)
    assert missing(contracts) == {"c-1": MissingBefore(withheld=OCTOBER)}
    cloud.put(detail_path(9), {**contract_periods()[2], "charges": [], "wallets": []})
    contracts.poll(NOW + DAY)
    assert missing(contracts) == {}
    contracts.poll(NOW + DAY)
    assert missing(contracts) == {}


@pytest.mark.parametrize("status", [403, 500])
def test_a_month_that_was_seen_while_it_ran_is_not_missing_until_the_next_one_ends(
    cloud: ApiStub, status: int
) -> None:
    """It counts as it was known last, in the accounts, which keep one such month."""
    contracts = contracts_of(cloud)
    contracts.poll(NOW)
    december = {"id": "bp-12", "dateStart": "2026-12-01", "dateEnd": "2026-12-31", "status": "Open"}
    november, *closed = contract_periods()
    for state in ("Open", "Closed"):
        listed = [december, {**november, "status": state}, *closed]
        entity = {"id": "c-1", "externalNumber": "C-1", "billingPeriods": listed}
        cloud.put(CONTRACTS, page(entity))
        cloud.put(detail_path(12), {**december, "charges": [], "wallets": []})
        cloud.refuse(detail_path(11), status)
        contracts.poll(NOW + 10 * DAY)
        assert missing(contracts) == {}
    january = {"id": "bp-1", "dateStart": "2027-01-01", "dateEnd": "2027-01-31", "status": "Open"}
    listed = [january, {**december, "status": "Closed"}, {**november, "status": "Closed"}, *closed]
    cloud.put(CONTRACTS, page({"id": "c-1", "externalNumber": "C-1", "billingPeriods": listed}))
    cloud.put(detail_path(1), {**january, "charges": [], "wallets": []})
    contracts.poll(NOW + 40 * DAY)
    expected = MissingBefore(**{"withheld" if status == 403 else "unread": DECEMBER})
    assert missing(contracts) == {"c-1": expected}


def test_a_month_that_has_ended_and_is_not_closed_yet_is_missing_at_a_first_start(
    cloud: ApiStub,
) -> None:
    """Nobody saw it while it ran, so nothing of it counts before it is read as a closed one."""
    current, previous, *closed = contract_periods()
    contracts = contracts_of(cloud, current, {**previous, "status": "Open"}, *closed)
    contracts.poll(NOW)
    assert missing(contracts) == {"c-1": MissingBefore(unread=NOVEMBER)}


def test_a_contract_whose_newest_period_was_not_read_is_unread(cloud: ApiStub) -> None:
    """Also one whose numbers are older than max_age; not one of which no period has begun."""
    contracts = contracts_of(cloud)
    cloud.refuse(detail_path(11), 500)
    contracts.poll(NOW)
    assert unread(contracts) == {"c-1": "C-1"}
    put_details(cloud, 9, 5, 4, 3)
    contracts.poll(NOW)
    assert unread(contracts) == {}
    cloud.refuse(detail_path(11), 500)
    contracts.poll(NOW + DAY)
    assert unread(contracts) == {}
    contracts.poll(NOW + 3 * DAY)
    assert unread(contracts) == {"c-1": "C-1"}
    ahead = {"id": "bp-1", "dateStart": "2027-01-01", "dateEnd": "2027-01-31", "status": "Open"}
    contracts = contracts_of(cloud, ahead)
    cloud.refuse(detail_path(1), 404)
    contracts.poll(NOW)
    assert unread(contracts) == {}


def test_a_contract_whose_periods_cannot_be_listed_is_unread(cloud: ApiStub) -> None:
    """A listing may leave them out; the others are read. One that has none is not unread."""
    cloud.put(CONTRACTS, page({"id": "c-1", "externalNumber": "C-1"}, {"id": "c-2"}))
    cloud.refuse(f"{CONTRACTS}/c-1", 500)
    cloud.put(f"{CONTRACTS}/c-2", {"id": "c-2", "billingPeriods": []})
    contracts = CollectorHarness(ContractsCollector(ContractsSettings(history=12)))
    contracts.poll(NOW)
    assert unread(contracts) == {"c-1": "C-1"}
    put_details(cloud, 9, 5, 4, 3)
    cloud.put(f"{CONTRACTS}/c-1", {"id": "c-1", "billingPeriods": contract_periods()})
    contracts.poll(NOW)
    assert unread(contracts) == {}
    cloud.refuse(f"{CONTRACTS}/c-1", 500)
    contracts.poll(NOW)
    assert unread(contracts) == {}


@pytest.mark.parametrize(("index", "day"), [("1", NOVEMBER), ("2", OCTOBER)])
def test_a_closed_period_of_a_customer_that_is_forbidden_is_missing(
    cloud: ApiStub, index: str, day: date
) -> None:
    """Up to the whole history; another customer's is not."""
    put_trustors(cloud, "a", "b")
    put_year(cloud, "b", "9", "5", "4", "3")
    path = put_year(cloud, "a", "9", "5", "4", "3")
    cloud.refuse(path, 403, billingPeriodIndex=index)
    trustors = desk(history=12)
    for _ in range(2):
        trustors.poll(NOW)
        assert missing(trustors) == {"id-a": MissingBefore(withheld=day)}
    put_year(cloud, "a", "9", "5", "4", "3")
    trustors.poll(NOW + DAY)
    assert missing(trustors) == {}


def test_a_closed_period_of_a_customer_without_a_number_is_missing(cloud: ApiStub) -> None:
    """The older ones are read all the same; one that was read whole before is not missing."""
    put_trustors(cloud, "a")
    put_year(cloud, "a", "9", None, "4", "3")
    trustors = desk(history=12)
    trustors.poll(NOW)
    assert missing(trustors) == {"id-a": MissingBefore(withheld=NOVEMBER)}
    put_year(cloud, "a", "9", "5", "4", "3")
    trustors.poll(NOW + DAY)
    assert missing(trustors) == {}
    put_year(cloud, "a", "9", "5", None, "3")
    trustors.poll(NOW + 8 * DAY)
    assert missing(trustors) == {}


def test_a_walk_that_stops_behind_an_incomplete_answer_goes_on_in_the_next_poll(
    cloud: ApiStub,
) -> None:
    """An incomplete period does not make those count as read that a failure left unread."""
    put_trustors(cloud, "a")
    path = put_year(cloud, "a", "9", None, "4", "3")
    cloud.refuse(path, 500, billingPeriodIndex="3")
    trustors = desk(history=12)
    trustors.poll(NOW)
    assert missing(trustors) == {"id-a": MissingBefore(date(2026, 9, 1), NOVEMBER)}
    put_year(cloud, "a", "9", "5", "4", "3")
    trustors.poll(NOW)
    assert missing(trustors) == {}


def test_a_month_of_a_customer_that_was_seen_while_it_ran_is_not_missing(cloud: ApiStub) -> None:
    """As of a contract: it counts as it was known last."""
    put_trustors(cloud, "a")
    put_year(cloud, "a", "9", "5")
    trustors = desk(history=12)
    trustors.poll(NOW)
    assert missing(trustors) == {}
    december = ("2026-12-01T00:00:00Z", "2026-12-31T23:59:59Z")
    path = put_overview(cloud, "a", row("1", overagePrice="2"), index=0, period=december)
    cloud.refuse(path, 403, billingPeriodIndex="1")
    trustors.poll(NOW + 10 * DAY)
    assert missing(trustors) == {}
    january = ("2027-01-01T00:00:00Z", "2027-01-31T23:59:59Z")
    put_overview(cloud, "a", row("1", overagePrice="2"), index=0, period=january)
    trustors.poll(NOW + 40 * DAY)
    assert missing(trustors) == {"id-a": MissingBefore(withheld=date(2027, 1, 1))}


def test_a_new_customer_misses_nothing(cloud: ApiStub) -> None:
    """It has no closed period, and one that is empty is nothing used."""
    put_trustors(cloud, "a", "b")
    put_year(cloud, "a", "9")
    put_year(cloud, "b", "9")
    put_overview(cloud, "b", index=1, period=PERIODS[1])
    trustors = desk(history=12)
    trustors.poll(NOW)
    assert missing(trustors) == {}


@pytest.mark.parametrize(
    ("status", "days"),
    [(200, None), (500, MissingBefore(unread=DECEMBER)), (403, MissingBefore(withheld=DECEMBER))],
)
def test_the_newest_period_of_a_contract_that_is_over_is_a_closed_one(
    cloud: ApiStub, status: int, days: MissingBefore | None
) -> None:
    """A budget of a year lacks it where it could not be read, one of running periods does not."""
    newest, *closed = contract_periods()
    contracts = contracts_of(cloud, {**newest, "status": "Closed"}, *closed)
    if days is not None:
        cloud.refuse(detail_path(11), status)
    contracts.poll(NOW + 10 * DAY)
    assert unread(contracts) == {}
    assert missing(contracts) == ({} if days is None else {"c-1": days})


def test_a_period_whose_detail_has_other_dates_is_read(cloud: ApiStub) -> None:
    """What the listing calls otherwise is not missing for ever."""
    contracts = contracts_of(cloud)
    detail = {**contract_periods()[2], "dateStart": "2026-09-02"}
    charge = {"name": "CX 3", "actualQuantity": 4, "overageCurrency": "EUR", "overageCharge": 4}
    cloud.put(detail_path(9), {**detail, "charges": [charge]})
    contracts.poll(NOW)
    assert missing(contracts) == {}

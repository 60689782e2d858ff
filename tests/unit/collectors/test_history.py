"""History of customers and contracts: which closed periods are read when, and what is shown."""

from datetime import UTC, date, datetime, timedelta

import pytest

from billing_exporter.collectors.closed_periods import MissingBefore
from billing_exporter.collectors.contracts import ContractsCollector
from billing_exporter.collectors.settings import ContractsSettings
from tests.unit.collectors.api_stub import (
    CONTRACTS,
    TRUSTORS,
    ApiStub,
    CollectorHarness,
    lines,
    page,
)
from tests.unit.collectors.partner import desk, put_overview, put_trustors, row

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PERIODS = [
    ("2026-11-01T00:00:00Z", "2026-11-30T23:59:59Z"),
    ("2026-10-01T00:00:00Z", "2026-10-31T23:59:59Z"),
    ("2026-09-01T00:00:00Z", "2026-09-30T23:59:59Z"),
    ("2026-08-01T00:00:00Z", "2026-08-31T23:59:59Z"),
]


def put_year(cloud: ApiStub, name: str, *usages: object, shift: int = 0) -> str:
    """Give the running period and closed ones of a customer; a unit of overage costs 2 USD."""
    path = ""
    for index, usage in enumerate(usages):
        used = row(usage, overagePrice="2")
        path = put_overview(cloud, name, used, index=index, period=PERIODS[index - shift])
    return path


def asked(cloud: ApiStub, path: str) -> list[int]:
    """Return the indices that were asked for since the last time."""
    found = [int(query["billingPeriodIndex"]) for query in cloud.queries(path)]
    cloud.asked.clear()
    return found


def amounts(text: str) -> dict[str, str]:
    """Return the amounts of closed periods by their first day."""
    return {
        line.split('period_start="')[1].split('"')[0]: line.rsplit(" ", 1)[1]
        for line in lines(text, "trustor_history_estimated_amount")
    }


def missing(harness: CollectorHarness) -> dict[str, MissingBefore]:
    """Return before which days closed periods of a customer or contract are missing, by its id."""
    assert harness.reading is not None
    return {key: days for (_, key), days in harness.reading.data.missing().items()}


def value(text: str, metric: str, period: str = "previous") -> str | None:
    """Return the value of a metric of a period."""
    found = [line for line in lines(text, metric) if f'period="{period}"' in line]
    return found[0].rsplit(" ", 1)[1] if found else None


def test_closed_periods_are_read_once_behind_the_current_one(cloud: ApiStub) -> None:
    """After the running and the previous period the closed ones are read back to where the API has
    none; the same day nothing is asked for again.
    """
    put_trustors(cloud, "a")
    path = put_year(cloud, "a", "9", "5", "4", "3")
    trustors = desk(history=12)
    text = trustors.poll(NOW)
    assert asked(cloud, path) == [0, 1, 1, 2, 3, 4]
    assert amounts(text) == {"2026-10-01": "10", "2026-09-01": "8", "2026-08-01": "6"}
    assert trustors.left_out == []
    trustors.poll(NOW)
    assert asked(cloud, path) == [0]


def test_closed_periods_are_shown_as_they_are_read(cloud: ApiStub) -> None:
    """A long reading of histories is shown a few customers at a time, each one whole: what ends it
    loses little.
    """
    names = "abcdefghi"
    put_trustors(cloud, *names)
    for name in names:
        put_year(cloud, name, "9", "5", "4")
    trustors = desk(history=12)
    trustors.poll(NOW)
    shown = [lines(text, "trustor_history_estimated_amount") for text in trustors.published]
    found = [{line.split('"')[1] for line in text} for text in shown]
    assert {len(customers) for customers in found} == {0, 4, 8, 9}
    assert [len(text) for text in shown] == [2 * len(customers) for customers in found]


def test_no_more_periods_are_read_than_are_set(cloud: ApiStub) -> None:
    """The setting is how many; 0 is none, and shows none."""
    put_trustors(cloud, "a")
    path = put_year(cloud, "a", "9", "5", "4", "3")
    assert amounts(desk(history=1).poll(NOW)) == {"2026-10-01": "10"}
    assert asked(cloud, path) == [0, 1, 1]
    assert amounts(desk(history=0).poll(NOW)) == {}
    assert asked(cloud, path) == [0, 1]


def test_a_period_settles_and_a_restatement_shows(cloud: ApiStub) -> None:
    """Unchanged for three days it is settled; what changes then is counted, dated, measured against
    the first numbers, and shown as the previous period; after three equal days it is settled again.
    """
    put_trustors(cloud, "a")
    put_year(cloud, "a", "9", "5")
    trustors = desk(history=12)
    assert value(trustors.poll(NOW), "trustor_period_settled") == "0"
    text = trustors.poll(NOW + 3 * DAY)
    assert value(text, "trustor_period_settled") == "1"
    assert value(text, "trustor_period_restatements") == "0"
    assert value(text, "trustor_restated_timestamp_seconds") is None

    put_year(cloud, "a", "9", "7")
    when = NOW + 8 * DAY  # the next day of reading is the 30th after the end
    text = trustors.poll(when)
    assert value(text, "trustor_period_settled") == "0"
    assert value(text, "trustor_period_restatements") == "1"
    assert value(text, "trustor_restated_amount") == "4"
    assert value(text, "trustor_restated_timestamp_seconds") == f"{when.timestamp():.0f}"
    assert value(text, "trustor_usage_quantity") == "7"
    assert amounts(text) == {"2026-10-01": "14"}
    for days in (9, 10):
        text = trustors.poll(NOW + days * DAY)
    assert value(text, "trustor_period_settled") == "1"
    assert value(text, "trustor_restated_amount") == "4"


def test_a_partial_answer_restates_nothing(cloud: ApiStub) -> None:
    """Numbers that are missing are no reading; the period is tried again the next day."""
    put_trustors(cloud, "a")
    path = put_year(cloud, "a", "9", "5")
    trustors = desk(history=12)
    trustors.poll(NOW)
    trustors.poll(NOW + 3 * DAY)
    put_year(cloud, "a", "9", None)
    text = trustors.poll(NOW + 8 * DAY)
    assert value(text, "trustor_period_restatements") == "0"
    assert value(text, "trustor_usage_quantity") == "5"
    assert amounts(text) == {"2026-10-01": "10"}
    cloud.asked.clear()
    trustors.poll(NOW + 8 * DAY)
    assert asked(cloud, path) == [0, 1]


def test_a_new_period_moves_every_index(cloud: ApiStub) -> None:
    """Closed periods are known by their dates: with a new one only that is read."""
    put_trustors(cloud, "a")
    put_year(cloud, "a", "9", "5", "4")
    trustors = desk(history=2)
    trustors.poll(NOW)
    december = ("2026-12-01T00:00:00Z", "2026-12-31T23:59:59Z")
    path = put_overview(cloud, "a", row("1", overagePrice="2"), index=0, period=december)
    for index, usage in enumerate(("9", "5", "4"), start=1):
        used = row(usage, overagePrice="2")
        put_overview(cloud, "a", used, index=index, period=PERIODS[index - 1])
    cloud.asked.clear()
    text = trustors.poll(datetime(2026, 12, 4, 12, tzinfo=UTC))
    assert amounts(text) == {"2026-11-01": "18", "2026-10-01": "10"}
    assert asked(cloud, path)[:3] == [0, 1, 1]


@pytest.mark.parametrize("status", [500, 429, 408])
def test_a_failure_ends_the_walk_until_the_next_poll(cloud: ApiStub, status: int) -> None:
    """What could not be read is tolerated and asked for again; what was read stays, and it is known
    before which day nothing was read.
    """
    put_trustors(cloud, "a")
    path = put_year(cloud, "a", "9", "5", "4", "3")
    cloud.refuse(path, status, billingPeriodIndex="2")
    trustors = desk(history=12)
    assert amounts(trustors.poll(NOW)) == {"2026-10-01": "10"}
    assert [about for _, about in trustors.left_out] == ["overview 2 of trustor id-a"]
    assert missing(trustors) == {"id-a": MissingBefore(unread=date(2026, 10, 1))}
    put_year(cloud, "a", "9", "5", "4", "3")
    assert len(amounts(trustors.poll(NOW))) == 3
    assert missing(trustors) == {}


def test_a_history_that_is_forbidden_is_counted_and_tried_the_next_day(cloud: ApiStub) -> None:
    """A refusal is counted by its reason once a day, and what was read stays."""
    put_trustors(cloud, "a")
    path = put_year(cloud, "a", "9", "5", "4", "3")
    cloud.refuse(path, 403, billingPeriodIndex="2")
    trustors = desk(history=12)
    assert amounts(trustors.poll(NOW)) == {"2026-10-01": "10"}
    assert trustors.left_out == [("forbidden", "overview 2 of trustor id-a")]
    cloud.asked.clear()
    trustors.poll(NOW)
    assert asked(cloud, path) == [0]
    put_year(cloud, "a", "9", "5", "4", "3")
    assert len(amounts(trustors.poll(NOW + DAY))) == 3


def test_a_history_that_is_not_found_is_tried_the_next_day(cloud: ApiStub) -> None:
    """A customer without any closed period may be new, or the API may have failed for a while."""
    put_trustors(cloud, "a")
    path = put_year(cloud, "a", "9", "5", "4", "3")
    cloud.refuse(path, 404, billingPeriodIndex="1")
    trustors = desk(history=12)
    assert amounts(trustors.poll(NOW)) == {}
    put_year(cloud, "a", "9", "5", "4", "3")
    assert amounts(trustors.poll(NOW)) == {}
    assert len(amounts(trustors.poll(NOW + DAY))) == 3


def test_a_period_that_begins_while_history_is_read_counts_nothing_twice(cloud: ApiStub) -> None:
    """Where the indices move by one during the walk, what is read twice is shown once."""
    put_trustors(cloud, "a")
    put_year(cloud, "a", "9", "5", "4", "3")
    for index, usage in ((2, "5"), (3, "4"), (4, "3")):
        used = row(usage, overagePrice="2")
        put_overview(cloud, "a", used, index=index, period=PERIODS[index - 1])
    text = desk(history=12).poll(NOW)
    assert amounts(text) == {"2026-10-01": "10", "2026-09-01": "8", "2026-08-01": "6"}
    assert value(text, "trustor_period_restatements") == "0"


def test_a_currency_that_changes_within_the_year_is_never_added_up(cloud: ApiStub) -> None:
    """Each closed period keeps its own currency, and nothing is compared across the two."""
    put_trustors(cloud, "a")
    put_year(cloud, "a", "9", "5")
    path = put_overview(cloud, "a", row("4", overagePrice="2"), index=2, period=PERIODS[2])
    cloud.put(
        path,
        {
            "currency": "EUR",
            "billingPeriodStartDate": PERIODS[2][0],
            "billingPeriodEndDate": PERIODS[2][1],
            "usages": [row("4", overagePrice="2")],
        },
        billingPeriodIndex="2",
    )
    text = desk(history=12).poll(NOW)
    shown = {
        line.split('currency="')[1].split('"')[0]: line.rsplit(" ", 1)[1]
        for line in lines(text, "trustor_history_estimated_amount")
    }
    assert shown == {"USD": "10", "EUR": "8"}


def test_a_customer_with_two_names_has_one_history(cloud: ApiStub) -> None:
    """What was read under the former name is shown under the new one alone, and not read again."""
    put_trustors(cloud, "a")
    path = put_year(cloud, "a", "9", "5", "4")
    trustors = desk(history=12)
    trustors.poll(NOW)
    cloud.put(
        TRUSTORS,
        {
            "entities": [{"id": "id-a", "enabled": True, "organization": {"name": "renamed"}}],
            "pageCount": 1,
        },
    )
    cloud.asked.clear()
    found = lines(trustors.poll(NOW), "trustor_history_estimated_amount")
    assert len(found) == 2
    assert all('trustor="renamed",trustor_id="id-a"' in line for line in found)
    assert asked(cloud, path) == [0]


def test_a_customer_that_ends_has_no_history(cloud: ApiStub) -> None:
    """With its numbers its closed periods end."""
    put_trustors(cloud, "a", "b")
    path = put_year(cloud, "a", "9", "5")
    put_year(cloud, "b", "9", "6")
    trustors = desk(history=12)
    assert len(lines(trustors.poll(NOW), "trustor_history_estimated_amount")) == 2
    cloud.refuse(path, 403)
    (line,) = lines(trustors.poll(NOW), "trustor_history_estimated_amount")
    assert 'trustor="b"' in line


def contract_periods() -> list[dict[str, object]]:
    """Return a running and three closed periods as a contract lists them."""
    starts = [date(2026, month, 1) for month in (11, 10, 9, 8)]
    return [
        {
            "id": f"bp-{start.month}",
            "dateStart": str(start),
            "dateEnd": str((start + timedelta(days=31)).replace(day=1) - DAY),
            "status": "Closed" if place else "Open",
        }
        for place, start in enumerate(starts)
    ]


def put_details(cloud: ApiStub, *overages: object, of_wallet: object = 0) -> None:
    """Give the details of the contract's periods, the running one first."""
    wallet = {"name": "Tokens", "balanceConsumption": 90, "balanceOverageCurrency": "EUR"}
    wallet |= {"balanceOverage": of_wallet, "balanceOverageCharge": of_wallet}
    for period, overage in zip(contract_periods(), overages, strict=True):
        charge = {"id": "ch", "name": "CX 3", "actualQuantity": overage, "overageCurrency": "EUR"}
        detail = {**period, "charges": [{**charge, "overageCharge": overage}], "wallets": [wallet]}
        cloud.put(f"{CONTRACTS}/c-1/billingperiods/{period['id']}", detail)


def test_closed_periods_of_contracts_are_read_and_watched(cloud: ApiStub) -> None:
    """The closed periods are read once, as many as are set; a restatement is counted, and the
    previous period shows its new numbers.
    """
    entity = {"id": "c-1", "externalNumber": "C-1", "billingPeriods": contract_periods()}
    cloud.put(CONTRACTS, page(entity))
    put_details(cloud, 9, 5, 4, 3)
    contracts = CollectorHarness(ContractsCollector(ContractsSettings(history=2)))
    text = contracts.poll(NOW)
    shown = [line.rsplit(" ", 1)[1] for line in lines(text, "contract_history_overage_amount")]
    assert shown == ["4", "5"]
    assert cloud.count(f"{CONTRACTS}/c-1/billingperiods/bp-8") == 0
    text = contracts.poll(NOW + 3 * DAY)
    assert value(text, "contract_period_settled") == "1"
    put_details(cloud, 9, 8, 4, 3)
    text = contracts.poll(NOW + 8 * DAY)
    assert value(text, "contract_period_restatements") == "1"
    assert value(text, "contract_restated_overage_amount") == "3"
    assert value(text, "charge_overage_amount") == "8"


@pytest.mark.parametrize("key", [None, " bp-10 "])
def test_a_restatement_shows_whatever_id_the_detail_has(cloud: ApiStub, key: str | None) -> None:
    """A detail is of the period that was asked for, with or without an id of its own."""
    entity = {"id": "c-1", "externalNumber": "C-1", "billingPeriods": contract_periods()}
    cloud.put(CONTRACTS, page(entity))
    contracts = CollectorHarness(ContractsCollector(ContractsSettings(history=2)))
    path = f"{CONTRACTS}/c-1/billingperiods/bp-10"
    for days, overage in ((0, 5), (3, 5), (8, 8)):
        put_details(cloud, 9, overage, 4, 3)
        charge = {"id": "ch", "name": "CX 3", "actualQuantity": overage, "overageCurrency": "EUR"}
        detail = {**contract_periods()[1], "id": key}
        cloud.put(path, {**detail, "charges": [{**charge, "overageCharge": overage}]})
        text = contracts.poll(NOW + days * DAY)
    shown = [line for line in lines(text, "charge_overage_amount") if "previous" in line]
    assert [line.rsplit(" ", 1)[1] for line in shown] == ["8"]


def test_overage_of_wallets_counts_in_closed_periods(cloud: ApiStub) -> None:
    """A period's amount is that of its charges and wallets, and either is restated."""
    entity = {"id": "c-1", "externalNumber": "C-1", "billingPeriods": contract_periods()}
    cloud.put(CONTRACTS, page(entity))
    put_details(cloud, 9, 5, 4, 3, of_wallet=20)
    contracts = CollectorHarness(ContractsCollector(ContractsSettings(history=2)))
    shown = lines(contracts.poll(NOW), "contract_history_overage_amount")
    assert [line.rsplit(" ", 1)[1] for line in shown] == ["24", "25"]
    contracts.poll(NOW + 3 * DAY)
    put_details(cloud, 9, 5, 4, 3, of_wallet=21)
    assert value(contracts.poll(NOW + 8 * DAY), "contract_restated_overage_amount") == "1"


@pytest.mark.parametrize("end", ["2026-11-15", None])
def test_an_annual_period_takes_no_monthly_ones_place(cloud: ApiStub, end: str | None) -> None:
    """Of two closed periods that begin together the shorter is history; none restates it."""
    annual = {"id": "bp-year", "dateStart": "2026-10-01", "dateEnd": end}
    periods = [*contract_periods(), {**annual, "status": "Closed"}]
    cloud.put(CONTRACTS, page({"id": "c-1", "externalNumber": "C-1", "billingPeriods": periods}))
    put_details(cloud, 9, 5, 4, 3)
    contracts = CollectorHarness(ContractsCollector(ContractsSettings(history=2)))
    shown = lines(contracts.poll(NOW), "contract_history_overage_amount")
    assert [line.rsplit(" ", 1)[1] for line in shown] == ["4", "5"]
    assert cloud.count(f"{CONTRACTS}/c-1/billingperiods/bp-year") == 0


@pytest.mark.parametrize(
    ("status", "reason"), [(500, "unavailable"), (403, "forbidden"), (404, "not_found")]
)
def test_a_period_of_a_contract_that_fails_is_tried_the_next_day(
    cloud: ApiStub, status: int, reason: str
) -> None:
    """The failure is counted by its reason; the other periods are read."""
    entity = {"id": "c-1", "externalNumber": "C-1", "billingPeriods": contract_periods()}
    cloud.put(CONTRACTS, page(entity))
    put_details(cloud, 9, 5, 4, 3)
    path = f"{CONTRACTS}/c-1/billingperiods/bp-9"
    cloud.refuse(path, status)
    contracts = CollectorHarness(ContractsCollector(ContractsSettings(history=3)))
    assert len(lines(contracts.poll(NOW), "contract_history_overage_amount")) == 2
    assert contracts.left_out == [(reason, "billing period bp-9 of contract c-1")]
    put_details(cloud, 9, 5, 4, 3)
    count = cloud.count(path)
    contracts.poll(NOW)
    assert cloud.count(path) == count
    assert len(lines(contracts.poll(NOW + DAY), "contract_history_overage_amount")) == 3

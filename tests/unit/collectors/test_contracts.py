"""The contracts collector: which periods are asked for, and what contracts become."""

from datetime import date, timedelta

import pytest

from billing_exporter.collectors.contracts import ContractsCollector, newest_periods
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import ContractsSettings
from billing_exporter.genesys import Forbidden
from billing_exporter.genesys.records import BillingContract, BillingContractPeriod
from tests.unit.collectors.api_stub import (
    CONTRACTS,
    NOW,
    ApiStub,
    CollectorHarness,
    fixture,
    lines,
    page,
)

TODAY = date(2026, 11, 23)
OPEN = {"dateStart": "2026-11-21", "dateEnd": "2026-12-20", "status": "Open"}
CLOSED = {"dateStart": "2026-10-21", "dateEnd": "2026-11-20", "status": "Closed"}


def desk(max_age: str = "7d") -> CollectorHarness:
    """Return a contracts collector to poll."""
    return CollectorHarness(
        ContractsCollector(ContractsSettings(max_age=Duration(max_age), history=0))
    )


def contract(name: str, *periods: object, **facts: object) -> dict[str, object]:
    """Return a contract as the API gives it."""
    return {"id": name, "externalNumber": name.upper(), "billingPeriods": periods, **facts}


def put_detail(cloud: ApiStub, where: str, **facts: object) -> str:
    """Give the detail of a period, `contract/period`; return the path it is at."""
    contract_id, period_id = where.split("/")
    path = f"{CONTRACTS}/{contract_id}/billingperiods/{period_id}"
    cloud.put(path, {"id": period_id, **facts})
    return path


def charge(actual: object, **facts: object) -> dict[str, object]:
    """Return a charge as the API gives it."""
    return {"id": "ch-1", "name": "CX 3", "actualQuantity": actual, **facts}


def period(name: str, start: date | None) -> BillingContractPeriod:
    """Return a period that starts on a day."""
    return BillingContractPeriod(id=name, date_start=start)


def test_contracts_become_an_exposition(cloud: ApiStub) -> None:
    """Facts, plans and the details of the newest periods that have begun are shown, in either
    spelling of the keys; a listing without periods is completed; unreadable rows are counted.
    """
    cloud.put(CONTRACTS, fixture("contracts.json"))
    cloud.put(f"{CONTRACTS}/co-2", fixture("contract_2.json"))
    details = {
        "co-1/billingperiods/bp-3": "contract_period_open.json",
        "co-1/billingperiods/bp-2": "contract_period_closed_sdk236.json",
        "co-2/billingperiods/bp-9": "contract_period_old.json",
    }
    for where, name in details.items():
        cloud.put(f"{CONTRACTS}/{where}", fixture(name))
    contracts = desk()
    assert contracts.poll() == fixture("contracts.prom")
    assert contracts.dropped == {"missing": 7}
    assert contracts.left_out == []
    wanted = [f"{CONTRACTS}/{where}" for where in ("co-2", *details)]
    assert sorted(asked.rstrip("?") for asked in cloud.asked) == sorted(
        [f"{CONTRACTS}?pageSize=10", *wanted]
    )


@pytest.mark.parametrize(
    ("starts", "current", "previous"),
    [
        ({"a": date(2026, 11, 23), "b": date(2026, 10, 23), "c": date(2026, 9, 23)}, "a", "b"),
        ({"c": date(2026, 9, 23), "b": date(2026, 10, 23), "a": date(2026, 11, 23)}, "a", "b"),
        ({"ahead": date(2026, 11, 24), "a": date(2026, 10, 24)}, "a", None),
        ({"later": date(2027, 1, 1), "first": date(2026, 12, 1)}, "first", None),
        ({"undated": None}, None, None),
        ({}, None, None),
    ],
)
def test_the_newest_periods_that_have_begun(
    starts: dict[str, date | None], current: str | None, previous: str | None
) -> None:
    """Periods are named by their dates, not by their order; one that lies ahead counts only where
    there is no other.
    """
    periods = tuple(period(name, start) for name, start in starts.items())
    named = newest_periods(BillingContract(id="co", billing_periods=periods), TODAY)
    wanted = {"current": current, "previous": previous}
    assert {name: one.id for name, one in named.items()} == {
        name: value for name, value in wanted.items() if value
    }


def test_a_closed_period_is_fetched_once(cloud: ApiStub) -> None:
    """The numbers of a closed period are final; those of the open one are asked for each time."""
    cloud.put(CONTRACTS, page(contract("co-1", {"id": "new", **OPEN}, {"id": "old", **CLOSED})))
    new = put_detail(cloud, "co-1/new", **OPEN, charges=[charge(1)])
    old = put_detail(cloud, "co-1/old", **CLOSED, charges=[charge(2)])
    contracts = desk()
    first = contracts.poll()
    assert contracts.poll() == first
    assert (cloud.count(new), cloud.count(old)) == (2, 1)


def test_a_period_is_fetched_again_when_it_has_closed(cloud: ApiStub) -> None:
    """What was read while a period was open is not final, even if it is closed now."""
    cloud.put(CONTRACTS, page(contract("co-1", {"id": "p", **CLOSED, "status": "Open"})))
    path = put_detail(cloud, "co-1/p", **CLOSED | {"status": "Open"}, charges=[charge(1)])
    contracts = desk()
    contracts.poll()
    cloud.put(CONTRACTS, page(contract("co-1", {"id": "p", **CLOSED})))
    put_detail(cloud, "co-1/p", **CLOSED, charges=[charge(2)])
    for _ in range(3):
        text = contracts.poll()
    assert cloud.count(path) == 2
    assert [row[-1] for row in lines(text, "charge_actual_quantity")] == ["2"]


@pytest.mark.parametrize("first", [[], [{"name": "seats", "actualQuantity": None}]])
def test_a_closed_period_with_gaps_is_fetched_again(cloud: ApiStub, first: list[object]) -> None:
    """What was closed and lacked its charges, or their numbers, is asked for until it has them."""
    cloud.put(CONTRACTS, page(contract("co-1", {"id": "p", **CLOSED})))
    path = put_detail(cloud, "co-1/p", **CLOSED, charges=first)
    contracts = desk()
    assert lines(contracts.poll(), "charge_actual_quantity") == []
    put_detail(cloud, "co-1/p", **CLOSED, charges=[charge(2)])
    for _ in range(3):
        text = contracts.poll()
    assert [row[-1] for row in lines(text, "charge_actual_quantity")] == ["2"]
    assert cloud.count(path) == 2


def test_a_closed_period_that_failed_is_fetched_again(cloud: ApiStub) -> None:
    """What the listing tells of a closed period does not pass as its detail."""
    cloud.put(CONTRACTS, page(contract("co-1", {"id": "p", **CLOSED})))
    cloud.refuse(f"{CONTRACTS}/co-1/billingperiods/p", 500)
    contracts = desk()
    assert lines(contracts.poll(), "contract_period_closed") != []
    put_detail(cloud, "co-1/p", **CLOSED, charges=[charge(2)])
    assert [row[-1] for row in lines(contracts.poll(), "charge_actual_quantity")] == ["2"]


def test_a_period_that_is_listed_twice_is_one(cloud: ApiStub) -> None:
    """The newest period stands once, and the one before it is not hidden."""
    new, old = {"id": "new", **OPEN}, {"id": "old", **CLOSED}
    cloud.put(CONTRACTS, page(contract("co-1", new, new, old)))
    put_detail(cloud, "co-1/new", **OPEN, charges=[charge(1)])
    put_detail(cloud, "co-1/old", **CLOSED, charges=[charge(2)])
    shown = lines(desk().poll(), "charge_actual_quantity")
    assert [row[-1] for row in shown] == ["1", "2"]


def test_a_plan_item_that_comes_twice_keeps_its_name(cloud: ApiStub) -> None:
    """Only items of one name and several numbers are told apart by the number."""
    item = {"name": "seats", "itemNumber": "7", "quantity": 1}
    plan = {"name": "plan", "items": [item, item]}
    cloud.put(CONTRACTS, page(contract("co-1", plans=[plan])))
    assert 'item="seats"' in lines(desk().poll(), "plan_item_quantity")[0]


def test_a_reopened_period_is_fetched_again(cloud: ApiStub) -> None:
    """A closed period that the listing calls open again is restated: it is read again."""
    cloud.put(CONTRACTS, page(contract("co-1", {"id": "p", **CLOSED})))
    path = put_detail(cloud, "co-1/p", **CLOSED, charges=[charge(1)])
    contracts = desk()
    contracts.poll()
    cloud.put(CONTRACTS, page(contract("co-1", {"id": "p", **CLOSED, "status": "Open"})))
    contracts.poll()
    assert cloud.count(path) == 2


def test_a_detail_that_fails_costs_nobody_else_anything(cloud: ApiStub) -> None:
    """The refused period keeps what it had, the other is new, and the failure is reported."""
    cloud.put(
        CONTRACTS,
        page(contract("co-1", {"id": "p", **OPEN}), contract("co-2", {"id": "p", **OPEN})),
    )
    put_detail(cloud, "co-1/p", **OPEN, charges=[charge(1)])
    put_detail(cloud, "co-2/p", **OPEN, charges=[charge(1)])
    contracts = desk()
    contracts.poll()
    cloud.refuse(f"{CONTRACTS}/co-1/billingperiods/p", 500)
    put_detail(cloud, "co-2/p", **OPEN, charges=[charge(2)])
    text = contracts.poll()
    assert [row[-1] for row in lines(text, "charge_actual_quantity")] == ["1", "2"]
    assert contracts.left_out == [("unavailable", "billing period p of contract co-1")]


def test_a_detail_that_cannot_be_read_ends_by_its_own_age(cloud: ApiStub) -> None:
    """Charges and wallets that fail while the listing works show their age and end after
    ``max_age``; a closed period's, which are final, do not.
    """
    cloud.put(CONTRACTS, page(contract("co-1", {"id": "p", **OPEN}, {"id": "c", **CLOSED})))
    put_detail(cloud, "co-1/p", **OPEN, charges=[charge(1)])
    put_detail(cloud, "co-1/c", **CLOSED, charges=[charge(2)])
    contracts = desk(max_age="1d")
    contracts.poll()
    cloud.refuse(f"{CONTRACTS}/co-1/billingperiods/p", 500)
    start = int(NOW.timestamp())
    text = contracts.poll(NOW + timedelta(days=1))
    assert [row[-1] for row in lines(text, "charge_actual_quantity")] == ["1", "2"]
    times = lines(text, "contract_period_last_success_timestamp_seconds")
    assert [int(row.split("} ")[1]) - start for row in times] == [0, 86400]
    text = contracts.poll(NOW + timedelta(days=1, seconds=1))
    assert [row[-1] for row in lines(text, "charge_actual_quantity")] == ["2"]
    assert len(lines(text, "contract_period_last_success_timestamp_seconds")) == 1
    assert len(lines(text, "contract_period_start_timestamp_seconds")) == 2


def test_periods_that_a_listing_leaves_out_are_kept_while_they_cannot_be_asked_for(
    cloud: ApiStub,
) -> None:
    """A contract that is listed without periods, and cannot be read, keeps those it had."""
    cloud.put(CONTRACTS, page(contract("co-1")))
    cloud.put(f"{CONTRACTS}/co-1", contract("co-1", {"id": "p", **OPEN}))
    put_detail(cloud, "co-1/p", **OPEN, charges=[charge(1)])
    contracts = desk()
    contracts.poll()
    cloud.refuse(f"{CONTRACTS}/co-1", 500)
    assert [row[-1] for row in lines(contracts.poll(), "charge_actual_quantity")] == ["1"]


def test_a_detail_that_never_came_is_not_zero(cloud: ApiStub) -> None:
    """A period that was refused from the start has no samples; its contract's facts are shown."""
    cloud.put(CONTRACTS, page(contract("co-1", {"id": "p", **OPEN}, dateEnd="2027-01-01")))
    cloud.refuse(f"{CONTRACTS}/co-1/billingperiods/p", 404)
    text = desk().poll()
    assert lines(text, "charge_actual_quantity") == []
    assert len(lines(text, "contract_end_timestamp_seconds")) == 1


def test_periods_without_an_id_cannot_be_asked_for(cloud: ApiStub) -> None:
    """A contract or a period that has no id has no detail, and nothing fails for it."""
    cloud.put(
        CONTRACTS,
        page(contract("co-1", OPEN), contract("", {"id": "p", **OPEN}) | {"id": None}),
    )
    contracts = desk()
    assert len(lines(contracts.poll(), "contract_info")) == 1
    assert cloud.asked == [f"{CONTRACTS}?pageSize=10"]
    assert contracts.left_out == []


def test_a_contract_that_is_new_has_nothing_to_keep(cloud: ApiStub) -> None:
    """A detail that fails for a contract or period that was not there before gives no numbers."""
    cloud.put(CONTRACTS, page(contract("co-1", {"id": "p", **OPEN})))
    put_detail(cloud, "co-1/p", **OPEN, charges=[charge(1)])
    contracts = desk()
    contracts.poll()
    newer = {"id": "q", **OPEN}
    cloud.put(CONTRACTS, page(contract("co-1", newer), contract("co-2", newer)))
    cloud.refuse(f"{CONTRACTS}/co-1/billingperiods/q", 500)
    cloud.refuse(f"{CONTRACTS}/co-2/billingperiods/q", 500)
    assert lines(contracts.poll(), "charge_actual_quantity") == []
    assert len(contracts.left_out) == 2


def test_a_contract_that_cannot_be_completed_is_shown_as_listed(cloud: ApiStub) -> None:
    """Where the listing has no periods and the contract itself is refused, its facts remain."""
    cloud.put(CONTRACTS, page(contract("co-1")))
    cloud.refuse(f"{CONTRACTS}/co-1", 403)
    contracts = desk()
    assert len(lines(contracts.poll(), "contract_info")) == 1
    assert contracts.left_out == [("forbidden", "contract co-1")]


def test_no_permission_is_a_failed_poll(cloud: ApiStub) -> None:
    """Where the listing itself is refused there is no reading, and the permission is named."""
    cloud.refuse(CONTRACTS, 403)
    with pytest.raises(Forbidden, match="billing:subscription:view"):
        desk().poll()


def test_contracts_of_one_number_have_their_id_in_the_name(cloud: ApiStub) -> None:
    """Two contracts with one number are two: the label of each is number and id."""
    years = {"co-1": "2026-12-31", "co-2": "2027-12-31"}
    listed = [
        contract(name, {"id": "p", **OPEN}, dateEnd=end) | {"externalNumber": "C"}
        for name, end in years.items()
    ]
    cloud.put(CONTRACTS, page(*listed, contract("co-3")))
    put_detail(cloud, "co-1/p", **OPEN, charges=[charge(1.5)])
    put_detail(cloud, "co-2/p", **OPEN, charges=[charge(2)])
    contracts = desk()
    text = contracts.poll()
    shown = [
        (row.split('"')[1], row.split("} ")[1]) for row in lines(text, "charge_actual_quantity")
    ]
    assert shown == [("C/co-1", "1.5"), ("C/co-2", "2")]
    names = [row.split('"')[1] for row in lines(text, "contract_info")]
    assert names == ["C/co-1", "C/co-2", "CO-3"]
    assert (contracts.dropped, contracts.merged) == ({}, 0)


@pytest.mark.parametrize("name", ["co-1", "", " "])
def test_contracts_of_one_id_are_all_shown(cloud: ApiStub, name: str) -> None:
    """Contracts of different numbers are different, even where they have one id or an empty one;
    one that a page repeats is one.
    """
    one, other = contract(name), contract(name) | {"externalNumber": "B"}
    one["externalNumber"] = "A"
    cloud.put(CONTRACTS, page(one, other, *([one] if name.strip() else [])))
    contracts = desk()
    text = contracts.poll()
    assert [row.split('"')[1] for row in lines(text, "contract_info")] == ["A", "B"]
    assert contracts.dropped == {}


def test_a_contract_that_changes_while_it_is_listed_is_one(cloud: ApiStub) -> None:
    """Of a contract that comes twice the last one counts: its charges are not doubled."""
    cloud.put(
        CONTRACTS,
        page(
            contract("co-1", {"id": "p", **OPEN}, dateEnd="2026-12-31"),
            contract("co-1", {"id": "p", **OPEN}, dateEnd="2027-12-31"),
        ),
    )
    put_detail(cloud, "co-1/p", **OPEN, charges=[charge(2)])
    text = desk().poll()
    assert [row[-2:] for row in lines(text, "charge_actual_quantity")] == [" 2"]
    assert len(lines(text, "contract_end_timestamp_seconds")) == 1


def test_an_annual_period_is_shown_beside_monthly_ones(cloud: ApiStub) -> None:
    """An open period that is neither the newest nor the one before has a name of its own."""
    year = {"dateStart": "2026-01-21", "dateEnd": "2027-01-20", "status": "OPEN"}
    periods = [{"id": "new", **OPEN}, {"id": "old", **CLOSED}, {"id": "year", **year}]
    cloud.put(CONTRACTS, page(contract("co-1", *periods)))
    for number, (name, facts) in enumerate((("new", OPEN), ("old", CLOSED), ("year", year))):
        put_detail(cloud, f"co-1/{name}", **facts, charges=[charge(number)])
    shown = lines(desk().poll(), "charge_actual_quantity")
    assert [(row.split('"')[3], row[-1]) for row in shown] == [
        ("current", "0"),
        ("open", "2"),
        ("previous", "1"),
    ]


def test_a_detail_of_another_period_is_refused(cloud: ApiStub) -> None:
    """An answer that names another period than asked for gives no numbers."""
    cloud.put(CONTRACTS, page(contract("co-1", {"id": "p", **OPEN})))
    cloud.put(f"{CONTRACTS}/co-1/billingperiods/p", {"id": "q", "charges": [charge(1)]})
    contracts = desk()
    text = contracts.poll()
    assert lines(text, "charge_actual_quantity") == []
    assert len(lines(text, "contract_period_start_timestamp_seconds")) == 1
    assert contracts.left_out == [("unexpected_answer", "billing period p of contract co-1")]


def test_charges_and_wallets_of_one_name_are_added_up(cloud: ApiStub) -> None:
    """Two rows with the same labels give their exact sum; rates that differ are dropped."""
    cloud.put(CONTRACTS, page(contract("co-1", {"id": "p", **OPEN})))
    rate = {"overageCurrency": "EUR", "overageRate": 0.1}
    wallet = {"name": "tokens", "endingBalance": 0.1}
    put_detail(
        cloud,
        "co-1/p",
        charges=[
            charge(0.1, **rate),
            charge(0.2, **rate),
            charge(0.3, **rate | {"overageRate": 1}),
        ],
        wallets=[wallet, wallet | {"endingBalance": 0.2}],
    )
    contracts = desk()
    text = contracts.poll()
    assert [row.split("} ")[1] for row in lines(text, "charge_actual_quantity")] == ["0.6"]
    assert [row.split("} ")[1] for row in lines(text, "wallet_balance")] == ["0.3"]
    assert lines(text, "charge_overage_rate") == []
    assert contracts.dropped == {"conflict": 3}
    assert contracts.merged == 3


def test_both_spellings_of_the_keys_mean_the_same(cloud: ApiStub) -> None:
    """The older and the newer names of the quantities give one and the same exposition."""
    cloud.put(CONTRACTS, page(contract("co-1", {"id": "p", **OPEN})))
    names = ("prepaidQuantity", "fairuseQuantity", "actualQuantity", "overageQuantity")
    texts = []
    for prefix in ("", "get"):
        quantities = {f"{prefix}{name}": number for number, name in enumerate(names)}
        put_detail(cloud, "co-1/p", **OPEN, charges=[{"id": "ch", "name": "CX 3", **quantities}])
        texts.append(desk().poll())
    assert texts[0] == texts[1]
    assert len(lines(texts[0], "charge_overage_quantity")) == 1

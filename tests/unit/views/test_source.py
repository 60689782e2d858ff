"""What pages show of answers of the API; the right numbers are worked out by hand."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.polling.reading import Reading
from billing_exporter.polling.state import State
from billing_exporter.telemetry.telemetry import Telemetry
from billing_exporter.views.collectors import collectors
from billing_exporter.web.records import (
    CUSTOMER_STATES,
    Amounts,
    ContractQuery,
    CustomerQuery,
    Sort,
)
from tests.unit.collectors.api_stub import (
    CONTRACTS,
    INVOICES,
    NOW,
    OVERVIEW,
    ApiStub,
    imitated,
    page,
)
from tests.unit.collectors.partner import put_overview, put_trustors, row
from tests.unit.views.exporters import Exporter

D = Decimal


@pytest.fixture
def cloud() -> Iterator[ApiStub]:
    """A partner with five customers, an overdue invoice and a contract."""
    with imitated() as cloud:
        put_trustors(cloud, "Ahorn", "Birke", "Cedar", "Dill", "Efeu")
        put_overview(
            cloud,
            "Ahorn",
            row("12", prepayQuantity="10", prepayPrice="240", overagePrice="276"),
            row("7", name="Storage", grouping="storage", overagePrice="0.25"),
        )
        put_overview(cloud, "Ahorn", row("10", prepayQuantity="10", prepayPrice="240"), index=1)
        put_overview(cloud, "Birke", row("1", prepayQuantity="1", prepayPrice="99.95"))
        put_overview(cloud, "Birke", row("1", prepayQuantity="1", prepayPrice="99.95"), index=1)
        cloud.refuse(f"{OVERVIEW}/id-Cedar", 403)
        cloud.refuse(f"{OVERVIEW}/id-Dill", 500)
        cloud.put(INVOICES, page(_invoice("i-1", "100.10", "2026-09-01"), _invoice("i-2", "5")))
        cloud.put(CONTRACTS, page(_contract("c-1", "C-1", "Oak"), _contract("c-2", "C-2", "Ahorn")))
        for number in ("c-1", "c-2"):
            cloud.put(f"{CONTRACTS}/{number}/billingperiods/p-{number}", _period(number))
        yield cloud


def _invoice(key: str, amount: str, day: str = "2026-11-20") -> dict[str, Any]:
    return {
        "id": key,
        "amount": float(amount),
        "currencyIsoCode": "USD",
        "dateInvoiced": day,
        "paymentStatus": "Unpaid",
        "paymentTerms": "Net 30",
        "paymentLink": "https://pay.example.com/secret",
    }


def _contract(key: str, number: str, customer: str) -> dict[str, Any]:
    return {
        "id": key,
        "externalNumber": number,
        "endCustomer": {"name": customer},
        "dateEnd": "2027-12-31",
        "billingPeriods": [_dates(key)],
    }


def _dates(key: str) -> dict[str, Any]:
    return {
        "id": f"p-{key}",
        "dateStart": "2026-11-01",
        "dateEnd": "2026-11-30",
        "status": "Open",
    }


def _period(key: str) -> dict[str, Any]:
    charge = {
        "name": "CX 3",
        "product": {"sku": "s", "unitOfMeasure": "User"},
        "prepaidQuantity": 10,
        "actualQuantity": 14,
        "overageQuantity": 4,
        "overageRate": 2.5,
        "overageCharge": 10,
        "overageCurrency": "USD",
    }
    return {**_dates(key), "charges": [charge], "wallets": []}


@pytest.mark.usefixtures("cloud")
def test_the_overview() -> None:
    """Money, overages, customers, invoices and collectors are those of the API's answers."""
    found = Exporter().poll().overview()
    customers, contracts = found.totals
    # 10 x 240 and 99.95 prepaid; 2 x 276 and 7 x 0.25 overage.
    assert customers.amounts == Amounts(
        currency="USD", so_far=D("3053.70"), overage=D("553.75"), last_period=D("2499.95")
    )
    assert (customers.accounts, customers.period_start) == (2, date(2026, 11, 1))
    assert contracts.amounts == Amounts(currency="USD", so_far=D(20), overage=D(20))
    assert [(one.contract, one.end_customer, one.contract_end) for one in found.contracts] == [
        ("C-1", "Oak", date(2027, 12, 31)),
        ("C-2", "Ahorn", date(2027, 12, 31)),
    ]
    # The contract of Ahorn is the same money as its overview.
    assert [(one.name, one.charge, one.amount) for one in found.overages] == [
        ("Ahorn", "CX 3", D(552)),
        ("C-1", "CX 3", D(10)),
        ("Ahorn", "Storage", D("1.75")),
    ]
    assert {one.state: one.customers for one in found.customers} == {
        "error": 1,
        "forbidden": 1,
        "no_data": 1,
        "ok": 2,
    }
    assert [(one.name, one.state) for one in found.failing_customers] == [
        ("Dill", "error"),
        ("Cedar", "forbidden"),
    ]
    assert all(one.error and one.action for one in found.failing_customers)
    (unpaid,) = found.unpaid
    assert (unpaid.amount, unpaid.overdue_amount) == (D("105.1"), D("100.1"))
    assert [one.state for one in found.collectors] == ["ok"] * 3
    assert (found.data_until, found.uptime_seconds) == (NOW, 3600)


def test_what_needs_attention(cloud: ApiStub) -> None:
    """Sentences name a failing collector with its error, customers that fail, and overdue money."""
    exporter = Exporter()
    exporter.poll()
    cloud.refuse(CONTRACTS, 403, body={"message": "missing the permission(s): [billing:a:view]"})
    found = exporter.poll().overview()
    assert [(one.kind, one.text.partition(":")[0]) for one in found.attention] == [
        ("collector", "Collector contracts fails"),
        ("customers", "2 of 5 customers are not read"),
        ("overdue", "1 invoice is overdue"),
    ]
    failing = found.attention[0]
    assert "HTTP 403" in failing.text
    assert failing.action == "Add the permission to a role of the OAuth client."
    assert found.totals, "the last good reading stays"


@pytest.mark.usefixtures("cloud")
def test_before_the_first_poll() -> None:
    """Before anything is read, nothing is claimed."""
    found = Exporter().source.overview()
    assert {one.state for one in found.collectors} == {"waiting"}
    assert (found.totals, found.unpaid, found.customers, found.data_until) == ((), (), (), None)


@pytest.mark.usefixtures("cloud")
def test_a_customer() -> None:
    """A customer has its charges of both periods, the largest overage first."""
    found = Exporter().poll().customer("acme", "id-Ahorn")
    assert found is not None
    assert found.customer is not None
    assert (found.name, found.customer.state, found.period_end) == (
        "Ahorn",
        "ok",
        date(2026, 11, 30),
    )
    first = found.charges[0]
    assert (first.charge, first.period, first.unit) == ("CX 3", "current", "users")
    assert (first.used, first.prepaid, first.overage) == (D(12), D(10), D(2))
    assert (first.unit_price, first.prepaid_amount, first.overage_amount) == (
        D(276),
        D(2400),
        D(552),
    )
    assert [(one.charge, one.period) for one in found.charges[1:]] == [
        ("Storage", "current"),
        ("CX 3", "previous"),
    ]


@pytest.mark.usefixtures("cloud")
def test_a_customer_without_numbers() -> None:
    """A customer that cannot be read shows its error and no amount."""
    found = Exporter().poll().customer("acme", "id-Cedar")
    assert found is not None
    assert found.customer is not None
    assert found.customer.error.startswith("the OAuth client may not do this")
    assert (found.amounts, found.charges) == ((), ())


@pytest.mark.usefixtures("cloud")
def test_a_contract() -> None:
    """A contract has its charges with unit price and amount as the API gives them."""
    found = Exporter().poll().contract("acme", "C-1")
    assert found is not None
    (charge,) = found.charges
    assert (charge.sku, charge.overage, charge.unit_price) == ("s", D(4), D("2.5"))
    assert (charge.overage_amount, found.contract_end) == (D(10), date(2027, 12, 31))


def numbers(source: Any, **query: Any) -> list[str]:
    """Return the numbers on a page of the list of contracts."""
    return [one.contract for one in source.contracts(ContractQuery(**query)).contracts]


def test_the_list_of_contracts(cloud: ApiStub) -> None:
    """It is searched, ordered and cut into pages; ended contracts are not in it."""
    listed = [
        _contract("c-1", "C-1", "Oak"),
        {**_contract("c-2", "C-2", "ahorn"), "dateEnd": "2026-12-31"},
        {**_contract("c-3", "C-3", ""), "endCustomer": None},
        {**_contract("c-4", "C-4", "Oak"), "dateEnd": "2026-11-01"},
    ]
    cloud.put(CONTRACTS, page(*listed))
    overages = {"c-1": 10, "c-2": 30, "c-3": 20, "c-4": 99}
    for key, amount in overages.items():
        period = _period(key)
        period["charges"][0]["overageCharge"] = amount
        cloud.put(f"{CONTRACTS}/{key}/billingperiods/p-{key}", period)
    exporter = Exporter()
    source = exporter.poll()
    assert numbers(source) == ["C-2", "C-3", "C-1"]
    assert numbers(source, sort="contract") == ["C-1", "C-2", "C-3"]
    assert numbers(source, sort="customer") == ["C-2", "C-1", "C-3"]
    assert numbers(source, sort="end") == ["C-2", "C-1", "C-3"]
    assert numbers(source, search="AHORN") == ["C-2"]
    assert numbers(source, search="c-3") == ["C-3"]
    assert numbers(source, organization="other") == []
    last = source.contracts(ContractQuery(size=2, page=2))
    assert (last.total, last.pages, [one.contract for one in last.contracts]) == (3, 2, ["C-1"])
    assert source.overview().contracts_total == 3


def test_restored_values_are_no_wait() -> None:
    """A collector whose restored values are shown is not waiting, as it is when they have become
    too old; after a poll it is as that ended.
    """
    poller = Exporter().pollers[0]
    poller.state = State(restored=True, succeeded=NOW, reading=Reading(None, NOW, {}))
    (found,) = collectors([poller], Telemetry(process=False))
    assert (found.state, found.last_success) == ("restored", NOW)
    poller.state = poller.state.show(None)
    (found,) = collectors([poller], Telemetry(process=False))
    assert found.state == "waiting"
    poller.state = poller.state.fail("timeout", "it took too long", 0)
    (found,) = collectors([poller], Telemetry(process=False))
    assert (found.state, found.error) == ("failing", "it took too long")


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize(("organization", "key"), [("acme", "id-nobody"), ("other", "id-Ahorn")])
def test_nobody_of_that_id(organization: str, key: str) -> None:
    """A customer that is not listed, or of another organization, is not found."""
    source = Exporter().poll()
    assert source.customer(organization, key) is None
    assert source.contract(organization, key) is None


def names(source: Any, **query: Any) -> list[str]:
    """Return the names on a page of the list."""
    return [one.name for one in source.customers(CustomerQuery(**query)).customers]


@pytest.mark.usefixtures("cloud")
def test_the_list_of_customers() -> None:
    """The list is searched, narrowed, ordered and cut into pages."""
    source = Exporter().poll()
    assert names(source) == ["Dill", "Cedar", "Efeu", "Ahorn", "Birke"]
    assert names(source, sort="name") == ["Ahorn", "Birke", "Cedar", "Dill", "Efeu"]
    assert names(source, sort="overage") == ["Ahorn", "Birke", "Cedar", "Dill", "Efeu"]
    assert names(source, search="R") == ["Cedar", "Ahorn", "Birke"]
    assert names(source, search="ID-DILL") == ["Dill"]
    assert names(source, state="ok") == ["Ahorn", "Birke"]
    assert names(source, organization="other") == []
    assert names(source, sort="name", size=2, page=2) == ["Cedar", "Dill"]
    assert names(source, size=2, page=4) == []
    last = source.customers(CustomerQuery(sort="name", size=2, page=3))
    assert (last.total, last.pages, len(last.customers)) == (5, 3, 1)
    assert sum(one.customers for one in last.states) == 5
    assert [one.state for one in last.states] == [
        state for state in CUSTOMER_STATES if state not in {"disabled", "unread"}
    ]


@pytest.mark.usefixtures("cloud")
def test_a_page_decodes_only_the_customer_that_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many customers there are, views of all of them expose none."""
    source = Exporter().poll()
    exposed: list[object] = []
    expose = TrustorsCollector.expose

    def counted(collector: TrustorsCollector, part: Any) -> Any:
        exposed.append(part)
        return expose(collector, part)

    monkeypatch.setattr(TrustorsCollector, "expose", counted)
    source.overview()
    sorts: tuple[Sort, ...] = ("state", "name", "forecast", "overage")
    for sort in sorts:
        source.customers(CustomerQuery(sort=sort))
    assert exposed == []
    source.customer("acme", "id-Ahorn")
    assert {part.id for part in exposed} == {"id-Ahorn"}  # type: ignore[attr-defined]

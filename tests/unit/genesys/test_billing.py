"""Tests of the client as its users see it, on recorded answers."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses

from billing_exporter.genesys import (
    BillingApi,
    NotReady,
    UnexpectedAnswer,
)
from billing_exporter.genesys.billing import is_complete
from billing_exporter.genesys.records import AnonymousResource, BillingUsage, BillingUsageReport
from tests.unit.genesys.recorded import fixture
from tools.testkit.recorded_api import (
    API,
    BILLING,
    TOKEN,
    TOKEN_URL,
    FakeClock,
    Listener,
    account,
    asked,
    billing_api,
)

TRUSTORS = f"{API}/api/v2/orgauthorization/trustors"
CUSTOMER = "00000000-0000-4000-8000-00000000000a"
START = datetime(2026, 10, 21, tzinfo=UTC)
END = datetime(2026, 11, 20, 23, 59, 59, 999_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("call", "name", "target"),
    [
        (
            lambda api: api.get_billing_contract("C-1001"),
            "contract.json",
            "/api/v2/billing/contracts/C-1001",
        ),
        (
            lambda api: api.get_billing_contract_billingperiod("c-1", "bp-2"),
            "contract_billingperiod.json",
            "/api/v2/billing/contracts/c-1/billingperiods/bp-2",
        ),
        (
            lambda api: api.get_billing_contracts(
                before="b",
                after="a+b=",
                page_size=10,
                date_start=date(2026, 1, 2),
                date_end=date(2026, 2, 3),
                status="Active",
                external_number="C 1",
            ),
            "contracts.json",
            (
                "/api/v2/billing/contracts?before=b&after=a%2Bb%3D&pageSize=10"
                "&dateStart=2026-01-02&dateEnd=2026-02-03&status=Active&externalNumber=C%201"
            ),
        ),
        (
            lambda api: api.get_billing_contracts_invoice_document("in-1"),
            "invoice_document.json",
            "/api/v2/billing/contracts/invoices/in-1/document",
        ),
        (
            lambda api: api.get_billing_contracts_invoice_lines("in-1", page_size=200),
            "invoice_lines.json",
            "/api/v2/billing/contracts/invoices/in-1/lines?pageSize=200",
        ),
        (
            lambda api: api.get_billing_contracts_invoices(payment_status="UnPaid"),
            "invoices.json",
            "/api/v2/billing/contracts/invoices?paymentStatus=UnPaid",
        ),
        (
            lambda api: api.get_billing_reports_billableusage(START, END),
            "billableusage.json",
            (
                "/api/v2/billing/reports/billableusage"
                "?startDate=2026-10-21T00%3A00%3A00.000Z&endDate=2026-11-20T23%3A59%3A59.999Z"
            ),
        ),
        (
            lambda api: api.get_billing_trusteebillingoverview_trustor_org_id(CUSTOMER),
            "trusteebillingoverview.json",
            f"/api/v2/billing/trusteebillingoverview/{CUSTOMER}?billingPeriodIndex=0",
        ),
        (
            lambda api: api.get_orgauthorization_trustors(page_size=25, page_number=2),
            "trustors.json",
            "/api/v2/orgauthorization/trustors?pageSize=25&pageNumber=2",
        ),
        (
            lambda api: api.get_organizations_me(),
            "organization.json",
            "/api/v2/organizations/me",
        ),
    ],
)
def test_operations(
    service: responses.RequestsMock, call: Callable[[BillingApi], Any], name: str, target: str
) -> None:
    """Each operation asks for its path with its parameters and the token, and gives its record."""
    service.get(API + target.partition("?")[0], body=fixture(name))
    listener = Listener()
    assert call(billing_api(observer=listener))
    assert asked(service) == [target]
    assert service.calls[-1].request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert [status for _, status in listener.requests] == ["200", "200"]
    assert listener.unexpected == []


def test_ids_are_escaped(service: responses.RequestsMock) -> None:
    """An id is one part of the path, whatever characters it holds."""
    service.get(f"{BILLING}/contracts/c%2F1%20%3F", json={"externalNumber": " c/1 ? "})
    assert billing_api().get_billing_contract("c/1 ?").external_number == " c/1 ? "


@pytest.mark.parametrize(
    ("call", "target", "answer", "path"),
    [
        (
            lambda api: api.get_billing_contract("c-1"),
            "contracts/c-1",
            {"id": "c-2", "externalNumber": "C-2"},
            "$.id",
        ),
        (
            lambda api: api.get_billing_contract_billingperiod("c-1", "p-1"),
            "contracts/c-1/billingperiods/p-1",
            {"id": "p-2"},
            "$.id",
        ),
        (
            lambda api: api.get_billing_trusteebillingoverview_trustor_org_id("o-1"),
            "trusteebillingoverview/o-1",
            {"organization": {"id": "o-2"}, "usages": []},
            "$.organization.id",
        ),
    ],
)
def test_an_answer_about_something_else_is_refused(
    service: responses.RequestsMock,
    call: Callable[[BillingApi], Any],
    target: str,
    answer: dict[str, object],
    path: str,
) -> None:
    """What names another contract, period or organization than asked for is no answer; without a
    name, with a blank one or with the one asked for in another case, it is.
    """
    service.get(f"{BILLING}/{target}", json=answer)
    with pytest.raises(UnexpectedAnswer, match="something else") as caught:
        call(billing_api())
    assert caught.value.path == path
    for name in (None, " ", target.rpartition("/")[2].upper()):
        named = {"organization": {"id": name}} if "organization" in answer else {"id": name}
        service.replace(responses.GET, f"{BILLING}/{target}", json={"usages": [], **named})
        assert call(billing_api())


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC), "2026-01-02T03:04:05.678Z"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05.000Z"),  # noqa: DTZ001 - the point
        (
            datetime(2026, 1, 2, 1, tzinfo=timezone(timedelta(hours=2))),
            "2026-01-01T23:00:00.000Z",
        ),
    ],
)
def test_moments_are_sent_in_utc(
    service: responses.RequestsMock, moment: datetime, sent: str
) -> None:
    """Datetimes go out in UTC with milliseconds; naive ones are UTC."""
    service.get(f"{BILLING}/reports/billableusage", body=fixture("billableusage.json"))
    billing_api().get_billing_reports_billableusage(moment, END)
    query = dict(parse_qsl(urlsplit(str(service.calls[-1].request.url)).query))
    assert query["startDate"] == sent


def test_all_pages_of_contracts(service: responses.RequestsMock) -> None:
    """The iterator follows nextUri's cursor on its own host, whatever host it names."""
    page = json.loads(fixture("contracts.json"))
    page["nextUri"] = "https://elsewhere.example.com/steal?after=c%3D1"
    service.get(f"{BILLING}/contracts", json=page)
    service.get(f"{BILLING}/contracts", json=page | {"nextUri": None})
    assert len(list(billing_api().contracts(status="Active"))) == 2
    assert asked(service) == [
        "/api/v2/billing/contracts?pageSize=10&status=Active",
        "/api/v2/billing/contracts?after=c%3D1&pageSize=10&status=Active",
    ]
    assert len(service.calls) == 3


def test_a_cursor_that_repeats(service: responses.RequestsMock) -> None:
    """Pages that name themselves as next end in an error with the operation's name."""
    service.get(f"{BILLING}/contracts", body=fixture("contracts.json"))
    with pytest.raises(UnexpectedAnswer, match="repeats") as caught:
        list(billing_api().contracts())
    assert caught.value.operation == "get_billing_contracts"
    assert len(asked(service)) == 2


def test_all_invoices(service: responses.RequestsMock) -> None:
    """The iterator gives every invoice, with the filters that were asked for."""
    service.get(f"{BILLING}/contracts/invoices", body=fixture("invoices.json"))
    invoices = list(
        billing_api().invoices(
            date_start=date(2025, 1, 2), date_end=date(2026, 1, 2), payment_status="UnPaid"
        )
    )
    assert [(each.id, str(each.amount)) for each in invoices] == [
        ("in-1", "12345.67"),
        ("in-2", "-100.1"),
        ("in-3", "0"),
    ]
    assert asked(service) == [
        (
            "/api/v2/billing/contracts/invoices"
            "?pageSize=200&dateStart=2025-01-02&dateEnd=2026-01-02&paymentStatus=UnPaid"
        )
    ]


def test_all_lines(service: responses.RequestsMock) -> None:
    """The iterator gives every line of an invoice."""
    service.get(f"{BILLING}/contracts/invoices/in-1/lines", body=fixture("invoice_lines.json"))
    assert [str(each.quantity) for each in billing_api().invoice_lines("in-1")] == ["40", "1820.75"]


def test_all_trustors(service: responses.RequestsMock) -> None:
    """The iterator gives every trustor of every numbered page."""
    page = json.loads(fixture("trustors.json"))
    first = page | {"pageCount": 2, "entities": [{"id": "org-2", "enabled": False}]}
    service.get(TRUSTORS, json=first)
    service.get(TRUSTORS, json=page | {"pageCount": 2})
    assert [each.enabled for each in billing_api().trustors()] == [False, True]
    assert [target.partition("?")[2] for target in asked(service)] == [
        "pageSize=100&pageNumber=1",
        "pageSize=100&pageNumber=2",
    ]


def in_progress(service: responses.RequestsMock, times: int) -> None:
    """Let a report be in progress for some requests, then complete."""
    for _ in range(times):
        service.get(f"{BILLING}/reports/billableusage", json={"status": "InProgress", "usages": []})
    service.get(f"{BILLING}/reports/billableusage", body=fixture("billableusage.json"))


def test_a_report_in_progress_is_asked_for_again(service: responses.RequestsMock) -> None:
    """The helper waits, longer each time, until the report is complete."""
    in_progress(service, 3)
    clock = FakeClock()
    report = billing_api(clock).billable_usage(START, END)
    assert [usage.name for usage in report.usages] == ["Genesys Cloud CX 3", "BYOC Cloud"]
    assert clock.waits == [2, 3, 4.5]


def test_a_report_that_stays_in_progress(service: responses.RequestsMock) -> None:
    """After eight times the helper gives up until the next poll."""
    in_progress(service, 100)
    with pytest.raises(NotReady) as caught:
        billing_api().billable_usage(START, END)
    assert caught.value.operation == "get_billing_reports_billableusage"
    assert len(asked(service)) == 8


@pytest.mark.parametrize(
    ("status", "usages", "complete"),
    [
        ("Complete", 0, True),
        ("InProgress", 1, False),
        ("IN_PROGRESS", 1, False),
        ("in progress", 1, False),
        ("COMPLETE", 0, True),
        (None, 1, True),
        (None, 0, False),
        ("Restating", 1, True),
        ("Restating", 0, False),
    ],
)
def test_which_reports_are_complete(status: str | None, usages: int, complete: bool) -> None:
    """A report without a known status is complete if it has usages."""
    rows = tuple(BillingUsage[AnonymousResource]() for _ in range(usages))
    report = BillingUsageReport[AnonymousResource](usages=rows, status=status)
    assert is_complete(report) is complete


def test_a_trailing_slash_of_a_host_is_no_harm(service: responses.RequestsMock) -> None:
    """Hosts may be configured with a slash at the end."""
    service.get(f"{API}/api/v2/organizations/me", body=fixture("organization.json"))
    who = account(api_url=f"{API}/", login_url=TOKEN_URL.removesuffix("oauth/token"))
    assert BillingApi(who, clock=FakeClock()).get_organizations_me().version == 7

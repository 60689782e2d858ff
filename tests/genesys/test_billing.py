"""Tests of the client as its users see it, on recorded answers."""

import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses
from requests import PreparedRequest

from billing_exporter.genesys import (
    ApiError,
    BillingApi,
    Forbidden,
    Interrupted,
    NotFound,
    NotReady,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from billing_exporter.genesys.billing import is_complete
from billing_exporter.genesys.records import AnonymousResource, BillingUsage, BillingUsageReport
from tests.genesys.helpers import (
    API,
    SECRET,
    TOKEN_URL,
    FakeClock,
    Listener,
    account,
    billing_api,
    fixture,
)

BILLING = f"{API}/api/v2/billing"
TRUSTORS = f"{API}/api/v2/orgauthorization/trustors"
OVERVIEW = f"{BILLING}/trusteebillingoverview"
START = datetime(2026, 10, 21, tzinfo=UTC)
END = datetime(2026, 11, 20, 23, 59, 59, 999_000, tzinfo=UTC)
TOKEN = "secret-token-1"  # noqa: S105 - invented

RATE_HEADERS = {
    "inin-ratelimit-allowed": "300",
    "inin-ratelimit-count": "12",
    "inin-ratelimit-reset": "40",
    "ININ-Correlation-Id": "c-17",
}


@pytest.fixture
def service(mocked: responses.RequestsMock) -> responses.RequestsMock:
    """Return a network with a login."""
    mocked.post(TOKEN_URL, json={"access_token": TOKEN, "expires_in": 86_400})
    return mocked


def asked(service: responses.RequestsMock) -> list[str]:
    """Return path and query of every request to the API."""
    urls = [urlsplit(str(call.request.url)) for call in service.calls]
    return [
        f"{url.path}?{url.query}" if url.query else url.path
        for url in urls
        if url.netloc == urlsplit(API).netloc
    ]


@pytest.mark.parametrize(
    ("call", "name", "target"),
    [
        (
            lambda api: api.get_billing_contract("c/1 ?"),
            "contract.json",
            "/api/v2/billing/contracts/c%2F1%20%3F",
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
            "/api/v2/billing/contracts?before=b&after=a%2Bb%3D&pageSize=10"
            "&dateStart=2026-01-02&dateEnd=2026-02-03&status=Active&externalNumber=C%201",
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
            "/api/v2/billing/reports/billableusage"
            "?startDate=2026-10-21T00%3A00%3A00.000Z&endDate=2026-11-20T23%3A59%3A59.999Z",
        ),
        (
            lambda api: api.get_billing_trusteebillingoverview_trustor_org_id("org-1"),
            "trusteebillingoverview.json",
            "/api/v2/billing/trusteebillingoverview/org-1?billingPeriodIndex=0",
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
    assert listener.oddities == []


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


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"code": "invalid.value"}', Rejected),
        (403, fixture("error_403.json"), Forbidden),
        (404, b'{"code": "not.found"}', NotFound),
        (302, b"", UnexpectedAnswer),
        (200, b"<html>Sign in</html>", UnexpectedAnswer),
        (200, b'{"entities": [', UnexpectedAnswer),
        (200, b"{}", UnexpectedAnswer),
        (200, b'{"entities": null}', UnexpectedAnswer),
    ],
)
def test_errors_are_raised_at_once(
    service: responses.RequestsMock, status: int, body: bytes, kind: type[ApiError]
) -> None:
    """What trying again does not mend is asked once, and names the operation."""
    service.get(f"{BILLING}/contracts", status=status, body=body, headers={"Location": "https://x"})
    with pytest.raises(kind) as caught:
        billing_api().get_billing_contracts()
    assert caught.value.operation == "get_billing_contracts"
    assert len(asked(service)) == 1
    assert "html" not in f"{caught.value!r} {caught.value}"


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [(408, Unavailable, "408"), (502, Unavailable, "502"), (429, RateLimited, "429")],
)
def test_errors_that_may_pass(
    service: responses.RequestsMock, status: int, kind: type[ApiError], outcome: str
) -> None:
    """An outage is asked about five times, then raised."""
    service.get(f"{BILLING}/contracts", status=status, body=b"<html>Bad gateway</html>")
    clock, listener = FakeClock(), Listener()
    with pytest.raises(kind):
        billing_api(clock, listener).get_billing_contracts()
    assert len(asked(service)) == 5
    assert clock.waits == [1, 2, 4, 8]
    assert listener.requests[1:] == [("get_billing_contracts", outcome)] * 5
    assert listener.retries == [("get_billing_contracts", kind.reason)] * 4


def test_a_connection_fault_is_tried_again(service: responses.RequestsMock) -> None:
    """A broken connection is told as an error and tried again."""
    service.get(f"{BILLING}/contracts", body=ConnectionResetError())
    service.get(f"{BILLING}/contracts", body=fixture("contracts.json"))
    listener = Listener()
    assert billing_api(observer=listener).get_billing_contracts().entities
    assert [status for _, status in listener.requests] == ["200", "error", "200"]


@pytest.mark.parametrize("header", ["7", "Mon, 23 Nov 2026 12:00:07 GMT"])
def test_a_rate_limit_holds_everyone(service: responses.RequestsMock, header: str) -> None:
    """After a 429, no operation of the account asks before Retry-After is over."""
    service.get(f"{BILLING}/contracts", status=429, headers={"Retry-After": header})
    service.get(f"{BILLING}/contracts", body=fixture("contracts.json"))
    clock = FakeClock()
    billing_api(clock).get_billing_contracts()
    assert clock.waits == [8]


def test_a_rate_limit_for_too_long_ends_the_operation(service: responses.RequestsMock) -> None:
    """A Retry-After of an hour is raised, to be waited for by the next poll."""
    service.get(f"{BILLING}/contracts", status=429, headers={"Retry-After": "3600"})
    with pytest.raises(RateLimited) as caught:
        billing_api().get_billing_contracts()
    assert caught.value.retry_after == 3600
    assert len(asked(service)) == 1


def test_the_deadline_bounds_all_tries(service: responses.RequestsMock) -> None:
    """However many tries and waits, an operation ends by its deadline."""
    service.get(f"{BILLING}/contracts", status=503, headers={"Retry-After": "100"})
    clock = FakeClock()
    with pytest.raises(Unavailable):
        BillingApi(account(), clock=clock, jitter=lambda: 0.0, seconds=250).get_billing_contracts()
    assert clock.waits == [100, 100]


def own_organization_for(
    service: responses.RequestsMock, good: str | None
) -> list[PreparedRequest]:
    """Let only one token see the own organization, and return what is asked."""
    seen: list[PreparedRequest] = []

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        seen.append(request)
        if request.headers["Authorization"] == f"Bearer {good}":
            return 200, {}, fixture("organization.json")
        return 401, {}, b'{"code": "bad.credentials"}'

    service.add_callback(responses.GET, f"{API}/api/v2/organizations/me", answer)
    return seen


def give_tokens(mocked: responses.RequestsMock, *tokens: str) -> None:
    """Let the login answer with these tokens, one after the other."""
    for token in tokens:
        mocked.post(TOKEN_URL, json={"access_token": token, "expires_in": 86_400})


def test_a_revoked_token_is_renewed_once(mocked: responses.RequestsMock) -> None:
    """A 401 drops the token, and the operation succeeds with a new one."""
    give_tokens(mocked, "t1", "t2")
    seen = own_organization_for(mocked, good="t2")
    assert billing_api().get_organizations_me().name == "Example Retail"
    assert [each.headers["Authorization"] for each in seen] == ["Bearer t1", "Bearer t2"]


def test_a_fresh_token_that_is_refused(mocked: responses.RequestsMock) -> None:
    """A 401 with a fresh token is raised, and the next call does not ask the login again."""
    give_tokens(mocked, "t1", "t2", "t3")
    seen = own_organization_for(mocked, good=None)
    api = billing_api()
    for _ in range(2):
        with pytest.raises(Unauthorized, match="fresh token") as caught:
            api.get_organizations_me()
        assert (caught.value.code, caught.value.operation) == (
            "bad.credentials",
            "get_organizations_me",
        )
    assert len(seen) == 3
    assert len(mocked.calls) == 5


def test_a_refused_login_names_itself(mocked: responses.RequestsMock) -> None:
    """An operation that fails for its credentials says so, and never reaches the API."""
    mocked.post(TOKEN_URL, status=400, body=fixture("login_unknown_client.json"))
    with pytest.raises(Unauthorized, match="not known in this region") as caught:
        billing_api().get_organizations_me()
    assert caught.value.operation == "oauth_token"
    assert asked(mocked) == []


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
        "/api/v2/billing/contracts/invoices"
        "?pageSize=200&dateStart=2025-01-02&dateEnd=2026-01-02&paymentStatus=UnPaid"
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


def test_a_stop_ends_every_call(service: responses.RequestsMock) -> None:
    """Once the program stops, nothing is sent any more."""
    stop = threading.Event()
    api = BillingApi(account(), stop=stop)
    stop.set()
    with pytest.raises(Interrupted):
        api.get_organizations_me()
    assert len(service.calls) == 0
    api.close()


def test_rate_limits_are_told(service: responses.RequestsMock) -> None:
    """The observer hears what the headers say of the token's minute."""
    service.get(
        f"{API}/api/v2/organizations/me", body=fixture("organization.json"), headers=RATE_HEADERS
    )
    listener = Listener()
    billing_api(observer=listener).get_organizations_me()
    assert listener.rate_limits == [(300, 12)]


def test_oddities_are_told_and_warned_of_once(
    service: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    """Each answer's oddities are told; the log has one line for each, without values."""
    answer = {"usages": [{"usageQuantity": "1,234.5", "newKey": "agent.one@example.com"}]}
    service.get(f"{OVERVIEW}/org-1", json=answer)
    listener = Listener()
    api = billing_api(observer=listener)
    for _ in range(3):
        api.get_billing_trusteebillingoverview_trustor_org_id("org-1")
    operation = "get_billing_trusteebillingoverview_trustor_org_id"
    assert (
        listener.oddities
        == [
            (operation, "unknown_field", "usages[].newKey"),
            (operation, "unreadable_field", "usages[].usageQuantity"),
        ]
        * 3
    )
    warnings = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert [each.getMessage() for each in warnings] == [
        "the answer has an unknown_field at usages[].newKey",
        "the answer has an unreadable_field at usages[].usageQuantity",
    ]
    assert {vars(each)["operation"] for each in warnings} == {operation}


def test_warnings_are_bounded(
    service: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    """A service with ever new keys does not fill the log."""
    for number in range(10):
        keys = {f"key{number}x{each}": 1 for each in range(50)}
        service.get(f"{API}/api/v2/organizations/me", json=keys)
    api = billing_api()
    for _ in range(10):
        api.get_organizations_me()
    assert sum(each.levelno == logging.WARNING for each in caplog.records) == 200


def test_the_log_has_a_line_per_request_and_no_secret(
    service: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    """At debug level each request is a line with its facts, without token, secret or cursor."""
    caplog.set_level(logging.DEBUG, logger="billing_exporter")
    service.get(f"{BILLING}/contracts", json={"entities": []}, headers=RATE_HEADERS)
    billing_api().get_billing_contracts(after="secret-cursor")
    lines = [vars(each) for each in caplog.records]
    assert [(each["operation"], each["status"]) for each in lines] == [
        ("oauth_token", "200"),
        ("get_billing_contracts", "200"),
    ]
    assert lines[1]["correlation_id"] == "c-17"
    for secret in (SECRET, TOKEN, "secret-cursor"):
        assert secret not in str(lines)


def test_many_threads_share_one_token(service: responses.RequestsMock) -> None:
    """Calls from many threads succeed, and the login is asked once."""
    service.get(f"{API}/api/v2/organizations/me", body=fixture("organization.json"))
    api = billing_api()
    names: list[str | None] = []
    threads = [
        threading.Thread(target=lambda: names.append(api.get_organizations_me().name))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == ["Example Retail"] * 8
    assert len(service.calls) == 9


def test_a_trailing_slash_of_a_host_is_no_harm(service: responses.RequestsMock) -> None:
    """Hosts may be configured with a slash at the end."""
    service.get(f"{API}/api/v2/organizations/me", body=fixture("organization.json"))
    who = account(api_url=f"{API}/", login_url=TOKEN_URL.removesuffix("oauth/token"))
    assert BillingApi(who, clock=FakeClock()).get_organizations_me().version == 7


def test_no_answer_at_all(service: responses.RequestsMock) -> None:
    """A host that nobody answers for is Unreachable, by the operation's name."""
    service.get(f"{API}/api/v2/organizations/me", body=ConnectionRefusedError())
    with pytest.raises(Unreachable) as caught:
        billing_api().get_organizations_me()
    assert (caught.value.operation, caught.value.status) == ("get_organizations_me", None)

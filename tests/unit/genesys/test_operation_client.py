"""Tests of the client where something goes wrong, is tried again or is reported."""

import logging
import threading

import pytest
import responses
from requests import PreparedRequest

from billing_exporter.genesys import (
    ApiError,
    BillingApi,
    Forbidden,
    Interrupted,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from tests.unit.genesys.recorded import fixture
from tools.testkit.recorded_api import (
    API,
    BILLING,
    SECRET,
    TOKEN,
    TOKEN_URL,
    FakeClock,
    Listener,
    account,
    asked,
    billing_api,
)

OVERVIEW = f"{BILLING}/trusteebillingoverview"

RATE_HEADERS = {
    "inin-ratelimit-allowed": "300",
    "inin-ratelimit-count": "12",
    "inin-ratelimit-reset": "40",
    "ININ-Correlation-Id": "c-17",
}


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
    """What trying again does not fix is asked once, and names the operation."""
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
    """A broken connection receives as an error and tried again."""
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


def test_oddities_are_told(service: responses.RequestsMock) -> None:
    """The observer hears of each answer's unexpected fields, by their paths and without values."""
    answer = {"usages": [{"usageQuantity": "1,234.5", "newKey": "agent.one@example.com"}]}
    service.get(f"{OVERVIEW}/org-1", json=answer)
    listener = Listener()
    api = billing_api(observer=listener)
    for _ in range(3):
        api.get_billing_trusteebillingoverview_trustor_org_id("org-1")
    operation = "get_billing_trusteebillingoverview_trustor_org_id"
    assert (
        listener.unexpected
        == [
            (operation, "unknown_field", "usages[].newKey"),
            (operation, "unreadable_field", "usages[].usageQuantity"),
        ]
        * 3
    )


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


def test_no_answer_at_all(service: responses.RequestsMock) -> None:
    """A host that nobody answers for is Unreachable, by the operation's name."""
    service.get(f"{API}/api/v2/organizations/me", body=ConnectionRefusedError())
    with pytest.raises(Unreachable) as caught:
        billing_api().get_organizations_me()
    assert (caught.value.operation, caught.value.status) == ("get_organizations_me", None)

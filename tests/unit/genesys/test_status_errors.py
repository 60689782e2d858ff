"""Tests of what an answer's status means."""

import json

import pytest

from billing_exporter.genesys.errors import (
    ApiError,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
)
from billing_exporter.genesys.status_errors import check, correlation_id, word
from billing_exporter.genesys.transport import Answer
from tests.unit.genesys.recorded import fixture
from tools.testkit.recorded_api import NOON


def error_of(status: int, body: bytes = b"", **headers: str) -> ApiError:
    """Return the error that an answer stands for."""
    answer = Answer(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, body
    )
    with pytest.raises(ApiError) as caught:
        check(answer, "billing:subscription:view", NOON)
    return caught.value


def test_success() -> None:
    """A success raises nothing."""
    check(Answer(200, {}, b""), None, NOON)


@pytest.mark.parametrize("status", [201, 202, 204, 206, 299])
def test_a_success_without_the_whole_answer(status: int) -> None:
    """An answer that is accepted, empty or a piece of another one is no answer."""
    with pytest.raises(UnexpectedAnswer, match="not the whole one"):
        check(Answer(status, {}, b'{"entities": []}'), None, NOON)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, UnexpectedAnswer),
        (302, UnexpectedAnswer),
        (304, UnexpectedAnswer),
        (400, Rejected),
        (401, UnexpectedAnswer),
        (403, UnexpectedAnswer),
        (404, UnexpectedAnswer),
        (407, UnexpectedAnswer),
        (408, Unavailable),
        (409, Rejected),
        (413, Rejected),
        (415, Rejected),
        (429, RateLimited),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
        (599, Unavailable),
        (101, UnexpectedAnswer),
        (999, UnexpectedAnswer),
    ],
)
def test_statuses_of_a_proxy(status: int, kind: type[ApiError]) -> None:
    """A page without the API's error body is no word of the API about credentials, permissions or
    things: a firewall's 403 must not end a collector quietly, as a missing permission does.
    """
    error = error_of(status, b"<html>Bad gateway</html>")
    assert type(error) is kind
    assert error.status == status
    assert error.code is None
    assert "html" not in str(error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (408, Unavailable),
        (429, RateLimited),
        (503, Unavailable),
    ],
)
def test_statuses_of_the_api(status: int, kind: type[ApiError]) -> None:
    """Each status with the API's error body is one kind of error, with status and code kept."""
    error = error_of(status, b'{"code": "some.code", "message": "no"}')
    assert type(error) is kind
    assert (error.status, error.code) == (status, "some.code")
    assert "proxy" not in str(error)


@pytest.mark.parametrize("status", [401, 403, 407, 408, 429, 502, 503, 504])
def test_a_proxy_is_named_where_it_may_be_the_cause(status: int) -> None:
    """Where the body is not the API's, the message names a proxy as a possible cause."""
    assert "proxy" in str(error_of(status, b"<html>no</html>"))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"code": "not.found", "status": 404}', NotFound),
        (b'{"message": "no Route matched"}', UnexpectedAnswer),
        (b'{"status": 404, "error": "Not Found"}', UnexpectedAnswer),
        (b'"not.found"', UnexpectedAnswer),
        (b"{}", UnexpectedAnswer),
        (b"", UnexpectedAnswer),
    ],
)
def test_a_404_is_the_apis_own_or_unexpected(body: bytes, kind: type[ApiError]) -> None:
    """Only the API's error body, which has a code, says that there is no such thing."""
    assert type(error_of(404, body)) is kind


def test_facts_of_an_error_body() -> None:
    """The code and the correlation id are kept, the message of the body is not."""
    body = b'{"code": "not.found", "message": "no agent.one@example.com", "contextId": "c-2"}'
    error = error_of(404, body)
    assert (error.code, error.correlation_id) == ("not.found", "c-2")
    assert "example.com" not in str(error)
    assert error_of(404, body, ININ_Correlation_Id="c-1").correlation_id == "c-1"


def test_forbidden_names_what_the_api_names() -> None:
    """The missing permission is taken from the API's message, and nothing else of it."""
    error = error_of(403, fixture("error_403.json"))
    assert "lacks the permission billing:subscription:view:" in str(error)
    assert error.code == "missing.permissions"
    assert "agent" not in str(error)


def test_forbidden_names_several() -> None:
    """Where any of several permissions would do, all are named."""
    body = json.dumps(
        {"message": "at least one of: [a:b:view, billing:user:view, billing:bill:view]"}
    )
    assert "permission billing:bill:view or billing:user:view:" in str(error_of(403, body.encode()))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"code": "not.authorized"}',
        b'{"code": "not.authorized", "message": 7}',
        b'{"message": "Forbidden"}',
    ],
)
def test_forbidden_without_a_message(body: bytes) -> None:
    """Where the API names no permission, the one that the operation is known to need is named."""
    assert "does one of its roles grant billing:subscription:view?" in str(error_of(403, body))


@pytest.mark.parametrize("body", [b"<html>", b"Blocked by policy", b"[]", b"[" * 100_000])
def test_a_403_of_a_firewall_names_no_permission(body: bytes) -> None:
    """A page that blocks is an unexpected answer, which asks for no permission."""
    error = error_of(403, body)
    assert type(error) is UnexpectedAnswer
    assert "billing:" not in str(error)


def test_forbidden_where_nothing_is_needed() -> None:
    """An operation that needs no permission can be forbidden all the same."""
    with pytest.raises(Forbidden, match="may not do this"):
        check(Answer(403, {}, b'{"code": "not.authorized"}'), None, NOON)


def test_retry_after_in_both_forms() -> None:
    """Rate limits and outages carry how long the API asks to wait."""
    assert error_of(429, Retry_After="7").retry_after == 7
    assert error_of(503, Retry_After="Mon, 23 Nov 2026 12:01:00 GMT").retry_after == 60
    assert error_of(429, Retry_After="never").retry_after is None


def test_a_rate_limit_without_retry_after() -> None:
    """Without Retry-After, the minute's remaining seconds are what to wait."""
    headers = {
        "inin_ratelimit_allowed": "300",
        "inin_ratelimit_count": "301",
        "inin_ratelimit_reset": "23",
    }
    assert error_of(429, b"", **headers).retry_after == 23
    assert error_of(503, b"", **headers).retry_after is None


@pytest.mark.parametrize("value", ["agent.one@example.com", "a b", "", "x" * 65, 7, None, "a\nb"])
def test_only_plain_words_are_words(value: object) -> None:
    """Codes and correlation ids are short words of plain characters, or nothing."""
    assert word(value) is None
    assert word("too.many.requests-1_A") == "too.many.requests-1_A"
    assert correlation_id({}) is None


def test_bodies_are_not_shown() -> None:
    """Printing an answer or an error's body shows nothing of it."""
    answer = Answer(200, {"Set-Cookie": "secret"}, b"secret")
    assert "secret" not in repr(answer)
    assert "secret" not in repr(error_of(403, b'{"message": "secret"}'))

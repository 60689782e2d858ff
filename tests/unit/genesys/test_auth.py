"""Tests of the token: when it is asked for, kept, dropped and not asked for."""

import base64
import json
import threading
from collections.abc import Callable

import pytest
import responses

from billing_exporter.genesys.auth import Account, Tokens, _Refusal, _TokenAnswer
from billing_exporter.genesys.clock import Deadline
from billing_exporter.genesys.errors import (
    ApiError,
    RateLimited,
    Timeout,
    Unauthorized,
    UnexpectedAnswer,
)
from billing_exporter.genesys.instrumented_transport import Exchange
from billing_exporter.genesys.retries import Retrier
from billing_exporter.genesys.transport import Transport
from tests.unit.genesys.recorded import fixture
from tools.testkit.recorded_api import SECRET, TOKEN_URL, FakeClock, Listener, account


class Login:
    """An account's tokens, and the clock and the listener they have."""

    def __init__(self, who: Account | None = None) -> None:
        """Log nobody in yet."""
        self.clock = FakeClock()
        self.listener = Listener()
        exchange = Exchange(Transport(), self.clock, self.listener)
        retrier = Retrier(self.clock, self.listener, lambda: 1.0)
        self.tokens = Tokens(who or account(), exchange, retrier, self.clock)

    def token(self) -> str:
        """Return the current token."""
        return self.tokens.current(Deadline(self.clock, 300))

    def discard(self, refused: str) -> bool:
        """Drop a refused token."""
        return self.tokens.discard(refused, Deadline(self.clock, 300))


def give_tokens(mock: responses.RequestsMock, *tokens: str, expires_in: object = 86_400) -> None:
    """Let the login answer with these tokens, one after the other."""
    for token in tokens:
        body = {"access_token": token, "token_type": "bearer", "expires_in": expires_in}
        mock.post(TOKEN_URL, json=body)


def test_the_request(mocked: responses.RequestsMock) -> None:
    """Client credentials go to the login in a Basic header, never in the URL or the body."""
    give_tokens(mocked, "t1")
    assert Login().token() == "t1"
    request = mocked.calls[0].request
    assert request.body == b"grant_type=client_credentials"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    scheme, credentials = request.headers["Authorization"].split()
    assert (scheme, base64.b64decode(credentials)) == ("Basic", f"client:{SECRET}".encode())


@pytest.mark.parametrize(
    ("expires_in", "usable"),
    [
        (86_400, 86_340),
        (300, 240),
        (30, 24),
        ("3600", 3540),
        (None, 240),
        (-5, 240),
        ("NaN", 240),
        (1e300, 172_740),
    ],
)
def test_a_token_is_renewed_before_it_expires(
    mocked: responses.RequestsMock, expires_in: object, usable: float
) -> None:
    """A token is kept until a minute before its end, a short-lived one for most of its life."""
    give_tokens(mocked, "t1", "t2", expires_in=expires_in)
    login = Login()
    assert login.token() == "t1"
    login.clock.now += usable - 1
    assert login.token() == "t1"
    login.clock.now += 1
    assert login.token() == "t2"


def test_one_renewal_for_many_threads(mocked: responses.RequestsMock) -> None:
    """Threads that need a token at the same time share one request."""
    give_tokens(mocked, "t1")
    login = Login()
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(login.token())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["t1"] * 8
    assert len(mocked.calls) == 1


def test_nobody_waits_for_a_token_in_vain(mocked: responses.RequestsMock) -> None:
    """Who waits while another logs in leaves when its own time is over."""
    asked, answer = threading.Event(), threading.Event()

    def dawdle(_: object) -> tuple[int, dict[str, str], str]:
        asked.set()
        assert answer.wait(30)
        return 200, {}, '{"access_token": "t1"}'

    mocked.add_callback(responses.POST, TOKEN_URL, callback=dawdle)
    login = Login()
    other = threading.Thread(target=login.token)
    other.start()
    assert asked.wait(30)
    late = Deadline(login.clock, 300, Deadline(FakeClock(step=0.1), 0.5))
    with pytest.raises(Timeout):
        login.tokens.current(late)
    answer.set()
    other.join()
    assert login.token() == "t1"


def test_who_ran_out_of_time_speaks_for_itself(mocked: responses.RequestsMock) -> None:
    """Who waited while another had no time left for the login tries it again."""
    found: list[str] = []
    login = Login()
    other = threading.Thread(target=lambda: found.append(login.token()))

    def dawdle(_: object) -> tuple[int, dict[str, str], str]:
        login.clock.now += 1
        other.start()
        threading.Event().wait(0.1)
        login.clock.now += 9
        return 200, {}, '{"access_token": "too late"}'

    mocked.add_callback(responses.POST, TOKEN_URL, callback=dawdle)
    give_tokens(mocked, "t1")
    with pytest.raises(Timeout):
        login.tokens.current(Deadline(login.clock, 300, Deadline(login.clock, 5)))
    other.join()
    assert found == ["t1"]


def test_a_refused_token_is_dropped_once(mocked: responses.RequestsMock) -> None:
    """A token is dropped when refused, not when replaced already, and not twice in a minute."""
    give_tokens(mocked, "t1", "t2", "t3")
    login = Login()
    assert login.discard(login.token())
    assert login.token() == "t2"
    assert login.discard("t1")
    assert login.token() == "t2"
    assert not login.discard("t2")
    assert login.token() == "t2"
    login.clock.now += 60
    assert login.discard("t2")
    assert login.token() == "t3"


@pytest.mark.parametrize(
    ("status", "body", "text", "code"),
    [
        (400, fixture("login_unknown_client.json"), "check client_id and region", "invalid_client"),
        (
            400,
            b'{"error": "unauthorized_client"}',
            "refuses the OAuth client",
            "unauthorized_client",
        ),
        (400, b"", "refuses the OAuth client", None),
        (401, b'{"error": "invalid_client"}', "secret is wrong", "invalid_client"),
        (403, b'{"error": ["x"]}', "refuses the OAuth client", None),
        (403, b'{"code": "not.authorized"}', "refuses the OAuth client", None),
    ],
)
def test_refused_credentials(
    mocked: responses.RequestsMock, status: int, body: bytes, text: str, code: str | None
) -> None:
    """A refusal says which setting to check, and shows neither id nor secret."""
    mocked.post(TOKEN_URL, status=status, body=body)
    with pytest.raises(Unauthorized, match=text) as caught:
        Login().token()
    error = caught.value
    assert (error.status, error.code, error.operation) == (status, code, "oauth_token")
    assert SECRET not in f"{error!r} {error} {vars(error)}"


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize(
    "body", [b"<html>Blocked</html>", b'{"message": "Forbidden"}', b"[]", b"1"]
)
def test_a_page_that_blocks_the_login_refuses_nobody(
    mocked: responses.RequestsMock, status: int, body: bytes
) -> None:
    """A proxy's or firewall's page says nothing about the credentials, and is not remembered."""
    mocked.post(TOKEN_URL, status=status, body=body)
    login = Login()
    with pytest.raises(UnexpectedAnswer, match="proxy or firewall") as caught:
        login.token()
    assert (caught.value.status, caught.value.operation) == (status, "oauth_token")
    give_tokens(mocked, "t1")
    assert login.token() == "t1"


def test_a_refusal_is_remembered(mocked: responses.RequestsMock) -> None:
    """After a refusal the login is left alone for a minute, then two, up to fifteen."""
    mocked.post(TOKEN_URL, status=401)
    login = Login()
    pauses = []
    for asked in range(1, 8):
        start = login.clock.now
        while len(mocked.calls) < asked:
            with pytest.raises(Unauthorized):
                login.token()
            login.clock.now += 30
        pauses.append(login.clock.now - start)
    assert pauses == [30, 60, 120, 240, 480, 900, 900]


def test_each_caller_gets_an_error_of_its_own(mocked: responses.RequestsMock) -> None:
    """A remembered refusal is a new error each time, so that tracebacks do not grow."""
    mocked.post(TOKEN_URL, status=401)
    login = Login()
    errors = []
    for _ in range(3):
        with pytest.raises(Unauthorized) as caught:
            login.token()
        errors.append(caught.value)
    assert len({id(error) for error in errors}) == 3
    assert len({str(error) for error in errors}) == 1
    assert [error.repeated for error in errors] == [False, True, True]


def test_the_same_refusal_is_no_news(mocked: responses.RequestsMock) -> None:
    """A secret that is refused again after the pause receives as repeated, another one is not."""
    mocked.post(TOKEN_URL, status=401)
    secret = "first"
    login = Login(account(client_secret=lambda: secret))

    def refusal() -> Unauthorized:
        login.clock.now += 1000
        with pytest.raises(Unauthorized) as caught:
            login.token()
        return caught.value

    assert [refusal().repeated, refusal().repeated] == [False, True]
    secret = "second"
    assert [refusal().repeated, refusal().repeated] == [False, True]
    assert len(mocked.calls) == 4


def test_a_new_secret_is_tried_at_once(mocked: responses.RequestsMock) -> None:
    """A secret that differs from the refused one ends the pause."""
    secrets = ["wrong"]
    login = Login(account(client_secret=lambda: secrets[-1]))
    mocked.post(TOKEN_URL, status=401)
    with pytest.raises(Unauthorized):
        login.token()
    mocked.reset()
    give_tokens(mocked, "t1")
    with pytest.raises(Unauthorized):
        login.token()
    secrets.append("right")
    assert login.token() == "t1"


@pytest.mark.parametrize("error", [FileNotFoundError("/secret/path"), ValueError("not UTF-8")])
def test_a_secret_that_cannot_be_read(error: Exception) -> None:
    """A secret's file that is gone is an Unauthorized with a clear text."""

    def unreadable() -> str:
        raise error

    login = Login(account(client_secret=unreadable))
    for repeated in (False, True):
        with pytest.raises(Unauthorized, match="secret cannot be read") as caught:
            login.token()
        assert caught.value.repeated is repeated


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"{}",
        b'{"access_token": ""}',
        b'{"access_token": 7}',
        b'{"access_token": "a\\r\\nHost: b"}',
        '{"access_token": "ž"}'.encode(),
    ],
)
def test_answers_without_a_token(mocked: responses.RequestsMock, body: bytes) -> None:
    """An answer without a token that can stand in a header is unexpected."""
    mocked.post(TOKEN_URL, body=body)
    with pytest.raises(UnexpectedAnswer, match="no token: check login_url") as caught:
        Login().token()
    assert caught.value.path == "$.access_token"


def test_the_login_is_tried_again(mocked: responses.RequestsMock) -> None:
    """A login that is busy or down is asked again, as any operation."""
    mocked.post(TOKEN_URL, status=503)
    mocked.post(TOKEN_URL, status=429, headers={"Retry-After": "5"})
    give_tokens(mocked, "t1")
    login = Login()
    assert login.token() == "t1"
    assert login.clock.waits == [1, 6]
    assert login.listener.requests == [
        ("oauth_token", "503"),
        ("oauth_token", "429"),
        ("oauth_token", "200"),
    ]


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (302, UnexpectedAnswer)])
def test_other_refusals_are_not_remembered(
    mocked: responses.RequestsMock, status: int, kind: type[ApiError]
) -> None:
    """Only refused credentials pause the login."""
    mocked.post(TOKEN_URL, status=status)
    login = Login()
    with pytest.raises(kind):
        login.token()
    mocked.reset()
    give_tokens(mocked, "t1")
    assert login.token() == "t1"


def test_nothing_secret_is_shown(mocked: responses.RequestsMock) -> None:
    """Printing an account or its tokens shows neither secret nor token."""
    give_tokens(mocked, "t1-secret-token")
    login = Login()
    login.token()
    held = [account(), login.tokens, *vars(login.tokens).values()]
    shown = json.dumps([repr(each) for each in held if not isinstance(each, str)])
    shown += repr(_TokenAnswer("t1-secret-token"))
    shown += repr(_Refusal(SECRET, Unauthorized("x"), 60, 60))
    assert SECRET not in shown
    assert "t1-secret" not in shown


def test_secret_is_read_for_each_token(mocked: responses.RequestsMock) -> None:
    """A secret that was rotated meanwhile is used for the next token."""
    give_tokens(mocked, "t1", "t2")
    secrets: Callable[[], str] = iter(["first", "second"]).__next__
    login = Login(account(client_secret=secrets))
    login.discard(login.token())
    login.token()
    sent = [call.request.headers["Authorization"].split()[1] for call in mocked.calls]
    assert [base64.b64decode(each) for each in sent] == [b"client:first", b"client:second"]

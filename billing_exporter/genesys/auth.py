"""OAuth client credentials, and the token they are exchanged for.

A token is kept until shortly before it expires. Only one thread at a time asks for a new one. A
refused credential is remembered for some minutes, so that many callers do not hammer the login
with what it has just refused.
"""

import base64
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from typing import Any

import msgspec

from billing_exporter.genesys.clock import Clock, Deadline
from billing_exporter.genesys.errors import ApiError, Timeout, Unauthorized, UnexpectedAnswer
from billing_exporter.genesys.instrumented_transport import Exchange
from billing_exporter.genesys.retries import Retrier
from billing_exporter.genesys.status_errors import check, word
from billing_exporter.genesys.transport import Answer, Request

OPERATION = "oauth_token"

_MARGIN = 60.0  # seconds before its end at which a token is no longer used
_SHORT_LIVED_SHARE = 0.8  # of a lifetime too short for that margin
_SHORTEST_LIFETIME = 300.0  # seconds; the shortest that an OAuth client can be set to
_LONGEST_LIFETIME = 172_800.0  # seconds; the longest
_FIRST_PAUSE = 60.0  # seconds
_LONGEST_PAUSE = 900.0  # seconds
_FORCED_RENEWAL_EVERY = 60.0  # seconds
_TOKEN = re.compile(r"[\x21-\x7e]+")


class Account(msgspec.Struct, frozen=True):
    """An OAuth client and where it lives.

    Attributes:
        api_url: Base URL of the API.
        login_url: Base URL of the login.
        client_id: The OAuth client's id.
        client_secret: Returns its secret; called again for each token. May raise OSError.
    """

    api_url: str
    login_url: str
    client_id: str
    client_secret: Callable[[], str]

    def __repr__(self) -> str:
        """Return where it lives, and nothing that proves anything."""
        return f"Account({self.api_url})"


class _TokenAnswer(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float | None = None

    def __repr__(self) -> str:
        return "_TokenAnswer()"


class _LoginError(msgspec.Struct, frozen=True):
    error: object = None


class _Refusal(msgspec.Struct, frozen=True):
    secret: str
    error: Unauthorized
    pause: float
    until: float

    def __repr__(self) -> str:
        return f"_Refusal({self.error})"


class _Failure(msgspec.Struct, frozen=True):
    at: float
    error: ApiError


class Tokens:
    """The current token of one account."""

    def __init__(
        self, account: Account, exchange: Exchange, retrier: Retrier, clock: Clock
    ) -> None:
        """Hold no token yet."""
        self._account = account
        self._exchange = exchange
        self._retrier = retrier
        self._clock = clock
        self._lock = threading.Lock()
        self._token: str | None = None
        self._usable_until = 0.0
        self._forced_at = float("-inf")
        self._refusal: _Refusal | None = None
        self._failure: _Failure | None = None
        self._is_unreadable = False

    def current(self, deadline: Deadline) -> str:
        """Return a token that is good for at least some seconds.

        Raises:
            Unauthorized: The credentials were refused, now or shortly ago, or cannot be read.
            ApiError: The login gave no usable answer.
            Interrupted: The program is stopping.
        """
        began = self._clock.monotonic()
        with self._turn(deadline):
            if self._token is None or self._clock.monotonic() >= self._usable_until:
                self._share_failure(began)
                self._renew(deadline)
            return str(self._token)

    def discard(self, refused: str, deadline: Deadline) -> bool:
        """Drop a token that the API refused, unless another has replaced it already.

        Returns:
            Whether to try again with the then current token. Not when a token was dropped within
            the last minute: then it is not the token's age that the API dislikes.
        """
        with self._turn(deadline):
            if self._token != refused:
                return True
            now = self._clock.monotonic()
            if now < self._forced_at + _FORCED_RENEWAL_EVERY:
                return False
            self._forced_at = now
            self._token = None
            return True

    @contextmanager
    def _turn(self, deadline: Deadline) -> Iterator[None]:
        """Wait while another renews the token, but not longer than there is time."""
        while not self._lock.acquire(timeout=deadline.check()):
            pass
        try:
            yield
        finally:
            self._lock.release()

    def _renew(self, deadline: Deadline) -> None:
        secret = self._secret()
        self._respect_refusal(secret)
        start = self._clock.monotonic()
        request = self._request(secret)
        try:
            answer = self._retrier.run(OPERATION, deadline, lambda: self._ask(request, deadline))
        except ApiError as error:
            error.operation = error.operation or OPERATION
            if not isinstance(error, Timeout):  # others have more time
                self._failure = _Failure(self._clock.monotonic(), copy(error))
            if isinstance(error, Unauthorized):
                self._remember_refusal(secret, error)
            raise
        self._refusal = None
        token = _read(answer)
        self._token = token.access_token
        self._usable_until = start + _usable_seconds(token.expires_in)

    def _share_failure(self, began: float) -> None:
        """Raise what became of the renewal that was waited for: another would fare no better."""
        if self._failure is not None and self._failure.at > began:
            raise _repeated(self._failure.error)

    def _secret(self) -> str:
        with suppress(OSError, ValueError):
            secret = self._account.client_secret()
            self._is_unreadable = False
            return secret
        raise self._unreadable()  # there, it would keep the other error and with it all calls

    def _unreadable(self) -> Unauthorized:
        error = Unauthorized(
            "the client secret cannot be read: check its file and the file's permissions",
            operation=OPERATION,
        )
        error.repeated, self._is_unreadable = self._is_unreadable, True
        return error

    def _request(self, secret: str) -> Request:
        credentials = f"{self._account.client_id}:{secret}".encode()
        return Request(
            method="POST",
            origin=self._account.login_url.rstrip("/"),
            target="/oauth/token",
            headers={
                "Authorization": f"Basic {base64.b64encode(credentials).decode()}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Content-Length": str(len(_GRANT)),
                "Accept": "application/json",
            },
            body=_GRANT,
        )

    def _ask(self, request: Request, deadline: Deadline) -> Answer:
        answer = self._exchange.send(OPERATION, request, deadline)
        if answer.status in _REFUSALS:
            raise _refused(answer) if _is_of_the_login(answer.body) else _blocked(answer.status)
        check(answer, None, self._clock.wall())
        return answer

    def _respect_refusal(self, secret: str) -> None:
        refusal = self._refusal
        if refusal and refusal.secret == secret and self._clock.monotonic() < refusal.until:
            raise _repeated(refusal.error)

    def _remember_refusal(self, secret: str, error: Unauthorized) -> None:
        before = self._refusal
        again = before is not None and before.secret == secret
        pause = min(before.pause * 2, _LONGEST_PAUSE) if before and again else _FIRST_PAUSE
        until = self._clock.monotonic() + pause
        self._refusal = _Refusal(secret, copy(error), pause, until)
        error.repeated = again


_GRANT = b"grant_type=client_credentials"
_REFUSALS = {
    400: "the client id is not known in this region: check client_id and region",
    401: "the client secret is wrong, or the OAuth client is disabled: check client_secret",
    403: "the login refuses the OAuth client: is it active, with the grant Client Credentials?",
}


def _repeated(error: ApiError) -> ApiError:
    error = copy(error)
    error.repeated = True
    return error


def _is_of_the_login(body: bytes) -> bool:
    """Return whether a refusal can be the login's: an error of OAuth or of the API, or empty."""
    if not body.strip():
        return True
    try:
        return not {"error", "code"}.isdisjoint(msgspec.json.decode(body, type=dict[str, Any]))
    except (ValueError, RecursionError):
        return False


def _blocked(status: int) -> ApiError:
    return UnexpectedAnswer(
        f"a {status} that is not the login's own: does a proxy or firewall block it?",
        operation=OPERATION,
        status=status,
    )


def _refused(answer: Answer) -> ApiError:
    try:
        code = word(msgspec.json.decode(answer.body, type=_LoginError).error)
    except (ValueError, RecursionError):
        code = None
    message = _REFUSALS[answer.status]
    if answer.status == 400 and code != "invalid_client":  # noqa: PLR2004 - Bad Request
        message = _REFUSALS[403]
    return Unauthorized(message, operation=OPERATION, status=answer.status, code=code)


def _read(answer: Answer) -> _TokenAnswer:
    try:
        token = msgspec.json.decode(answer.body, type=_TokenAnswer, strict=False)
    except (ValueError, RecursionError):
        token = _TokenAnswer("")
    # Anything else could not stand in a header.
    if not _TOKEN.fullmatch(token.access_token):
        raise UnexpectedAnswer(
            "the login's answer holds no token: check login_url",
            path="$.access_token",
            operation=OPERATION,
            status=answer.status,
        )
    return token


def _usable_seconds(expires_in: float | None) -> float:
    lifetime = expires_in if expires_in and expires_in > 0 else _SHORTEST_LIFETIME
    lifetime = min(lifetime, _LONGEST_LIFETIME)
    return max(lifetime - _MARGIN, lifetime * _SHORT_LIVED_SHARE)

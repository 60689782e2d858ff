"""Errors by HTTP status, with the parts of an error body that may be shown."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

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
from billing_exporter.genesys.rate_limit import Allowance
from billing_exporter.genesys.retries import retry_after
from billing_exporter.genesys.transport import Answer

_WORD = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PERMISSION = re.compile(r"\b[A-Za-z]{2,40}:[A-Za-z]{2,40}:[A-Za-z]{2,20}\b")


class _ErrorBody(msgspec.Struct, frozen=True, rename="camel"):
    # The parts that are read; a gateway's error can be JSON of any kind.

    code: Any = None
    message: Any = None
    context_id: Any = None

    def is_of_the_api(self) -> bool:
        """Return whether the API wrote it: there is an error code, or the permission's name."""
        return isinstance(self.code, str) or bool(self.permissions())

    def permissions(self) -> list[str]:
        """Return the permissions that the message names."""
        return _PERMISSION.findall(self.message) if isinstance(self.message, str) else []


def correlation_id(headers: Mapping[str, str]) -> str | None:
    """Return the API's id of a request, if it has the form of one."""
    return word(headers.get("ININ-Correlation-Id"))


def word(value: Any) -> str | None:
    """Return a value that is one short word of plain characters, None for anything else."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None


def check(answer: Answer, permission: str | None, now: float) -> None:
    """Raise the error that an answer's status stands for; return if it is 200.

    No other status promises the whole answer: 202 comes before it, 206 is a piece of it.

    Args:
        answer: What came back.
        permission: What the operation needs, for the error's text.
        now: Seconds since the Unix epoch, to read a `Retry-After` that is a date.
    """
    if answer.status == _OK:
        return
    body = _error_body(answer.body)
    is_of_the_api = body.is_of_the_api() or (
        answer.status in _PLAIN_REFUSALS and not is_page(answer.body)
    )
    kind, message = _meaning(answer.status) if is_of_the_api else _foreign(answer.status)
    raise kind(
        _forbidden(body, permission) if kind is Forbidden else message,
        status=answer.status,
        code=word(body.code),
        correlation_id=correlation_id(answer.headers) or word(body.context_id),
        retry_after=_asked_wait(answer, now),
    )


_OK = 200
_TOO_MANY_REQUESTS = 429
_LATER = "Genesys Cloud cannot answer now"

_STATUSES: Mapping[int, tuple[type[ApiError], str]] = {
    401: (
        Unauthorized,
        "the API refuses a fresh token: is the OAuth client active, is this address allowed?",
    ),
    403: (Forbidden, ""),
    404: (NotFound, "there is no such thing, or nothing that far back"),
    408: (Unavailable, _LATER),
    _TOO_MANY_REQUESTS: (
        RateLimited,
        "the token's requests of this minute are used up: use an OAuth client that nobody shares",
    ),
}
_CLASSES: Mapping[int, tuple[type[ApiError], str]] = {
    2: (UnexpectedAnswer, "the answer is not the whole one: is there a proxy in between?"),
    3: (UnexpectedAnswer, "a redirect, which is not followed: check api_url and login_url"),
    4: (Rejected, "the API does not accept the request"),
    5: (Unavailable, _LATER),
}
# Without the API's error body (for 401 and 403: as a page), it was a proxy or a firewall in between
# that answered. What it says of credentials, permissions and things is not the API's word; that one
# must wait is true anyhow.
_WAIT_FOR_PROXY = "Genesys Cloud, or a proxy in between, cannot answer now"
_FOREIGN_STATUSES: Mapping[int, tuple[type[ApiError], str]] = {
    401: (UnexpectedAnswer, "a 401 that is not the API's own: is there a proxy in between?"),
    403: (UnexpectedAnswer, "a 403 that is not the API's own: does a proxy or firewall block it?"),
    404: (UnexpectedAnswer, "a 404 that is not the API's own: is api_url right?"),
    407: (UnexpectedAnswer, "a proxy asks for a password: write http://USER:PASSWORD@HOST:PORT"),
    408: (Unavailable, _WAIT_FOR_PROXY),
    _TOO_MANY_REQUESTS: (
        RateLimited,
        "too many requests for the API or a proxy in between: use an OAuth client nobody shares",
    ),
}


# A gateway of the API may refuse in fewer words than the API; a page is what a firewall shows.
_PLAIN_REFUSALS = frozenset({401, 403})


def is_page(body: bytes) -> bool:
    """Return whether a refusal is written for people: neither empty nor a JSON object."""
    if not body.strip():
        return False
    try:
        msgspec.json.decode(body, type=dict[str, Any])
    except (ValueError, RecursionError):
        return True
    return False


def _meaning(status: int) -> tuple[type[ApiError], str]:
    other = (UnexpectedAnswer, "the status is none of HTTP's")
    return _STATUSES.get(status) or _CLASSES.get(status // 100, other)


def _foreign(status: int) -> tuple[type[ApiError], str]:
    if status in _FOREIGN_STATUSES:
        return _FOREIGN_STATUSES[status]
    kind, message = _meaning(status)
    return kind, _WAIT_FOR_PROXY if kind is Unavailable else message


def _error_body(body: bytes) -> _ErrorBody:
    try:
        return msgspec.json.decode(body, type=_ErrorBody)
    except (ValueError, RecursionError):
        return _ErrorBody()


def _forbidden(body: _ErrorBody, permission: str | None) -> str:
    named = body.permissions()
    if named:
        missing = " or ".join(sorted(set(named)))
        return f"the OAuth client lacks the permission {missing}: grant it to one of its roles"
    if permission:
        return f"the OAuth client may not do this: does one of its roles grant {permission}?"
    return "the OAuth client may not do this"


def _asked_wait(answer: Answer, now: float) -> float | None:
    asked = retry_after(answer.headers.get("Retry-After"), now)
    if asked is None and answer.status == _TOO_MANY_REQUESTS:
        allowance = Allowance.of(answer.headers)
        return allowance.reset if allowance else None
    return asked

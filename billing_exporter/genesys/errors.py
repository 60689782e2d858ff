"""Errors between this program and Genesys Cloud, by who must act.

    ApiError
    ├── Unreachable        no answer: DNS, connect, TLS, timeout, cut off    tried again
    ├── Unavailable        5xx and 408                                       tried again
    ├── RateLimited        429                                               tried again, later
    ├── Unauthorized       credentials refused, or 401 with a fresh token    not tried again
    ├── Forbidden          the API's own 403; names the missing permission   not tried again
    ├── NotFound           the API's own 404                                 not tried again
    ├── Rejected           any other 4xx                                     not tried again
    ├── UnexpectedAnswer   not JSON, wrong kind, redirect, too large,        not tried again
    │                      401, 403 or 404 of a proxy in between
    ├── Timeout            the poll's time is over before all answers came   at the next poll
    └── NotReady           a report still in progress past its bound         at the next poll

    Interrupted            the program stops; nobody's fault, so no ApiError

No text holds anything of an answer's body but its error code and the names of permissions.
"""

# ruff: noqa: N818 - the names double as the reasons in metrics, where "error" would say nothing

from typing import ClassVar, TypedDict, Unpack


class Facts(TypedDict, total=False):
    """What is known of the request that failed; see `ApiError`."""

    operation: str
    status: int | None
    code: str | None
    correlation_id: str | None
    retry_after: float | None


class ApiError(Exception):
    """An operation that gave no usable answer.

    Attributes:
        reason: The kind of error in one word, as metrics label it.
        message: What happened and what to do, for an operator.
        operation: The operation's reference name, such as `get_billing_contracts`.
        status: The HTTP status, or None where no answer came.
        code: The API's error code, such as `missing.permissions`, or None.
        correlation_id: The API's id of this request, to quote in a support case, or None.
        retry_after: Seconds after which the API wants to be asked again, or None.
        repeated: Whether another caller got the same error before, and nothing has changed.
    """

    reason: ClassVar[str] = "api_error"
    repeated = False

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        status: int | None = None,
        code: str | None = None,
        correlation_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Keep the facts; only the message is positional, so that errors can be pickled."""
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.status = status
        self.code = code
        self.correlation_id = correlation_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        """Return the message, followed by the status and the code where there are any."""
        facts = [f"HTTP {self.status}" if self.status is not None else "", self.code or ""]
        known = ", ".join(fact for fact in facts if fact)
        return f"{self.message} ({known})" if known else self.message


class Unreachable(ApiError):
    """No answer came, or it was cut off."""

    reason = "unreachable"


class Unavailable(ApiError):
    """The service answered that it cannot serve now: 408 or 5xx."""

    reason = "unavailable"


class RateLimited(ApiError):
    """The token's requests for this minute are used up."""

    reason = "rate_limited"


class Unauthorized(ApiError):
    """The credentials were refused, or a fresh token was."""

    reason = "unauthorized"


class Forbidden(ApiError):
    """The OAuth client lacks a permission."""

    reason = "forbidden"


class NotFound(ApiError):
    """What was asked for does not exist, or not any more."""

    reason = "not_found"


class Rejected(ApiError):
    """The API did not accept the request."""

    reason = "rejected"


class UnexpectedAnswer(ApiError):
    """The answer cannot be what the API meant to say.

    Attributes:
        path: Where in the answer, such as `$.entities`; `$` is the whole.
    """

    reason = "unexpected_answer"

    def __init__(self, message: str, *, path: str = "$", **facts: Unpack[Facts]) -> None:
        """Keep the path."""
        super().__init__(message, **facts)
        self.path = path


class Timeout(ApiError):
    """The time of the poll that asks is over."""

    reason = "timeout"


class NotReady(ApiError):
    """The report is still being made."""

    reason = "not_ready"


class Interrupted(Exception):
    """The program stops while the client waits."""

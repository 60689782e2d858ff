"""Answers of the simulator, before they are bytes.

Documented: the keys of an error body, its codes and most messages, `{error, description,
error_description}` from the login host. Invented: the wording where only a gist is known, and
`method.not.allowed`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

JSON_TYPE = "application/json"
HTML_TYPE = "text/html"
CONTEXT = "contextId"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How the bytes of an answer travel.

    Attributes:
        wait: seconds before the first byte.
        pause: seconds in the middle of the body.
        drip: seconds over which one part is spread.
        dripping: which part that is, one of `dripping.PARTS`, or the body.
        broken: half the body, with a length that says it is all.
        cut: the connection ends in the middle of the body.
    """

    wait: float = 0.0
    pause: float = 0.0
    drip: float = 0.0
    dripping: str = "body"
    broken: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer: JSON from `payload`, or `text` as it stands where that is given."""

    status: int = HTTPStatus.OK
    payload: Any = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = field(default_factory=Delivery)


class RefusedError(Exception):
    """The API declines: status, code and message of its error body."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        """Decline, with further keys of the error body where it has them."""
        super().__init__(message)
        self.status, self.code, self.message, self.more = status, code, message, more


def not_found() -> RefusedError:
    """Decline: there is no such thing."""
    return RefusedError(404, "not.found", "The requested resource was not found.")


def invalid_value(name: str, allowed: str) -> RefusedError:
    """Decline a parameter that is none of what is allowed."""
    message = f"Value is not valid for field {name}. Allowable values: {allowed}"
    return RefusedError(400, "invalid.value", message)


def invalid_date(name: str) -> RefusedError:
    """Decline a parameter that is no date."""
    return RefusedError(400, "invalid.date", f"{name} must be an ISO-8601 date.")


def missing_permission(permission: str) -> RefusedError:
    """Decline for lack of a permission."""
    gist = "Unable to perform the requested action. You are missing the following permission(s)"
    return RefusedError(403, "missing.permissions", f"{gist}: {permission}")


def too_many_requests(seconds: int, allowed: int) -> RefusedError:
    """Decline for a while."""
    return RefusedError(
        429,
        "too.many.requests.retry.after",
        f"Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds",
        limit={
            "key": "client.credentials.token.rate.per.minute",
            "namespace": "platform.api",
            "value": str(allowed),
        },
    )


def bad_credentials() -> RefusedError:
    """Decline a token that has expired, was revoked or never was."""
    return RefusedError(401, "bad.credentials", "Invalid login credentials.")


def error(refused: RefusedError, **headers: str) -> Answer:
    """Write an error body; its context is filled in with the correlation id of the answer."""
    payload = {
        "message": refused.message,
        "code": refused.code,
        "status": refused.status,
        CONTEXT: "",
        "details": [],
        "errors": [],
        **refused.more,
    }
    return Answer(status=refused.status, payload=payload, headers=headers)


def login_error(status: int, name: str, description: str) -> Answer:
    """Write an error as the login host does."""
    payload = {"error": name, "description": description, "error_description": description}
    return Answer(status=status, payload=payload)


def page(status: int) -> Answer:
    """Write the HTML of a gateway that has no answer from behind it."""
    phrase = HTTPStatus(status).phrase
    text = f"<html><head><title>{status}</title></head><body><h1>{phrase}</h1></body></html>"
    return Answer(status=status, text=text)

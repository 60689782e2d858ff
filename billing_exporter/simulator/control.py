"""Calls that steer the simulator; the real API has none of them. Invented: everything.

GET, POST and DELETE /_simulator/faults show, replace (a JSON list of texts) and clear the faults;
GET /_simulator/clock tells simulated time, POST {"advance": seconds} moves it on;
POST /_simulator/revoke ends every token; GET /_simulator/world tells the truth about this moment
(`limit` customers, 100); GET /_simulator/requests counts the requests so far by operation and
status; GET /_simulator/clients tells of each OAuth client the requests of its busiest minute and
how many were declined.
"""

import json
from collections.abc import Callable
from typing import Any, Protocol

PREFIX = "/_simulator/"


class Steered(Protocol):
    """What can be steered."""

    def faults(self) -> list[str]:
        """List the faults that hold."""

    def set_faults(self, texts: list[str]) -> None:
        """Let these faults hold and no others; ValueError where one is none."""

    def time(self) -> str:
        """Tell simulated time."""

    def advance(self, seconds: float) -> str:
        """Move simulated time on and tell it; ValueError for what is no length of time."""

    def revoke(self) -> None:
        """End every token."""

    def summary(self, limit: int) -> dict[str, Any]:
        """Return the truth about this moment."""

    def requests(self) -> dict[str, dict[str, int]]:
        """Count the requests so far, by operation and status."""

    def clients(self) -> dict[str, dict[str, int]]:
        """Return the busiest minute of each client, and how many of its requests were declined."""


def _set_faults(steered: Steered, given: Any) -> Any:
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise TypeError("faults are a JSON list of texts")
    steered.set_faults(given)
    return steered.faults()


def _clear_faults(steered: Steered, _: Any) -> Any:
    return _set_faults(steered, [])


def _advance(steered: Steered, given: Any) -> Any:
    seconds = given.get("advance") if isinstance(given, dict) else None
    if not isinstance(seconds, int | float):
        raise TypeError('the clock takes {"advance": SECONDS}')
    return {"now": steered.advance(seconds)}


def _revoke(steered: Steered, _: Any) -> Any:
    steered.revoke()
    return {}


_CALLS: dict[tuple[str, str], Callable[[Steered, Any], Any]] = {
    ("GET", "faults"): lambda steered, _: steered.faults(),
    ("POST", "faults"): _set_faults,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "clock"): lambda steered, _: {"now": steered.time()},
    ("POST", "clock"): _advance,
    ("POST", "revoke"): _revoke,
    ("GET", "requests"): lambda steered, _: steered.requests(),
    ("GET", "clients"): lambda steered, _: steered.clients(),
}


def steer(
    steered: Steered, method: str, name: str, query: dict[str, str], body: bytes
) -> tuple[int, Any]:
    """Carry out a control call and give status and JSON of its answer."""
    try:
        if (method, name) == ("GET", "world"):
            return 200, steered.summary(int(query.get("limit", "100")))
        if (method, name) not in _CALLS:
            return 404, {"message": f"no control call {method} {name}"}
        return 200, _CALLS[method, name](steered, json.loads(body or b"null"))
    except (TypeError, ValueError) as problem:
        return 400, {"message": str(problem)}

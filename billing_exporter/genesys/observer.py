"""Observer protocol: events of the client, for metrics and logs."""

from typing import Protocol


class Observer(Protocol):
    """The listener of one account's client. Called from every thread that calls the client."""

    def request(self, operation: str, status: str, seconds: float) -> None:
        """Hear of one request: its HTTP status, or `error` where no answer came."""

    def retry(self, operation: str, reason: str) -> None:
        """Hear that an operation is tried again because of an error's `reason`."""

    def rate_limit(self, allowed: int, used: int) -> None:
        """Hear how many requests a minute the API allows this token, and has counted."""

    def unexpected_field(self, operation: str, kind: str, path: str) -> None:
        """Hear that an answer had an `unknown_field` or an `unreadable_field` at a path."""


class NullObserver:
    """A listener that does nothing."""

    def request(self, operation: str, status: str, seconds: float) -> None:
        """Ignore it."""

    def retry(self, operation: str, reason: str) -> None:
        """Ignore it."""

    def rate_limit(self, allowed: int, used: int) -> None:
        """Ignore it."""

    def unexpected_field(self, operation: str, kind: str, path: str) -> None:
        """Ignore it."""

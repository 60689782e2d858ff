"""Observer of the API client: turns its events into metrics and logs each unexpected field once."""

import logging
import threading

from billing_exporter.telemetry.telemetry import Telemetry

log = logging.getLogger(__name__)

# A service with ever new keys must not fill the log.
MOST_LINES = 200
_MESSAGES = {
    "unknown_field": (logging.INFO, "the answer has a field that is not documented: %s"),
    "unreadable_field": (logging.WARNING, "the answer has a field that cannot be read: %s"),
}


class ApiObserver:
    """Listens to the client of one organization."""

    def __init__(self, telemetry: Telemetry, organization: str) -> None:
        self._telemetry = telemetry
        self._organization = organization
        self._logged: set[tuple[str, str, str]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def stop(self) -> None:
        """Count nothing from now on: a late answer must not bring back what was removed."""
        with self._lock:
            self._stopped = True

    def request(self, operation: str, status: str, seconds: float) -> None:
        """Count a request."""
        with self._lock:
            if not self._stopped:
                self._telemetry.requested(self._organization, operation, status, seconds)

    def retry(self, operation: str, reason: str) -> None:  # noqa: ARG002 - the client's protocol
        """Count another try."""
        with self._lock:
            if not self._stopped:
                self._telemetry.retried(self._organization, reason)

    def rate_limit(self, allowed: int, used: int) -> None:
        """Keep what the API said of the token's budget."""
        with self._lock:
            if not self._stopped:
                self._telemetry.limited(self._organization, allowed, used)

    def unexpected_field(self, operation: str, kind: str, path: str) -> None:
        """Count a field that is not as documented, and say it the first time."""
        with self._lock:
            if self._stopped:
                return
            self._telemetry.odd(self._organization, operation, kind)
        if self._is_new((operation, kind, path)):
            level, message = _MESSAGES[kind]
            facts = {"organization": self._organization, "operation": operation}
            log.log(level, message, path, extra=facts)

    def _is_new(self, unexpected_field: tuple[str, str, str]) -> bool:
        with self._lock:
            if unexpected_field in self._logged or len(self._logged) >= MOST_LINES:
                return False
            self._logged.add(unexpected_field)
            return True

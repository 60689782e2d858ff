"""Budget of history calls in one poll: steady progress, never in front of current periods."""

import threading
from typing import Any

from billing_exporter.collectors.base import Poll
from billing_exporter.genesys import ApiError, RateLimited, Timeout, Unauthorized

_CALLS_AN_HOUR = 1_000
_FEWEST_CALLS = 200
# After these there is no use in asking for more.
_FATAL = (Timeout, RateLimited, Unauthorized)


class Budget:
    """Counts the calls of one poll; any number of threads may ask it."""

    def __init__(self, poll: Poll[Any], interval_seconds: float) -> None:
        """Allow as many calls as keep a year of 2,000 customers within a day."""
        self._poll = poll
        self._left = max(_FEWEST_CALLS, int(interval_seconds / 3600 * _CALLS_AN_HOUR))
        self._lock = threading.Lock()

    @property
    def is_spent(self) -> bool:
        """Return whether no more calls may be made in this poll."""
        return self._left <= 0

    def take(self) -> bool:
        """Take one call; False where there is none left."""
        with self._lock:
            self._left -= 1
            return self._left >= 0

    def note(self, error: ApiError, about: str) -> None:
        """Count a failure; after some there is no use in asking for more in this poll."""
        if isinstance(error, _FATAL):
            with self._lock:
                self._left = 0
        self._poll.tolerate(error.with_traceback(None), about)

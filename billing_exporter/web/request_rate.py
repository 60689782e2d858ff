"""Rate limit of requests: a bucket of tokens that fills with time."""

import threading
import time
from collections.abc import Callable

from billing_exporter.web.protection import RequestRate


class TokenBucket:
    """Counts requests against a rate; thread-safe. A changed rate begins with a full bucket."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin without a rate.

        Args:
            monotonic: Returns seconds that never go back.
        """
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._rate: RequestRate | None = None
        self._tokens = 0.0
        self._filled = 0.0

    def take(self, rate: RequestRate | None) -> bool:
        """Return whether a request may be answered, and count it where it may."""
        if rate is None:
            return True
        with self._lock:
            now = self._monotonic()
            if rate != self._rate:
                self._rate, self._tokens = rate, float(rate.burst)
            else:
                gained = (now - self._filled) / rate.seconds
                self._tokens = min(float(rate.burst), self._tokens + gained)
            self._filled = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True

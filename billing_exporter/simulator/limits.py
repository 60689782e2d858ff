"""The rate limit: so many requests a minute for each token.

Documented: 300 a minute, the three inin-ratelimit headers, Retry-After and the 429's code.
Invented: that the minute rolls, and that a declined request does not count.
"""

import math
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from billing_exporter.simulator.answers import too_many_requests

_WINDOW = 60.0
_UNLIMITED = 1_000_000  # what the header says where there is no limit


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a token stands: requests counted, allowed, seconds until the oldest falls out."""

    count: int
    allowed: int
    reset: int
    declined: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """Write the headers that every answer carries."""
        return {
            "inin-ratelimit-count": str(self.count),
            "inin-ratelimit-allowed": str(self.allowed),
            "inin-ratelimit-reset": str(self.reset),
        }


class Limiter:
    """Counts requests by token over the last 60 real seconds; 0 allowed means any number."""

    def __init__(self, allowed: int, real: Callable[[], float]) -> None:
        """Allow so many requests a minute, by a monotonic clock."""
        self._allowed, self._real = allowed or _UNLIMITED, real
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def fresh(self) -> Standing:
        """Tell the standing of somebody who has no token."""
        return Standing(0, self._allowed, int(_WINDOW))

    def check(self, standing: Standing) -> None:
        """Do nothing for a request that was counted.

        Raises:
            RefusedError: 429, it was declined.
        """
        if standing.declined:
            raise too_many_requests(standing.reset, self._allowed)

    def count(self, token: str) -> Standing:
        """Count a request of a token, or decline it."""
        now = self._real()
        with self._lock:
            times = self._times[token]
            while times and times[0] <= now - _WINDOW:
                times.popleft()
            declined = len(times) >= self._allowed
            if not declined:
                times.append(now)
            reset = max(1, math.ceil(times[0] + _WINDOW - now))
            return Standing(len(times), self._allowed, reset, declined)

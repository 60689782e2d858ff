"""The rate limit: so many requests a minute for each OAuth client.

Documented: 300 a minute, the three inin-ratelimit headers, Retry-After and the 429's code.
Invented: that the minute rolls, that a declined request does not count, and that all tokens of a
client share its minute. The documents speak of the token of a client; this is the stricter reading.
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


@dataclass(frozen=True, slots=True)
class Load:
    """What a client has asked of the API: its busiest minute, and requests beyond the limit."""

    most: int = 0
    declined: int = 0


class Limiter:
    """Counts requests by client over the last 60 real seconds; 0 allowed means any number."""

    def __init__(self, allowed: int, real: Callable[[], float]) -> None:
        """Allow so many requests a minute, by a monotonic clock."""
        self._allowed, self._real = allowed or _UNLIMITED, real
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)
        self._loads: defaultdict[str, Load] = defaultdict(Load)
        self._lock = threading.Lock()

    def fresh(self) -> Standing:
        """Return the standing of somebody who is not known."""
        return Standing(0, self._allowed, int(_WINDOW))

    def check(self, standing: Standing) -> None:
        """Do nothing for a request that was counted.

        Raises:
            RefusedError: 429, it was declined.
        """
        if standing.declined:
            raise too_many_requests(standing.reset, self._allowed)

    def loads(self) -> dict[str, Load]:
        """Return what each client has asked so far."""
        with self._lock:
            return dict(self._loads)

    def count(self, client: str) -> Standing:
        """Count a request of a client, or decline it."""
        now = self._real()
        with self._lock:
            times = self._times[client]
            while times and times[0] <= now - _WINDOW:
                times.popleft()
            declined = len(times) >= self._allowed
            if not declined:
                times.append(now)
            load = self._loads[client]
            self._loads[client] = Load(max(load.most, len(times)), load.declined + declined)
            reset = max(1, math.ceil(times[0] + _WINDOW - now))
            return Standing(len(times), self._allowed, reset, declined)

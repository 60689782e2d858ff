"""Pacing of a sweep over all trustors, beside the API's limit.

Simulated: a moment of the sweep costs nothing, so that half an hour passes in a second.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from billing_exporter.genesys.rate_limit import Schedule
from tools.bench.report import Aim, Finding
from tools.bench.scale import Scale

LIMIT, MINUTE = 300, 60.0
ROUND_TRIP = 0.15  # seconds
SWEEPERS = 16
OTHER_EVERY = 30.0  # seconds between the requests of another collector
_OTHER = SWEEPERS
_PENALTY = 5.0  # seconds that a refused request has to wait


@dataclass
class Bucket:
    """A limit that refills evenly, with room for a whole minute's requests."""

    tokens: float = LIMIT
    at: float = 0.0

    def admits(self, now: float) -> bool:
        """Count a request; say whether it is within the limit."""
        self.tokens = min(LIMIT, self.tokens + (now - self.at) * LIMIT / MINUTE)
        self.at = now
        admitted = self.tokens >= 1
        self.tokens -= admitted
        return admitted


@dataclass
class Window:
    """A limit of so many requests in any minute."""

    sent: deque[float] = field(default_factory=deque)

    def admits(self, now: float) -> bool:
        """Count a request; say whether it is within the limit."""
        while self.sent and self.sent[0] <= now - MINUTE:
            self.sent.popleft()
        admitted = len(self.sent) < LIMIT
        if admitted:
            self.sent.append(now)
        return admitted


@dataclass(frozen=True)
class Sweep:
    """How a sweep went.

    Attributes:
        seconds: from its beginning to its end.
        sent: all requests meanwhile.
        refused: those of them that met the limit.
        longest_wait: seconds that another collector waited at most.
    """

    seconds: float
    sent: int
    refused: int
    longest_wait: float


def sweep(trustors: int, admits: Callable[[float], bool]) -> Sweep:
    """Let sixteen threads read all trustors, while another collector asks now and then."""
    schedule = Schedule()
    # Who asks next: the moment it is ready, and which thread it is.
    ready = [(0.0, thread) for thread in range(SWEEPERS)] + [(OTHER_EVERY, _OTHER)]
    heapq.heapify(ready)
    now, sent, refused, longest, left = 0.0, 0, 0, 0.0, trustors
    while left:
        sent += 1
        asked, thread = heapq.heappop(ready)
        now = _departure(schedule, max(now, asked))
        if not admits(now + ROUND_TRIP / 2):
            refused += 1
            schedule.hold(_PENALTY, now + ROUND_TRIP)
            heapq.heappush(ready, (now + ROUND_TRIP, thread))
        elif thread == _OTHER:
            longest = max(longest, now - asked)
            heapq.heappush(ready, (now + OTHER_EVERY, thread))
        else:
            left -= 1
            heapq.heappush(ready, (now + ROUND_TRIP, thread))
    return Sweep(now + ROUND_TRIP, sent, refused, longest)


def _departure(schedule: Schedule, now: float) -> float:
    while (moment := schedule.next_at(now)) > now:
        now = moment
    schedule.record(now)
    return now


def findings(scale: Scale) -> Iterator[Finding]:
    """Simulate a sweep against each kind of limit."""
    for name, limit in (("bucket", Bucket()), ("window", Window())):
        what = f"sweep of {scale.trustors:,} trustors against a {name}"
        result = sweep(scale.trustors, limit.admits)
        bound = result.sent * MINUTE / LIMIT
        yield Finding(what, "s", result.seconds, "the limit", bound, Aim(ratio=1.01))
        yield Finding(f"{what}: refused", "requests", result.refused, aim=Aim(value=0))
        wait = f"{what}: longest wait of another collector"
        yield Finding(wait, "s", result.longest_wait, aim=Aim(value=10))

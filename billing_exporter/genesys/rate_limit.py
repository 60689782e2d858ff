"""Rate limit of one token: requests are paced, first come first served.

The API allows a token so many requests a minute, 300 unless its headers say otherwise. Two rules
give each request its moment: never more than the limit within a minute, and once a burst of 40 is
spent, the rest evenly over what is left of the minute. So a small job is quick, a long sweep runs
at the limit without ever meeting it, and who comes while it runs waits seconds, not minutes.

The limit is the token's, and others may use the same OAuth client: where the API has counted more
than we have sent and little is left, or it refuses a request, all wait.
"""

import re
import threading
from collections import deque
from collections.abc import Mapping
from typing import Self

from msgspec import Struct

from billing_exporter.genesys.clock import Clock, Deadline

_LIMIT = 300
_WINDOW = 60 * 1.005  # seconds; a little more than the API's, for requests travel unevenly
_BURST = 40
_LONGEST_HOLD = 120.0  # seconds
_FOREIGN_SHARE = 0.05  # of the limit: below it, a difference of counts is requests under way
_NEARLY_ALL = 0.98  # of the limit
_COUNT = re.compile("[0-9]{1,9}")


class Allowance(Struct, frozen=True):
    """What an answer's headers say about the token's minute.

    Attributes:
        allowed: Requests a minute.
        used: Requests counted in the minute under way.
        reset: Seconds until that minute is over.
    """

    allowed: int
    used: int
    reset: float

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Self | None:
        """Read the headers; None where one is missing or no number that makes sense."""
        names = ("inin-ratelimit-allowed", "inin-ratelimit-count", "inin-ratelimit-reset")
        given = [headers.get(name, "") for name in names]
        if not all(_COUNT.fullmatch(each) for each in given):
            return None
        allowed, used, reset = map(int, given)
        return cls(allowed, used, reset) if allowed else None


class Schedule:
    """When the next request may leave: the two rules and the corrections, without any waiting."""

    def __init__(self) -> None:
        """Start with an unused minute."""
        self._limit = _LIMIT
        self._held_until = float("-inf")
        self._sent: deque[float] = deque()

    def next_at(self, now: float) -> float:
        """Return the moment at which the next request may leave, `now` or later."""
        self._forget(now)
        moment = max(now, self._held_until)
        left = self._limit - len(self._sent)
        if left <= 0:
            moment = max(moment, self._sent[-self._limit] + _WINDOW)
        if len(self._sent) >= min(_BURST, self._limit):
            moment = max(moment, self._sent[-1] + self._spacing(left))
        return moment

    def record(self, now: float) -> None:
        """Note that a request leaves now."""
        self._sent.append(now)

    def learn(self, allowance: Allowance, now: float) -> None:
        """Take the limit over, and hold all requests where others have used up the minute."""
        self._limit = allowance.allowed
        self._forget(now)
        foreign = allowance.used - len(self._sent)
        if (
            foreign > _FOREIGN_SHARE * allowance.allowed
            and allowance.used >= _NEARLY_ALL * allowance.allowed
        ):
            self.hold(allowance.reset, now)

    def hold(self, seconds: float, now: float) -> None:
        """Let no request leave for that long, two minutes at most."""
        self._held_until = max(self._held_until, now + min(seconds, _LONGEST_HOLD))

    def _spacing(self, left: int) -> float:
        even = _WINDOW / self._limit
        if left <= 0:
            return even
        return max(even, (self._sent[0] + _WINDOW - self._sent[-1]) / left)

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0] <= now - _WINDOW:
            self._sent.popleft()


class Pacer:
    """The gate that every request of one token passes, in order of arrival."""

    def __init__(self, clock: Clock) -> None:
        """Open the gate."""
        self._clock = clock
        self._schedule = Schedule()
        self._queue: deque[object] = deque()
        self._turn = threading.Condition()  # guards the schedule and the queue

    def take(self, deadline: Deadline) -> None:
        """Wait for the moment at which a request may leave, and count it.

        Raises:
            Timeout: That moment comes after the poll's deadline.
            Unreachable: It comes after the operation's.
            Interrupted: The program is stopping.
        """
        ticket = object()
        with self._turn:
            self._queue.append(ticket)
        try:
            with self._turn:
                while not self._turn.wait_for(lambda: self._queue[0] is ticket, deadline.check()):
                    pass
            # A hold can come while one waits, so the wait is asked for again after it.
            while (wait := self._next_wait(deadline)) > 0:
                self._clock.wait(wait)
        finally:
            with self._turn:
                self._queue.remove(ticket)
                self._turn.notify_all()

    def learn(self, allowance: Allowance) -> None:
        """Take over what an answer's headers say."""
        with self._turn:
            self._schedule.learn(allowance, self._clock.monotonic())

    def hold(self, seconds: float) -> None:
        """Let nobody pass for that long, two minutes at most."""
        with self._turn:
            self._schedule.hold(seconds, self._clock.monotonic())

    def _next_wait(self, deadline: Deadline) -> float:
        with self._turn:
            now = self._clock.monotonic()
            wait = max(0.0, self._schedule.next_at(now) - now)
            deadline.check(wait)
            if not wait:
                self._schedule.record(now)
            return wait

"""Time as the client sees it: a clock that tests can replace, and deadlines."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from billing_exporter.genesys.errors import ApiError, Interrupted, Timeout, Unreachable

LATE = "no complete answer before the operation's deadline"
_OUT_OF_TIME = "the poll's timeout is over before everything was answered"


class Clock(Protocol):
    """What the client asks of time."""

    def monotonic(self) -> float:
        """Return seconds that never go backwards, from an arbitrary start."""

    def wall(self) -> float:
        """Return seconds since the Unix epoch."""

    def wait(self, seconds: float) -> None:
        """Wait that long; zero and less only ask whether to stop.

        Raises:
            Interrupted: The program is stopping.
        """


class SystemClock:
    """The machine's clock, whose waits end when `stop` is set."""

    def __init__(self, stop: threading.Event) -> None:
        """Take the event that ends every wait."""
        self._stop = stop

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()

    def wall(self) -> float:
        """Return the machine's seconds since the Unix epoch."""
        return time.time()

    def wait(self, seconds: float) -> None:
        """Wait that long, or until `stop` is set.

        Raises:
            Interrupted: `stop` is set.
        """
        if self._stop.wait(seconds) if seconds > 0 else self._stop.is_set():
            raise Interrupted


class Deadline:
    """The moment by which an operation must be over, with all its tries and waits."""

    def __init__(
        self,
        clock: Clock,
        seconds: float,
        poll: "Deadline | None" = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Start counting now.

        Args:
            clock: The time.
            seconds: How long it may take.
            poll: The deadline of the poll that asks, which ends the operation too.
            cancelled: Returns True once nobody wants the result any more.
        """
        self._clock = clock
        self._end = clock.monotonic() + seconds
        self._poll = poll
        self._cancelled = cancelled

    def is_cancelled(self) -> bool:
        """Return True once nobody wants the result any more; any thread may ask."""
        return self._cancelled() or (self._poll is not None and self._poll.is_cancelled())

    def left(self) -> float:
        """Return the seconds left, negative once it has passed."""
        left = self._end - self._clock.monotonic()
        return left if self._poll is None else min(left, self._poll.left())

    def check(self, wait: float = 0) -> float:
        """Return the seconds left, of which some would be left after a wait.

        Raises:
            Timeout: Nothing would be left of the poll's time.
            Unreachable: Nothing would be left of the operation's.
            Interrupted: Nobody wants the result any more.
        """
        if self.is_cancelled():
            raise Interrupted
        if self._poll is not None and self._poll.left() <= wait:
            raise Timeout(_OUT_OF_TIME)
        left = self.left()
        if left <= wait:
            raise Unreachable(LATE)
        return left

    def cause(self, error: ApiError) -> ApiError:
        """Return why an operation failed: an answer that the poll no longer waited for is late."""
        if isinstance(error, Unreachable) and self._poll is not None and self._poll.left() <= 0:
            return Timeout(_OUT_OF_TIME, operation=error.operation)
        return error

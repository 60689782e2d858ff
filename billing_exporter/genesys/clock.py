"""Time as the client sees it: three questions, so that tests can answer them without waiting."""

import threading
import time
from typing import Protocol

from billing_exporter.genesys.errors import Interrupted


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

    def __init__(self, clock: Clock, seconds: float) -> None:
        """Start counting now."""
        self._clock = clock
        self._end = clock.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left, negative once it has passed."""
        return self._end - self._clock.monotonic()

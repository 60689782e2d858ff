"""Simulated time: real time, faster, with leaps on demand."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta


class Clock:
    """Tells simulated time from a monotonic clock."""

    def __init__(
        self, start: datetime, scale: float, real: Callable[[], float] = time.monotonic
    ) -> None:
        """Start at a moment (with its time zone), at so many simulated seconds a real one."""
        self._start, self._scale, self._real = start, scale, real
        self._begun = real()
        self._leapt = timedelta(0)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the simulated time."""
        passed = timedelta(seconds=(self._real() - self._begun) * self._scale)
        return self._start + passed + self._leapt

    def advance(self, seconds: float) -> datetime:
        """Leap forward by simulated seconds and tell the time.

        Raises:
            ValueError: a world never goes back.
        """
        if not 0 <= seconds <= timedelta(days=3650).total_seconds():
            raise ValueError("advance takes seconds from 0 to ten years")
        with self._lock:
            self._leapt += timedelta(seconds=seconds)
        return self.now()

"""Spread of requests that are in no hurry: evenly spaced moments, so that others pass between."""

import threading

from billing_exporter.genesys.clock import Clock


class Spread:
    """Gives each that asks the next moment. Thread-safe."""

    def __init__(self, clock: Clock, spacing: float) -> None:
        """Begin now.

        Args:
            clock: the time.
            spacing: seconds between two moments; 0 for no waits.
        """
        self._clock = clock
        self._spacing = spacing
        self._lock = threading.Lock()
        self._next = clock.monotonic()

    def wait(self) -> None:
        """Wait for the next moment.

        Raises:
            Interrupted: the program is stopping.
        """
        with self._lock:
            now = self._clock.monotonic()
            moment = max(self._next, now)
            self._next = moment + self._spacing
        if moment > now:
            self._clock.wait(moment - now)

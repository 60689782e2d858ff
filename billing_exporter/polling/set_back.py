"""Clock that logs, once each time, that the machine's time was set back."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

log = logging.getLogger(__name__)

# Less is what a time server corrects.
_NOTED = timedelta(hours=1)


class WatchedClock:
    """Returns the time, and logs when it is far earlier than before. Thread-safe.

    Args:
        now: returns the time.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._newest: datetime | None = None
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        """Return the time."""
        with self._lock:
            now, newest = self._now(), self._newest
            if newest is not None and newest - now < _NOTED:
                self._newest = max(now, newest)
                return now
            self._newest = now
        if newest is not None:
            log.warning(
                "The clock was set back from %s to %s. Daily totals, closed periods and forecasts "
                "of days that lie ahead are read again. Check the time of this machine.",
                newest.isoformat(timespec="seconds"),
                now.isoformat(timespec="seconds"),
            )
        return now

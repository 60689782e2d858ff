"""Timing of one poller: the poll under way, its progress, and when the next one is due.

All of it is real time: the clock of readings may be a simulator's, which runs fast.
"""

from time import monotonic


class Timing:
    """Knows when a poll began and when the next one is due.

    Attributes:
        progress: how many of how many things the poll under way has read, if that is known.
    """

    def __init__(self) -> None:
        self.progress: tuple[int, int] | None = None
        self._began: float | None = None
        self._due: float | None = None

    @property
    def is_polling(self) -> bool:
        """Whether a poll is under way, or waits for its turn."""
        return self._began is not None

    def begin(self) -> None:
        """Note that a poll begins."""
        self._began = monotonic()

    def end(self) -> None:
        """Note that the poll has ended."""
        self._began = self._due = self.progress = None

    def expect(self, wait: float) -> None:
        """Note in how many seconds the next poll is due."""
        self._due = monotonic() + wait

    def seconds_to_next(self) -> float | None:
        """Return the seconds until the next poll; None while one is under way, or none planned."""
        due = self._due
        return None if due is None or self.is_polling else max(0.0, due - monotonic())

    def overdue(self, timeout: float) -> float:
        """Return by how many seconds the poll under way exceeds its timeout, or the next is late.

        A poll that waits for its turn is under way.
        """
        began, due, now = self._began, self._due, monotonic()
        if began is not None:
            return max(0.0, now - began - timeout)
        return 0.0 if due is None else max(0.0, now - due)

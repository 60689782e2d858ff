"""The state of one poller: what is known about one collector of one organization."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, Self

from billing_exporter.polling.reading import Reading

SUCCESS = "success"


class Kept(NamedTuple):
    """What is saved of a collector, also of a poll that has not ended.

    Attributes:
        at: when the poll began, UTC.
        data: what it fetched, as the collector's own record.
        succeeded: when the last poll began that succeeded; None where none has.
    """

    at: datetime
    data: Any
    succeeded: datetime | None


@dataclass(frozen=True)
class State:
    """What is known about one collector of one organization.

    Attributes:
        restored: whether a reading from before the start is all that there is.
        outcome: ``success``, the reason of the last failure, or None before the first outcome.
        failures: how many polls have failed since the last good one.
        succeeded: when the last poll began that succeeded.
        reading: what was last read, None before that or after ``max_age``.
        attempted: when the last poll began.
        next_poll: when the next one is due, as the loop reported it.
        seconds: how long the last poll took.
        retry_after: what the API asked to wait, seconds.
        error: the sentence of the last failure; empty after a success.
    """

    outcome: str | None = None
    failures: int = 0
    succeeded: datetime | None = None
    reading: Reading | None = None
    attempted: datetime | None = None
    next_poll: datetime | None = None
    seconds: float | None = None
    retry_after: float = 0
    error: str = ""
    restored: bool = False

    @property
    def is_waiting(self) -> bool:
        """Whether no poll has ended yet, and no restored reading is shown."""
        return self.outcome is None and not (self.restored and self.reading is not None)

    def begin(self, at: datetime) -> Self:
        """Return the state after a poll has begun."""
        return replace(self, attempted=at)

    def show(self, reading: Reading | None) -> Self:
        """Return the state with another reading, or none, whatever polls do."""
        return replace(self, reading=reading)

    def succeed(self, reading: Reading) -> Self:
        """Return the state after a poll has succeeded."""
        return replace(
            self,
            outcome=SUCCESS,
            succeeded=reading.at,
            failures=0,
            reading=reading,
            retry_after=0,
            error="",
        )

    def fail(self, reason: str, error: str, retry_after: float) -> Self:
        """Return the state after a poll has failed: the last good reading stays."""
        return replace(
            self,
            outcome=reason,
            error=error,
            failures=self.failures + 1,
            retry_after=retry_after,
        )

    def end(self, seconds: float) -> Self:
        """Return the state after a poll that took so long, however it ended."""
        return replace(self, seconds=seconds)

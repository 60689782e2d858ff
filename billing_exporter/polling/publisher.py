"""The publisher of one target: its series, and the metrics about its polls.

A poller that was stopped may still be fetching. Whatever it learns then must not be shown, so the
poller publishes only while its publisher is open.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from billing_exporter.genesys import Interrupted
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.metrics.pieces import Piece
from billing_exporter.polling.reading import Reading
from billing_exporter.polling.state import State
from billing_exporter.polling.target import Target
from billing_exporter.telemetry.telemetry import Telemetry


class Publisher:
    """Publishes the readings of one target until it is stopped."""

    def __init__(self, target: Target, exposition: Exposition, telemetry: Telemetry) -> None:
        self._target = target
        self._where = target.where
        self._exposition = exposition
        self._telemetry = telemetry
        self._lock = threading.Lock()
        self._stopped = False

    @property
    def is_stopped(self) -> bool:
        """Whether nothing may be published any more."""
        return self._stopped

    @contextmanager
    def unless_stopped(self) -> Iterator[bool]:
        """Hold off `stop`; give whether it may be published."""
        with self._lock:
            yield not self._stopped

    @contextmanager
    def while_open(self) -> Iterator[None]:
        """Hold off `stop`.

        Raises:
            Interrupted: it was stopped.
        """
        with self._lock:
            if self._stopped:
                raise Interrupted
            yield

    def stop(self) -> None:
        """Publish nothing from now on."""
        with self._lock:
            self._stopped = True

    def remove(self) -> None:
        """Remove the series of the target, and those about its polls."""
        self._clear()
        self._telemetry.remove(*self._target.key)

    def expire(self) -> None:
        """Remove the series of the target; those about its polls stay."""
        self._clear()
        self._telemetry.expired(**self._where)

    def configure(self) -> None:
        """Show what the configuration says of the target."""
        seconds = self._target.settings.interval.seconds
        self._telemetry.interval(**self._where, seconds=seconds)
        self._telemetry.listed(**self._where, listed=self._target.listed)

    def waiting(self, state: State) -> None:
        """Show whether there is neither an outcome nor a restored reading."""
        self._telemetry.waiting(**self._where, waiting=state.is_waiting)

    def attempted(self, at: datetime) -> None:
        """Show that a poll has begun."""
        self._telemetry.attempted(**self._where, at=at)

    def remaining(self, count: int) -> None:
        """Show how much a poll has still to read."""
        self._telemetry.remaining(**self._where, count=count)

    def tolerated(self, reason: str) -> None:
        """Count the failure of one thing among many."""
        self._telemetry.tolerated(**self._where, reason=reason)

    def expose(self, step: Reading) -> None:
        """Show the lines that are new in a step of a reading."""
        where = self._target.collector.name, self._target.organization
        if step.changed or step.removed:
            self._exposition.update(*where, step.changed, step.removed)

    def pieces(self) -> tuple[Piece, ...]:
        """Return all lines that are shown, as they are kept."""
        return self._exposition.saved(self._target.collector.name, self._target.organization)

    def restore(self, pieces: Iterable[Piece]) -> None:
        """Show lines that were kept.

        Raises:
            ValueError: they do not belong together; nothing is shown.
        """
        where = self._target.collector.name, self._target.organization
        self._exposition.restore(*where, pieces)

    def update(self, reading: Reading) -> None:
        """Report what is shown in the middle of a poll; no poll has succeeded by it."""
        self._telemetry.updated(
            **self._where,
            series=reading.series,
            left_out=reading.left_out,
            labels_cut=reading.labels_cut,
        )

    def show(self, reading: Reading, succeeded: datetime | None, *, restored: bool = False) -> None:
        """Report what is shown of a poll that has ended, or from before a restart."""
        self._telemetry.shown(
            **self._where,
            at=succeeded,
            series=reading.series,
            left_out=reading.left_out,
            labels_cut=reading.labels_cut,
            dropped=reading.dropped,
            merged=reading.merged,
            restored=restored,
        )

    def polled(self, state: State) -> None:
        """Show how a poll has ended."""
        seconds = state.seconds or 0.0
        self._telemetry.polled(**self._where, outcome=str(state.outcome), seconds=seconds)
        self.remaining(0)
        self.waiting(state)

    def _clear(self) -> None:
        self._exposition.publish(self._target.collector.name, self._target.organization, {})

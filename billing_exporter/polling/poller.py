"""The poller of one organization and collector: fetches, publishes, and keeps account of it.

A failed poll leaves the last good reading in place, and is itself a metric. After ``max_age`` the
reading ends, for old numbers must not pass as new ones.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from traceback import clear_frames
from typing import Any, Protocol

from billing_exporter.collectors import Collector, Poll
from billing_exporter.collectors.ledger import NO_LEDGER, Ledger
from billing_exporter.collectors.settings import CollectorSettings
from billing_exporter.genesys import ApiError, BillingApi, Interrupted, RateLimited
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.polling.reading import Reading, read
from billing_exporter.polling.state import Kept, State
from billing_exporter.telemetry.telemetry import Telemetry

log = logging.getLogger(__name__)

SUCCESS = "success"
# What a poll reads is shown in batches; the rest after one is in proportion to what it cost.
BATCH_SECONDS = 1.0
BATCH_REST = 9
# In the middle of a poll what was read is saved so often; every so many series add as much.
SAVE_SECONDS = 4.0
SAVE_SERIES = 500_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Target:
    """What one loop polls.

    Attributes:
        listed: whether the configuration names the collector; one that merely runs by default may
            lack its permission without that being news.
    """

    organization: str
    collector: Collector[Any, Any]
    settings: CollectorSettings
    api: BillingApi
    listed: bool

    def is_like(self, other: "Target") -> bool:
        """Return whether polling the other would be the same."""
        return (self.settings, self.api, self.listed) == (other.settings, other.api, other.listed)


class Keep(Protocol):
    """Keeps the readings of one target over restarts."""

    def save(self, organization: str, collector: str, kept: Kept) -> None:
        """Keep what a poll has fetched; never waits, and handles its own failures."""

    def restore(self, organization: str, collector: str, kind: type[Any]) -> Kept | None:
        """Return what was kept last, if anything."""


class Poller:
    """Polls one target: fetches, publishes, and keeps account of it."""

    def __init__(
        self,
        target: Target,
        exposition: Exposition,
        telemetry: Telemetry,
        *,
        now: Callable[[], datetime],
        progress: Progress | None = None,
        keep: Keep | None = None,
        ledger: Ledger = NO_LEDGER,
    ) -> None:
        self.target = target
        self.state = State()
        self._keep = keep
        self._ledger = ledger
        self._retired = False
        self._began: float | None = None  # monotonic, of the poll under way
        self._due: float | None = None  # monotonic, of the next one
        self._fits = True
        self._publishing = threading.Lock()
        self._turn = threading.Lock()
        self._exposition = exposition
        self._telemetry = telemetry
        self._now = now
        self._progress = progress
        self._max_age = target.settings.max_age.time
        self._interval = target.settings.interval.time
        self._where = {
            "organization": target.organization,
            "collector": target.collector.name,
        }
        self._next_batch = self._next_save = 0.0
        self._tell_interval()
        self._tell_waiting()

    @property
    def key(self) -> tuple[str, str]:
        """The names of organization and collector."""
        return self.target.organization, self.target.collector.name

    def restore(self) -> None:
        """Show at once what was kept before a restart, unless it is too old."""
        kept = self._keep.restore(*self.key, self.target.collector.data) if self._keep else None
        if kept is None:
            return
        at, data, succeeded = kept
        try:
            reading = self._read(self.target.collector.fresh(data, self._now()), at, None)
            self._show(reading, succeeded, restored=True)
            self.state = State(
                reading=replace(reading, changed={}),
                # A poll that had not ended is done again at once.
                next_poll=at + self._interval if at == succeeded else None,
                succeeded=succeeded,
                restored=succeeded is not None,
            )
        except Exception:
            # Who can write the file can give it any content under a right checksum.
            log.exception("the kept reading cannot be shown", extra=self._where)
            self.withdraw()
            self._tell_interval()
            self._tell_waiting()
            return
        self._tell_waiting()
        self._ledger.published()
        log.info("showing the kept reading", extra={**self._where, "series": reading.series})
        self.expire()

    def take_over(self, before: "Poller", *, fits: bool) -> None:
        """Go on from the state of a poller whose place this one takes, once its poll has ended.

        Args:
            before: the other.
            fits: whether what it fetched is what this one would have; else it is only shown.
        """
        self.state = before.state
        self._turn = before._turn  # noqa: SLF001 - of the same class
        self._fits = fits
        self._tell_waiting()

    def due_in(self) -> float:
        """Return the seconds until a restored reading should be polled again."""
        due = self.state.next_poll
        if due is None or self.state.outcome is not None:
            return 0
        return min((due - self._now()).total_seconds(), self._interval.total_seconds())

    def retire(self) -> None:
        """Publish nothing from now on, not even what is being fetched."""
        with self._publishing:
            self._retired = True

    def withdraw(self) -> None:
        """Show nothing of the target any more."""
        self._exposition.publish(self.target.collector.name, self.target.organization, {})
        self._telemetry.forget(*self.key)

    def _tell_interval(self) -> None:
        self._telemetry.interval(**self._where, seconds=self._interval.total_seconds())
        self._telemetry.listed(**self._where, listed=self.target.listed)

    def _tell_waiting(self) -> None:
        self._telemetry.waiting(**self._where, waiting=self.state.is_waiting)

    def poll(self) -> State:
        """Poll once; every failure becomes part of the state.

        Who polls the same target, before or after a change of settings, waits meanwhile.

        Raises:
            Interrupted: the program stops, or another poller has taken the place of this one.
        """
        self._began = monotonic()
        try:
            with self._turn:
                return self._polled()
        finally:
            self._began = self._due = None

    def overdue(self) -> float:
        """Return by how many seconds the poll under way exceeds its timeout, or the next is late.

        A poll that waits for its turn is under way.
        """
        began, due, now = self._began, self._due, monotonic()
        if began is not None:
            return max(0.0, now - began - self.target.settings.timeout.seconds)
        return 0.0 if due is None else max(0.0, now - due)

    def _polled(self) -> State:
        at, start = self._now(), monotonic()
        with self._unless_retired():
            self._telemetry.attempted(**self._where, at=at)
            self.state = replace(self.state, attempted=at)
        try:
            conclude = partial(self._publish, self._fetched(at))
        except Interrupted:
            raise
        except ApiError as error:
            conclude = partial(self._failed, error.reason, error)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the loop
            conclude = partial(self._failed, "crashed", error)
        with self._unless_retired():
            conclude()
            del conclude  # it may hold an error, which holds this frame
            took = monotonic() - start
            self.state = replace(self.state, seconds=took)
            self._telemetry.polled(**self._where, outcome=str(self.state.outcome), seconds=took)
            self._telemetry.remaining(**self._where, count=0)
            self._tell_waiting()
        self.expire()
        return self.state

    def expire(self) -> None:
        """End what is shown where it is older than ``max_age``: details, or the whole reading."""
        with self._publishing:
            reading = self.state.reading
            if self._retired or reading is None:
                return
            if self._now() - reading.at <= self._max_age:
                data = self.target.collector.fresh(reading.data, self._now())
                if data is not reading.data:
                    self._update(data, reading.at)
                    log.warning("details are older than max_age and end", extra=self._where)
                return
            self._exposition.publish(self.target.collector.name, self.target.organization, {})
            self._telemetry.withdrawn(**self._where)
            self.state = replace(self.state, reading=None)
        log.warning("the last good reading is older than max_age and ends", extra=self._where)

    def expect(self, wait: float) -> None:
        """Note in how many seconds the next poll is due."""
        self._due = monotonic() + wait
        self.state = replace(self.state, next_poll=self._now() + timedelta(seconds=wait))

    def _fetched(self, at: datetime) -> Reading:
        collector, last = self.target.collector, self.state.reading

        def progress(done: int, total: int) -> None:
            with self._unless_retired():
                self._telemetry.remaining(**self._where, count=total - done)
            if self._progress is not None:
                self._progress(done, total)

        previous = last.data if last is not None and self._fits else None
        timeout = self.target.settings.timeout.seconds
        poll = Poll(
            api=self.target.api.within(timeout, cancelled=lambda: self._retired),
            now=at,
            previous=previous,
            progress=progress,
            tolerate=self._tolerate,
            publish=partial(self._publish_part, at),
            offer=partial(self._offer, at),
            ledger=self._ledger,
        )
        self._next_batch = monotonic()
        data = collector.fetch(poll)
        return self._read(data, at, self.state.reading)

    def _read(self, data: Any, at: datetime, last: Reading | None) -> Reading:
        limit = self.target.settings.max_series
        reading = read(self.target.collector, self.target.organization, data, at, last, limit=limit)
        if reading.left_out and (last is None or last.left_out != reading.left_out):
            facts = {**self._where, "left_out": reading.left_out, "max_series": limit}
            log.warning("more series than max_series: some are left out", extra=facts)
        return reading

    def _show(
        self, reading: Reading, succeeded: datetime | None, *, restored: bool = False
    ) -> None:
        self._expose(reading)
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

    def _offer(self, at: datetime, data: Callable[[], Any]) -> None:
        """Show what a poll has read so far, if a batch is due.

        What another configuration fetched is shown until the poll has ended.
        """
        start = monotonic()
        if self._fits and start >= self._next_batch:
            with self._unless_retired():
                reading = self._update(data(), at)
                if start >= self._next_save:
                    self._save(reading, self.state.succeeded)
                    # What is saved is the whole, and the more there is the more it costs.
                    self._next_save = start + SAVE_SECONDS * (1 + reading.series / SAVE_SERIES)
            end = monotonic()
            self._next_batch = end + max(BATCH_SECONDS, BATCH_REST * (end - start))

    def _publish_part(self, at: datetime, data: Any) -> None:
        """Show what a poll has read so far."""
        with self._unless_retired():
            self._fits = True
            self._save(self._update(data, at), self.state.succeeded)

    def _save(self, reading: Reading, succeeded: datetime | None) -> None:
        if self._keep is not None:
            self._keep.save(*self.key, Kept(reading.at, reading.data, succeeded))

    def _update(self, data: Any, at: datetime) -> Reading:
        """Show other data; no poll has succeeded by it."""
        reading = self._read(data, at, self.state.reading)
        self._expose(reading)
        self._telemetry.updated(
            **self._where,
            series=reading.series,
            left_out=reading.left_out,
            labels_cut=reading.labels_cut,
        )
        reading = replace(reading, changed={})
        self.state = replace(self.state, reading=reading)
        return reading

    def _expose(self, reading: Reading) -> None:
        where = self.target.collector.name, self.target.organization
        self._exposition.update(*where, reading.changed, reading.removed)

    def _publish(self, reading: Reading) -> None:
        self._fits = True
        self._show(reading, reading.at)
        self._save(reading, reading.at)
        if self.state.outcome not in {None, SUCCESS}:
            log.info("poll succeeds again", extra=self._where)
        self.state = replace(
            self.state,
            outcome=SUCCESS,
            succeeded=reading.at,
            failures=0,
            reading=replace(reading, changed={}),
            retry_after=0,
        )
        self._ledger.published()
        log.info("polled", extra={**self._where, "series": reading.series})

    def _failed(self, reason: str, error: Exception) -> None:
        # What concerns a whole organization is one line, not one for each collector.
        repeated = isinstance(error, ApiError) and error.repeated
        news = reason != self.state.outcome and not repeated
        quiet = reason == "forbidden" and not self.target.listed
        level = logging.WARNING if news and not quiet else logging.INFO if news else logging.DEBUG
        facts = {**self._where, "reason": reason, **_facts(error)}
        if reason == "crashed":
            log.error("poll failed by a fault of the exporter", extra=facts, exc_info=error)
        else:
            log.log(level, "poll failed: %s", error, extra=facts)
        wait = error.retry_after if isinstance(error, RateLimited) else None
        self.state = replace(
            self.state,
            outcome=reason,
            failures=self.state.failures + 1,
            retry_after=wait or 0,
        )
        # They hold answers that may be large, and where one holds its own error too, nothing but
        # the garbage collector would free them, which looks at old objects rarely.
        clear_frames(error.__traceback__)

    def _tolerate(self, error: ApiError, about: str) -> None:
        """Count and log the failure of one thing among many."""
        with self._unless_retired():
            self._telemetry.tolerated(**self._where, reason=error.reason)
        facts = {**self._where, "reason": error.reason, "about": about, **_facts(error)}
        log.warning("left out: %s", error, extra=facts)

    @contextmanager
    def _unless_retired(self) -> Iterator[None]:
        """Hold off ``retire``, so that nothing is shown or told after it."""
        with self._publishing:
            if self._retired:
                raise Interrupted
            yield


def _facts(error: Exception) -> dict[str, str]:
    if not isinstance(error, ApiError):
        return {}
    facts = {"operation": error.operation, "correlation_id": error.correlation_id or ""}
    return {key: value for key, value in facts.items() if value}

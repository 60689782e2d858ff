"""The poller of one organization and collector: fetches, publishes, and records the outcome.

A failed poll leaves the last good reading in place, and is itself a metric. After ``max_age`` the
reading is removed, because old numbers must not pass as new ones.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from traceback import clear_frames
from typing import Any

from billing_exporter.collectors import REGISTRY, Poll
from billing_exporter.collectors.ledger import NO_LEDGER, Ledger
from billing_exporter.genesys import ApiError, Interrupted, RateLimited
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.polling.failures import Tolerated, facts_of, sentence_of
from billing_exporter.polling.keep import Keep
from billing_exporter.polling.kept_lines import KeptLines, restore_results, results_of
from billing_exporter.polling.publisher import Publisher
from billing_exporter.polling.reading import Reading, adopted, read_in_steps
from billing_exporter.polling.state import SUCCESS, Kept, State
from billing_exporter.polling.target import Target
from billing_exporter.polling.timing import Timing
from billing_exporter.telemetry.telemetry import Telemetry

log = logging.getLogger(__name__)

# What a poll reads is shown in batches; the rest after one is in proportion to what it cost.
BATCH_SECONDS = 1.0
BATCH_REST = 9
# Text of customers that is rendered before it is deflated and let go.
STEP_BYTES = 4 * 1024 * 1024
# In the middle of a poll what was read is saved so often, and the lines so often: they are many,
# and every so many series add as much. What was read since is rendered again after a kill.
SAVE_SECONDS = 4.0
LINES_SECONDS = 60.0
LINES_SERIES = 1_500_000
# What these have read is in accounts too.
_ACCOUNTED = {"contracts", "invoices", "trustors"}

Progress = Callable[[int, int], None]


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
        self.timing = Timing()
        self._fits = True
        self._turn = threading.Lock()
        self._publisher = Publisher(target, exposition, telemetry)
        self._now = now
        self._progress = progress
        self._max_age = target.settings.max_age.time
        self._interval = target.settings.interval.time
        self._where = target.where
        self._is_divided = REGISTRY[target.collector.name].divided
        self._next_batch = self._next_save = self._next_lines = 0.0
        self._is_saved = self._has_lines = True
        self._ended: Any = None
        self._left_out = 0
        self._tolerated = Tolerated(target.where)
        self._publisher.configure()
        self._publisher.waiting(self.state)

    @property
    def key(self) -> tuple[str, str]:
        """The names of organization and collector."""
        return self.target.key

    def restore(self) -> None:
        """Show at once what was kept before a restart, unless it is too old."""
        kept = self._keep.restore(*self.key, self.target.collector.data) if self._keep else None
        if kept is None:
            return
        at, data, succeeded = kept
        name = self.target.collector.name
        is_lost = self._ledger.is_new and name in _ACCOUNTED
        try:
            reading = self._restored(data, at, with_lines=not is_lost)
            self._publisher.show(reading, succeeded, restored=True)
            self._warn_of_left_out(reading.left_out, is_whole=True)
            self.state = State(
                reading=reading,
                # A poll that had not ended is done again at once, or one of lost accounts.
                next_poll=at + self._interval if at == succeeded and not is_lost else None,
                succeeded=succeeded,
                restored=succeeded is not None,
            )
        except Exception:
            # Who can write the file can give it any content under a right checksum.
            log.exception("the kept reading cannot be shown", extra=self._where)
            self.state = State()
            self._publisher.remove()
            self._publisher.configure()
            self._publisher.waiting(self.state)
            return
        self._publisher.waiting(self.state)
        self.save_lines()
        if is_lost:
            log.warning("its accounts are not kept: all is read again", extra=self._where)
        self._ledger.published(name, is_whole=succeeded is not None and not is_lost)
        log.info("showing the kept reading", extra={**self._where, "series": reading.series})
        self.expire()

    def _restored(self, data: Any, at: datetime, *, with_lines: bool) -> Reading:
        """Show data that was kept; lines that were kept are not rendered again."""
        fresh = self.target.collector.fresh(data, self._now())
        lines = self._restore_lines(at) if with_lines else None
        if lines is not None and lines.is_whole and fresh is data:
            reading = adopted(lines.reading, self.target.collector, data)
            if reading is not None:
                return reading
        return self._show(fresh, at)

    def _restore_lines(self, at: datetime) -> KeptLines | None:
        """Show what was shown last; the reading then decides what of it stays."""
        if self._keep is None or not self._is_divided:
            return None
        kept = self._keep.lines(*self.key, at)
        if kept is None:
            return None
        try:
            self._publisher.restore(kept.pieces)
        except ValueError as error:
            log.info("the saved lines are not used: %s", error, extra=self._where)
            return None
        restore_results(self.target.collector, kept.results)
        self.state = self.state.show(kept.reading)
        return kept

    def continue_from(self, before: "Poller", *, fits: bool) -> None:
        """Continue from the state of the poller that this one replaces, once its poll has ended.

        The other one publishes nothing from now on: what it changed after its state was taken over
        would be shown, or missing, for good.

        Args:
            before: the other.
            fits: whether this one would have fetched the same; else it is only shown.
        """
        before.stop()
        self.state = before.state
        self._turn = before._turn  # noqa: SLF001 - of the same class
        self._fits = fits and before._fits  # noqa: SLF001 - the same
        self._is_saved = before._is_saved or not self._fits  # noqa: SLF001 - the same
        self._publisher.waiting(self.state)

    def due_in(self) -> float:
        """Return the seconds until a restored reading should be polled again."""
        due = self.state.next_poll
        if due is None or self.state.outcome is not None or not self._fits:
            return 0
        return min((due - self._now()).total_seconds(), self._interval.total_seconds())

    def stop(self) -> None:
        """Publish nothing from now on, not even what is being fetched."""
        self._publisher.stop()

    def save(self) -> None:
        """Save what a poll that was stopped in its middle has shown since it last saved."""
        reading = self.state.reading
        if reading is not None and not self._is_saved:
            self._save(reading, self.state.succeeded, every=LINES_SECONDS)

    def save_lines(self) -> None:
        """Save lines that are newer than those saved last, so that a start renders none again."""
        reading = self.state.reading
        if reading is not None and self._fits and not self._has_lines:
            self._save_lines(reading)

    def remove(self) -> None:
        """Remove the series of the target, and those about its polls."""
        self._publisher.remove()

    def poll(self) -> State:
        """Poll once; every failure becomes part of the state.

        Who polls the same target, before or after a change of settings, waits meanwhile.

        Raises:
            Interrupted: the program stops, or another poller has taken the place of this one.
        """
        self.timing.begin()
        try:
            with self._turn:
                return self._polled()
        finally:
            self.timing.end()

    def overdue(self) -> float:
        """Return how many seconds the poll under way exceeds its timeout, or the next is late."""
        return self.timing.overdue(self.target.settings.timeout.seconds)

    def _polled(self) -> State:
        at, start = self._now(), monotonic()
        with self._publisher.while_open():
            self._publisher.attempted(at)
            self.state = self.state.begin(at)
        try:
            data = self._fetched(at)
            with self._publisher.while_open():
                conclude = partial(self._succeeded, self._show(data, at))
        except Interrupted:
            raise
        except ApiError as error:
            conclude = partial(self._failed, error.reason, error)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the loop
            conclude = partial(self._failed, "crashed", error)
        with self._publisher.while_open():
            self._tolerated.summarize()
            conclude()
            del conclude  # it may hold an error, which holds this frame
            self.state = self.state.end(monotonic() - start)
            self._publisher.polled(self.state)
        self.expire()
        return self.state

    def expire(self) -> None:
        """Remove what is shown where it is older than ``max_age``: details, or the reading."""
        with self._publisher.unless_stopped() as is_open:
            reading = self.state.reading
            if not is_open or reading is None:
                return
            if self._now() - reading.at <= self._max_age:
                data = self.target.collector.fresh(reading.data, self._now())
                if data is not reading.data:
                    self._update(data, reading.at)
                    log.warning("details are older than max_age and end", extra=self._where)
                return
            self._ended = reading.data if self._fits else None
            self._publisher.expire()
            self._ledger.expired(self.target.collector.name)
            self.state = self.state.show(None)
            self._publisher.waiting(self.state)
        log.warning("the last good reading is older than max_age and ends", extra=self._where)

    def expect(self, wait: float) -> None:
        """Note in how many seconds the next poll is due."""
        self.timing.expect(wait)
        self.state = replace(self.state, next_poll=self._now() + timedelta(seconds=wait))

    def _fetched(self, at: datetime) -> Any:
        last = self.state.reading

        def progress(done: int, total: int) -> None:
            with self._publisher.while_open():
                self.timing.progress = done, total
                self._publisher.remaining(total - done)
            if self._progress is not None:
                self._progress(done, total)

        previous = last.data if last is not None and self._fits else None
        timeout = self.target.settings.timeout.seconds
        poll = Poll(
            api=self.target.api.within(timeout, cancelled=lambda: self._publisher.is_stopped),
            now=at,
            previous=previous,
            progress=progress,
            tolerate=self._tolerate,
            publish=partial(self._publish_part, at),
            offer=partial(self._offer, at),
            ledger=self._ledger,
            ended=self._ended,
        )
        self._next_batch = monotonic()
        return self.target.collector.fetch(poll)

    def _show(self, data: Any, at: datetime) -> Reading:
        """Show other data; what is shown after each step is part of the state."""
        collector, organization = self.target.collector, self.target.organization
        last, limit = self.state.reading, self.target.settings.max_series
        most = STEP_BYTES if self._is_divided else None
        for step in read_in_steps(collector, organization, data, at, last, limit=limit, most=most):
            self._publisher.expose(step)
            self._has_lines = self._has_lines and not (step.changed or step.removed)
            reading = replace(step, changed={}, removed=())
            self.state = self.state.show(reading)
        return reading

    def _warn_of_left_out(self, left_out: int, *, is_whole: bool) -> None:
        """Log series that are left out: when it begins, and where a whole poll has others."""
        if left_out not in {0, self._left_out} and (is_whole or not self._left_out):
            limit = self.target.settings.max_series
            facts = {**self._where, "left_out": left_out, "max_series": limit}
            log.warning("more series than max_series: some are left out", extra=facts)
        if is_whole or not self._left_out:
            self._left_out = left_out

    def _offer(self, at: datetime, data: Callable[[], Any]) -> bool:
        """Show what a poll has read so far, if a batch is due; return whether it is saved too."""
        start = monotonic()
        if start < self._next_batch:
            return False
        with self._publisher.while_open():
            if not self._fits:
                # What another configuration fetched is shown until the poll has ended.
                self._next_batch = start + SAVE_SECONDS
                if self._keep is not None:
                    self._keep.save(*self.key, Kept(at, data(), None))
                return True
            reading = self._update(data(), at)
            self._is_saved = self._keep is None
            if start >= self._next_save:
                self._save(reading, self.state.succeeded, every=LINES_SECONDS)
                self._next_save = start + SAVE_SECONDS
        end = monotonic()
        self._next_batch = end + max(BATCH_SECONDS, BATCH_REST * (end - start))
        return self._is_saved

    def _publish_part(self, at: datetime, data: Any) -> None:
        """Show what a poll has read so far."""
        with self._publisher.while_open():
            self._fits = True
            self._save(self._update(data, at), self.state.succeeded)
        self._ledger.published(self.target.collector.name, is_whole=False)

    def _save(self, reading: Reading, succeeded: datetime | None, *, every: float = 0.0) -> None:
        """Save a reading, and of a sweep its lines too; ``every``: not again for some seconds."""
        self._is_saved = True
        if self._keep is None:
            return
        self._keep.save(*self.key, Kept(reading.at, reading.data, succeeded))
        if not every or monotonic() >= self._next_lines:
            self._save_lines(reading)
            self._next_lines = monotonic() + every * (1 + reading.series / LINES_SERIES)

    def _save_lines(self, reading: Reading) -> None:
        if self._keep is not None and self._is_divided:
            results = results_of(self.target.collector)
            self._keep.save_lines(*self.key, KeptLines(reading, self._publisher.pieces(), results))
            self._has_lines = True

    def _update(self, data: Any, at: datetime) -> Reading:
        """Show other data; no poll has succeeded by it."""
        reading = self._show(data, at)
        self._publisher.update(reading)
        self._warn_of_left_out(reading.left_out, is_whole=False)
        return reading

    def _succeeded(self, reading: Reading) -> None:
        self._fits, self._ended = True, None
        self._publisher.show(reading, reading.at)
        self._warn_of_left_out(reading.left_out, is_whole=True)
        self._save(reading, reading.at)
        if self.state.outcome not in {None, SUCCESS}:
            log.info("poll succeeds again", extra=self._where)
        self.state = self.state.succeed(reading)
        self._ledger.published(self.target.collector.name)
        log.info("polled", extra={**self._where, "series": reading.series})

    def _failed(self, reason: str, error: Exception) -> None:
        facts = {**self._where, "reason": reason, **facts_of(error)}
        if reason == "crashed":
            log.error("poll failed by a fault of the exporter", extra=facts, exc_info=error)
        else:
            log.log(self._level(reason, error), "poll failed: %s", error, extra=facts)
        if reason == "forbidden" and self.state.reading is None and self.target.is_optional:
            self._ledger.refused(self.target.collector.name)
        wait = error.retry_after if isinstance(error, RateLimited) else None
        self.state = self.state.fail(reason, sentence_of(error), wait or 0)
        # They hold answers that may be large, and where one holds its own error too, nothing but
        # the garbage collector would free them, which looks at old objects rarely.
        clear_frames(error.__traceback__)

    def _level(self, reason: str, error: Exception) -> int:
        """Return the level at which a failure is logged: each is news once."""
        # What concerns a whole organization is one line, not one for each collector.
        repeated = isinstance(error, ApiError) and error.repeated
        if repeated or reason == self.state.outcome:
            return logging.DEBUG
        quiet = reason == "forbidden" and not self.target.listed
        return logging.INFO if quiet else logging.WARNING

    def _tolerate(self, error: ApiError, about: str) -> None:
        """Count and log the failure of one thing among many."""
        with self._publisher.while_open():
            self._publisher.tolerated(error.reason)
            self._tolerated.add(error, about)

"""Background threads for the disk: one that hangs holds up neither the start, polls nor the end."""

import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TypeVar

log = logging.getLogger(__name__)

# A poll waits so long for a file, and then goes on without files for a while.
_READ_SECONDS = 3.0
_PAUSE_SECONDS = 60.0

Result = TypeVar("Result")


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """Return what the work returns; it goes on by itself where it takes longer.

    Raises:
        TimeoutError: it has not ended in time.
        Exception: what the work raises.
    """
    results: list[Result] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            errors.append(error)

    thread = threading.Thread(target=run, name="state reader", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError
    return results[0]


class BoundedReader:
    """Reads on behalf of polls, each time for some seconds at most. Thread-safe.

    After a read that took longer, others fail at once until it has ended and a pause is over, so
    that a disk that hangs costs a poll seconds and not seconds for each customer.

    Args:
        seconds: how long a read may take.
        pause: seconds without reads after one that took longer.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        seconds: float = _READ_SECONDS,
        pause: float = _PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._late = 0
        self._again = float("-inf")
        self._hangs = False

    def __call__(self, work: Callable[[], Result]) -> Result:
        """Return what the work returns.

        Raises:
            TimeoutError: the disk hangs.
            Exception: what the work raises.
        """
        with self._lock:
            if self._late or self._clock() < self._again:
                raise TimeoutError
        ended = threading.Event()

        def run() -> Result:
            try:
                return work()
            finally:
                self._end(ended)

        try:
            result = within(self._seconds, run)
        except TimeoutError:
            self._hang(ended)
            raise
        self._work_again()
        return result

    def _hang(self, ended: threading.Event) -> None:
        with self._lock:
            if not ended.is_set():
                self._late += 1
                ended.set()
            self._again = self._clock() + self._pause
            known, self._hangs = self._hangs, True
        if not known:
            log.warning("the disk hangs: polls go on without forecasts' and accounts' files")

    def _end(self, ended: threading.Event) -> None:
        with self._lock:
            if ended.is_set():
                self._late -= 1
            ended.set()

    def _work_again(self) -> None:
        with self._lock:
            known, self._hangs = self._hangs, False
        if known:
            log.info("the disk answers again: forecasts' and accounts' files are read")


class BackgroundWriter:
    """Runs tasks in order, one at a time; the thread lives while there are any.

    A task replaces one of the same key that has not begun, so that a disk that hangs makes nothing
    pile up.
    """

    def __init__(self) -> None:
        self._tasks: dict[Hashable, Callable[[], object]] = {}
        self._changed = threading.Condition()
        self._running = False
        self._paused = False

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Begin no task in the block, so that none takes time from what is in it."""
        with self._changed:
            self._paused = True
        try:
            yield
        finally:
            with self._changed:
                self._paused = False
                self._begin()

    def submit(self, key: Hashable, task: Callable[[], object]) -> None:
        """Run a task soon; it handles its own errors."""
        with self._changed:
            self._tasks.pop(key, None)
            self._tasks[key] = task
            self._begin()

    def flush(self, seconds: float) -> bool:
        """Wait until all tasks are done, at most that long; return whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._running or self._tasks), seconds)

    def _begin(self) -> None:
        if self._tasks and not (self._running or self._paused):
            self._running = True
            threading.Thread(target=self._run, name="state writer", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._paused or not self._tasks:
                    self._running = False
                    self._changed.notify_all()
                    return
                key = next(iter(self._tasks))
                task = self._tasks.pop(key)
            try:
                task()
            except Exception:
                # A fault in one save must not end all others.
                log.exception("a task for the disk failed")

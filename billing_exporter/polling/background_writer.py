"""Background threads for the disk: one that hangs holds up neither the start, polls nor the end."""

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar

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


class BackgroundWriter:
    """Runs tasks in order, one at a time; the thread lives while there are any.

    A task replaces one of the same key that has not begun, so that a disk that hangs makes nothing
    pile up.
    """

    def __init__(self) -> None:
        self._tasks: dict[Hashable, Callable[[], object]] = {}
        self._changed = threading.Condition()
        self._running = False

    def submit(self, key: Hashable, task: Callable[[], object]) -> None:
        """Run a task soon; it handles its own errors."""
        with self._changed:
            self._tasks.pop(key, None)
            self._tasks[key] = task
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="state writer", daemon=True).start()

    def flush(self, seconds: float) -> bool:
        """Wait until all tasks are done, at most that long; return whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._tasks:
                    self._running = False
                    self._changed.notify_all()
                    return
                key = next(iter(self._tasks))
                task = self._tasks.pop(key)
            task()

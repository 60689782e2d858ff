"""One who looks at an exporter every second, and remembers what was wrong with what it saw."""

import threading
import time
from typing import Self

from tools.reliability.leak_trend import Figures, figures_of
from tools.testkit.scrapes import Scrape, fetch

_EVERY_SECONDS = 1.0
_READ_EVERY = 5  # reading an exposition as text takes long; to fetch it does not


class Watcher:
    """Scrapes an exporter and reads what its process holds, in a thread of its own.

    Attributes:
        figures: what the process held, by the second.
        faults: what was wrong, one line each.
        scrapes: how many scrapes there were.
        slowest: seconds that the slowest one took.
    """

    def __init__(self, pid: int, url: str) -> None:
        self.figures: list[Figures] = []
        self.faults: list[str] = []
        self.scrapes = 0
        self.slowest = 0.0
        self._pid, self._url = pid, url
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            try:
                self._look()
            except (OSError, AssertionError, ValueError) as error:
                self.faults.append(f"after {time.monotonic() - self._began:.0f} s: {error}")

    def _look(self) -> None:
        began = time.monotonic()
        answer = fetch(f"{self._url}/metrics")
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.scrapes += 1
        self.figures.append(figures_of(self._pid, began - self._began))
        if answer.status != 200:  # noqa: PLR2004 - OK
            self.faults.append(f"a scrape was answered with {answer.status}")
        elif self.scrapes % _READ_EVERY == 0:
            Scrape(answer.text)

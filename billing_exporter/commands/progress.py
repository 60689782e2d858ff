"""Progress of long work, for a person at a terminal."""

import sys
import threading
from typing import TextIO


class ProgressLine:
    """One line that says how far each piece of work is, redrawn in place.

    Writes nothing where the stream is not a terminal.
    """

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._shows = stream.isatty()
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, int]] = {}
        self._width = 0

    def update(self, name: str, done: int, total: int) -> None:
        """Report that ``done`` of ``total`` things of a piece of work are done."""
        if not self._shows:
            return
        with self._lock:
            self._counts[name] = (done, total)
            counts = self._counts.items()
            line = "  ".join(f"{key} {so_far}/{of}" for key, (so_far, of) in counts)
            self._stream.write(f"\r{line.ljust(self._width)}")
            self._stream.flush()
            self._width = len(line)

    def clear(self) -> None:
        """Leave an empty line for what follows."""
        if self._shows and self._width:
            self._stream.write(f"\r{' ' * self._width}\r")
            self._stream.flush()

"""The watch over files: notices that they hold something else than when they were read."""

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

REST_SECONDS = 1.0
"""How long a file must have been left alone: one that is being written may be valid by halves."""


class Stamp(NamedTuple):
    """What a file was when it was looked at.

    Attributes:
        digest: of its content.
        written: when it was last written, Unix time.
    """

    digest: bytes
    written: float


def stamp(path: Path) -> Stamp | None:
    """Return the stamp of a file, or None where there is none to be read."""
    try:
        written = path.stat().st_mtime
        return Stamp(hashlib.sha256(path.read_bytes()).digest(), written)
    except (OSError, ValueError):
        return None


class FileWatch:
    """Compares files with what they were when they were read.

    The content decides, not the time: Kubernetes swaps a link to a whole folder, and editors write
    again what is the same. A change counts once all files are at rest, and a file that is gone only
    when it is still gone at the next look.

    Args:
        stamps: the files, as they were before they were read.
        clock: returns the Unix time.
    """

    def __init__(
        self, stamps: Mapping[Path, Stamp | None], *, clock: Callable[[], float] = time.time
    ) -> None:
        self._accepted = dict(stamps)
        self._found = dict(stamps)
        self._clock = clock

    @classmethod
    def of(cls, paths: Iterable[Path], *, clock: Callable[[], float] = time.time) -> "FileWatch":
        """Return a watch over files as they are now."""
        return cls({path: stamp(path) for path in paths}, clock=clock)

    def changed(self) -> bool:
        """Return whether the files differ from what was accepted, and are at rest."""
        before, self._found = self._found, {path: stamp(path) for path in self._accepted}
        gone = {path for path, found in self._found.items() if found is None}
        if any(before[path] is not None for path in gone) or not self.is_at_rest():
            return False
        return any(
            _digest(self._found[path]) != _digest(accepted)
            for path, accepted in self._accepted.items()
        )

    def accept(self) -> None:
        """Compare with the last look from now on."""
        self._accepted = dict(self._found)

    def is_at_rest(self) -> bool:
        """Return whether no file was written to just before the last look.

        A clock that is off counts as rest.
        """
        now = self._clock()
        return not any(
            found and abs(now - found.written) < REST_SECONDS for found in self._found.values()
        )


def _digest(found: Stamp | None) -> bytes | None:
    return found and found.digest

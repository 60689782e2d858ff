"""Notice that a file has changed, by what it holds."""

import hashlib
from pathlib import Path


class Watch:
    """Compares a file with what it was when it was last asked.

    The content decides, not the time: Kubernetes swaps a link to a whole folder, editors write
    again what is the same, and a file that is gone for a moment is no change.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._digest()

    def changed(self) -> bool:
        """Tell, once for each change, that the file holds something else."""
        now = self._digest()
        if now is None or now == self._seen:
            return False
        self._seen = now
        return True

    def _digest(self) -> bytes | None:
        try:
            return hashlib.sha256(self._path.read_bytes()).digest()
        except OSError:
            return None

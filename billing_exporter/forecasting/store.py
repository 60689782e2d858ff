"""Store of forecast states: one small file for each customer or contract.

A file is replaced in one step and has a checksum, so whatever happens there is always a whole one.
What cannot be used is set aside and counted; the forecast then begins from what the API has.
"""

import hashlib
import logging
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from billing_exporter.forecasting.state import (
    EMPTY,
    SubjectState,
    UnusableStateError,
    decode,
    encode,
)

log = logging.getLogger(__name__)

_SUFFIX = ".forecast"
_ASIDE = ".unusable"
_DIGEST = 32


class Store(Protocol):
    """Where states are kept."""

    def load(self, key: str) -> SubjectState:
        """Return the state of a key; the empty one where there is none that can be used."""

    def save(self, key: str, state: SubjectState) -> None:
        """Keep a state; a disk that refuses is logged and counted."""


class MemoryStore:
    """States of a program that keeps nothing over restarts, compressed."""

    def __init__(self) -> None:
        self._states: dict[str, bytes] = {}

    def load(self, key: str) -> SubjectState:
        """Return the state of a key."""
        content = self._states.get(key)
        return EMPTY if content is None else decode(content)

    def save(self, key: str, state: SubjectState) -> None:
        """Keep a state."""
        self._states[key] = encode(state)


class FileStore:
    """States below one folder.

    Args:
        folder: is made where it is missing.
        replace: writes a file so that it is there in full or not at all.
        failed: counts a failure: ``save``, ``read`` or ``damaged``.
        submit: runs a task for a key, soon or at once; a disk that hangs holds up only that.
    """

    def __init__(
        self,
        folder: Path,
        replace: Callable[[Path, bytes], None],
        failed: Callable[[str], None],
        submit: Callable[[str, Callable[[], None]], None] = lambda _, task: task(),
    ) -> None:
        self._folder = folder
        self._replace = replace
        self._failed = failed
        self._submit = submit
        self._pending: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def load(self, key: str) -> SubjectState:
        """Return the state of a key, the one that is still to be written first."""
        with self._lock:
            pending = self._pending.get(key)
        if pending is not None:
            return decode(pending)
        file = self._file(key)
        try:
            return _checked(file.read_bytes())
        except FileNotFoundError:
            pass
        except OSError as error:
            self._failed("read")
            log.warning("a forecast state cannot be read: %s", error.strerror)
        except UnusableStateError:
            self._failed("damaged")
            log.warning("a forecast state is damaged or of another version and is set aside")
            self._set_aside(file)
        return EMPTY

    def save(self, key: str, state: SubjectState) -> None:
        """Keep a state."""
        content = encode(state)  # many may wait for the disk, and bytes take least memory
        with self._lock:
            self._pending[key] = content
        self._submit(key, partial(self._write, key))

    def _write(self, key: str) -> None:
        with self._lock:
            content = self._pending.get(key)
        if content is None:
            return
        file = self._file(key)
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._replace(file, _checksum(content) + b"\n" + content)
        except OSError as error:
            self._failed("save")
            log.warning("a forecast state cannot be saved: %s", error.strerror)
        with self._lock:
            if self._pending.get(key) is content:
                del self._pending[key]

    def _set_aside(self, file: Path) -> None:
        try:
            file.replace(file.with_suffix(_ASIDE))
        except OSError as error:
            log.warning("a forecast state cannot be set aside: %s", error.strerror)

    def _file(self, key: str) -> Path:
        digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:_DIGEST]
        return self._folder / f"{digest}{_SUFFIX}"


def _checked(content: bytes) -> SubjectState:
    checksum, _, state = content.partition(b"\n")
    if checksum != _checksum(state):
        raise UnusableStateError
    return decode(state)


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()

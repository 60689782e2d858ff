"""Stores of states by key: in files, each whole or not there at all, or in memory.

A file is replaced in one step and has a checksum, so whatever happens there is always a whole one.
What cannot be used is set aside and counted; the state then begins from nothing. While the disk
hangs or refuses nothing is known of a state: it is neither taken for empty nor written over.
"""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from billing_exporter.state_files.disk import NoPlainFileError, read_file

log = logging.getLogger(__name__)

_ASIDE = ".unusable"
# A disk that refuses one file refuses thousands: each kind of failure is logged once in that time.
_LOG_SECONDS = 60.0
_DIGEST = 32

State = TypeVar("State")
Result = TypeVar("Result")


class UnusableStateError(Exception):
    """Bytes that are no state of this version."""


@dataclass(frozen=True)
class Codec(Generic[State]):
    """How states become bytes.

    Attributes:
        title: what they are, for the log.
        suffix: of their files.
        empty: the state of a key that has none.
        encode: returns a state as bytes; equal states give equal bytes.
        decode: returns the state that bytes stand for, or raises UnusableStateError.
    """

    title: str
    suffix: str
    empty: State
    encode: Callable[[State], bytes]
    decode: Callable[[bytes], State]


class Bounded(Protocol):
    """Runs what reads a disk, for a bounded time."""

    def __call__(self, work: Callable[[], Result]) -> Result:
        """Return what the work returns, or raise TimeoutError."""


def _unbounded(work: Callable[[], Result]) -> Result:
    return work()


class Store(Protocol[State]):
    """Where states are kept."""

    def load(self, key: str) -> State | None:
        """Return the state of a key; the empty one where there is none that can be used.

        None while the disk hangs or refuses: the caller goes on without it, and saves nothing in
        its place.
        """

    def wait_for(self, key: str) -> State:
        """Return the state of a key, however long the disk takes; not for polls."""

    def save(self, key: str, state: State) -> None:
        """Keep a state; a disk that refuses is logged and counted."""

    def drop(self, key: str) -> None:
        """Keep nothing of a key."""


class MemoryStore(Generic[State]):
    """States of a program that keeps nothing over restarts, compressed."""

    def __init__(self, codec: Codec[State]) -> None:
        self._codec = codec
        self._states: dict[str, bytes] = {}

    def load(self, key: str) -> State:
        """Return the state of a key."""
        content = self._states.get(key)
        return self._codec.empty if content is None else self._codec.decode(content)

    def wait_for(self, key: str) -> State:
        """Return the state of a key."""
        return self.load(key)

    def save(self, key: str, state: State) -> None:
        """Keep a state."""
        self._states[key] = self._codec.encode(state)

    def drop(self, key: str) -> None:
        """Keep nothing of a key."""
        self._states.pop(key, None)


class FileStore(Generic[State]):
    """States below one folder.

    Args:
        codec: how states become bytes.
        folder: is made where it is missing.
        replace: writes a file so that it is there in full or not at all.
        failed: counts a failure: ``save``, ``read`` or ``damaged``.
        submit: runs a task for a key, soon or at once; a disk that hangs holds up only that.
        bounded: runs what reads for a poll.
    """

    def __init__(
        self,
        codec: Codec[State],
        folder: Path,
        replace: Callable[[Path, bytes], None],
        failed: Callable[[str], None],
        *,
        submit: Callable[[str, Callable[[], None]], None] = lambda _, task: task(),
        bounded: Bounded = _unbounded,
    ) -> None:
        self._codec = codec
        self._folder = folder
        self._replace = replace
        self._failed = failed
        self._submit = submit
        self._bounded = bounded
        self._logged: dict[str, float] = {}
        self._pending: dict[str, bytes | None] = {}  # None: the file is to be removed
        # What the folder may have: most keys of a first sweep have no file that must be looked for.
        self._names: set[str] = set()
        self._has_names = False
        self._lock = threading.Lock()

    def load(self, key: str) -> State | None:
        """Return the state of a key, the one that is still to be written first."""
        with self._lock:
            if key in self._pending:
                return self._decoded(self._pending[key])
        try:
            if not self._has_names:
                self._bounded(self._list)
            if self._has_names and self._file(key).name not in self._names:
                return self._codec.empty
            return self._bounded(partial(self._read, key))
        except TimeoutError:
            self._failed("read")
        except OSError as error:
            self._fail("read", "%s cannot be read: %s", error.strerror)
        return None

    def wait_for(self, key: str) -> State:
        """Return the state of a key, the one that is still to be written first."""
        with self._lock:
            if key in self._pending:
                return self._decoded(self._pending[key])
        try:
            return self._read(key)
        except OSError as error:
            self._fail("read", "%s cannot be read: %s", error.strerror)
            return self._codec.empty

    def save(self, key: str, state: State) -> None:
        """Keep a state."""
        content = self._codec.encode(state)  # many may wait for the disk: bytes take least memory
        with self._lock:
            self._pending[key] = content
            self._names.add(self._file(key).name)
        self._submit(f"{self._codec.suffix} {key}", partial(self._write, key))

    def drop(self, key: str) -> None:
        """Keep nothing of a key."""
        with self._lock:
            self._pending[key] = None
        self._submit(f"{self._codec.suffix} {key}", partial(self._write, key))

    def _list(self) -> None:
        """Note which files there are; where that cannot be read each is looked for by itself."""
        try:
            names = {entry.name for entry in os.scandir(self._folder)}
        except OSError:  # it may come later: a volume, a backup
            return
        with self._lock:
            self._names |= names
            self._has_names = True

    def _read(self, key: str) -> State:
        file = self._file(key)
        try:
            return self._checked(read_file(file))
        except FileNotFoundError:
            pass
        except (UnusableStateError, NoPlainFileError):
            self._fail("damaged", "%s is damaged or of another version and is set aside")
            self._set_aside(file)
        return self._codec.empty

    def _write(self, key: str) -> None:
        with self._lock:
            if key not in self._pending:
                return
            content = self._pending[key]
        file = self._file(key)
        try:
            if content is None:
                file.unlink(missing_ok=True)
            else:
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._replace(file, _checksum(content) + b"\n" + content)
        except OSError as error:
            self._fail("save", "%s cannot be saved: %s", error.strerror)
        with self._lock:
            if self._pending.get(key) is content:
                self._pending.pop(key, None)

    def _fail(self, kind: str, message: str, *facts: object) -> None:
        """Count a failure; log the first one, and one a minute of those that follow."""
        self._failed(kind)
        now = time.monotonic()
        if now - self._logged.get(kind, -_LOG_SECONDS) >= _LOG_SECONDS:
            self._logged[kind] = now
            log.warning(message, self._codec.title, *facts)

    def _set_aside(self, file: Path) -> None:
        try:
            file.replace(file.with_suffix(_ASIDE))
        except OSError as error:
            log.warning("%s cannot be set aside: %s", self._codec.title, error.strerror)

    def _file(self, key: str) -> Path:
        digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:_DIGEST]
        return self._folder / f"{digest}{self._codec.suffix}"

    def _decoded(self, content: bytes | None) -> State:
        return self._codec.empty if content is None else self._codec.decode(content)

    def _checked(self, content: bytes) -> State:
        checksum, _, state = content.partition(b"\n")
        if checksum != _checksum(state):
            raise UnusableStateError
        return self._codec.decode(state)


@dataclass(frozen=True)
class Place:
    """Where the small states of a program are kept.

    Attributes:
        folder: their folders are below it; None where nothing is kept over restarts.
        replace: see ``FileStore``, as the others.
        failed: counts a failure.
        submit: runs a task.
        bounded: runs what reads.
    """

    folder: Path | None
    replace: Callable[[Path, bytes], None]
    failed: Callable[[str], None]
    submit: Callable[[str, Callable[[], None]], None]
    bounded: Bounded

    def store(self, codec: Codec[State], name: str) -> Store[State]:
        """Return a store of a name: in files, or in memory without a folder."""
        if self.folder is None:
            return MemoryStore(codec)
        folder = self.folder / name
        soon, bounded = self.submit, self.bounded
        return FileStore(codec, folder, self.replace, self.failed, submit=soon, bounded=bounded)


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()

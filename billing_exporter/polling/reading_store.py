"""Readings on disk, so that a restart shows at once what was last known.

Each organization and collector has a snapshot: a checksum, a line that says what it is, and the
data. It is replaced in one step, so whatever happens there is always a whole one. Where there are
many customers, a log beside it takes what changed since, until a new snapshot costs little more.
What cannot be used is set aside, never in the way. Data holds no secret and no person, because
collectors keep none.
"""

import hashlib
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from billing_exporter.collectors.changes import Changes, changed, changes_between, encoded
from billing_exporter.collectors.former import FORMATS, adopted
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.polling import kept_lines
from billing_exporter.polling.background_writer import BackgroundWriter, within
from billing_exporter.polling.change_log import beginning, frame, frames
from billing_exporter.polling.kept_lines import KeptLines
from billing_exporter.polling.state import Kept
from billing_exporter.state_files.disk import (
    NoPlainFileError,
    append,
    read_file,
    replace_file,
    stream_file,
)

log = logging.getLogger(__name__)


FORMAT = 3
_DIGITS = 64  # of a checksum
_LONGEST_LINE = 64 * 1024
_SUFFIX = ".reading"
_LOG_SUFFIX = ".changes"
_LINES_SUFFIX = ".lines"
_ASIDE = ".unusable"
# A log that grows beyond this and half of its snapshot makes a new snapshot worth it.
_LOG_BYTES = 256 * 1024
# A start waits so long for a disk that hangs, and then goes on without what was saved.
READ_SECONDS = 10.0


class Header(msgspec.Struct, frozen=True):
    """The second line of a file, after the checksum of all that follows it.

    Attributes:
        format: the version of the form of the file and of the data.
        origin: what the data depends on in the configuration, as a digest.
        at: when the poll began, UTC.
        succeeded: when the last poll began that succeeded; None where none has.
    """

    format: int
    organization: str
    collector: str
    origin: str
    at: datetime
    succeeded: datetime | None = None


class _Entry(msgspec.Struct, frozen=True, array_like=True):
    """One frame of a log."""

    at: datetime
    succeeded: datetime | None
    changes: Changes


@dataclass(frozen=True)
class _Saved:
    """What is on the disk of one collector.

    Attributes:
        origin: see ``Header``.
        data: the snapshot with all changes.
        checksum: of the snapshot.
        size: of the snapshot in bytes.
        log: bytes of the log that are whole; 0 where there is none for the snapshot.
    """

    origin: str
    data: Any
    checksum: bytes
    size: int
    log: int = 0


class UnusableError(Exception):
    """A file that holds no reading for this configuration; gives the reason in one word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StateDirectory:
    """Saves and restores readings below one folder.

    Args:
        path: the folder; it is made where it is missing.
        failed: receives each failure: ``save``, ``read``, ``damaged``, ``format``,
            ``configuration`` or ``removed``.
    """

    def __init__(self, path: Path, failed: Callable[[str], None]) -> None:
        self._path = path
        self._failed = failed
        self._writer = BackgroundWriter()
        self._saved: dict[Path, _Saved] = {}
        self._hangs = False

    def keeper(self, origin: str, lines_key: str = "") -> "Keeper":
        """Return what keeps the readings of one origin, and their lines.

        Args:
            origin: see ``origin_of``.
            lines_key: see ``kept_lines.key_of``.
        """
        return Keeper(self, origin, lines_key)

    def save_soon(self, organization: str, collector: str, origin: str, kept: Kept) -> None:
        """Save in the background; of several readings that wait for the disk the last is saved."""
        save = partial(self._save, organization, collector, origin, kept)
        self._writer.submit((organization, collector), save)

    def set_aside_others_soon(self, known: set[tuple[str, str]], seconds: float) -> None:
        """Set aside the files of other collectors; wait at most so long until it is done."""
        self._writer.submit("others", partial(self.set_aside_others, known))
        self.flush(seconds)

    def flush(self, seconds: float) -> bool:
        """Wait until all is on the disk, at most that long; return whether it is."""
        return self._writer.flush(seconds)

    def save(
        self, organization: str, collector: str, origin: str, at: datetime, data: msgspec.Struct
    ) -> None:
        """Replace the file of one collector with what a poll that succeeded fetched."""
        self._save(organization, collector, origin, Kept(at, data, at))

    def _save(self, organization: str, collector: str, origin: str, kept: Kept) -> None:
        """Save what a poll fetched; a disk that refuses is logged and counted."""
        file = self._file(organization, collector)
        saved = self._saved.pop(file, None)
        try:
            if saved is not None and saved.origin == origin:
                appended = _appended(file, saved, kept)
                if appended is not None:
                    self._saved[file] = appended
                    return
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            header = Header(FORMAT, organization, collector, origin, kept.at, kept.succeeded)
            self._saved[file] = _replaced(file, header, kept.data)
        except OSError as error:
            self._failed("save")
            where = {"organization": organization, "collector": collector}
            log.warning("the reading cannot be saved: %s", error.strerror, extra=where)

    def restore(
        self, organization: str, collector: str, origin: str, kind: type[Any]
    ) -> Kept | None:
        """Return what was saved last, or None where none can be used.

        A disk that hangs is waited for once.
        """
        file = self._file(organization, collector)
        if self._hangs:
            return None
        try:
            kept, self._saved[file] = within(READ_SECONDS, partial(_read, file, origin, kind))
        except FileNotFoundError:
            return None
        except TimeoutError:
            self._hangs = True
            self._failed("read")
            log.warning("the disk hangs: starting without the saved readings", extra=_of(file))
            return None
        except OSError as error:
            self._failed("read")
            log.warning("the saved reading cannot be read: %s", error.strerror, extra=_of(file))
            return None
        except UnusableError as problem:
            self._set_aside(file, problem.reason)
            return None
        return kept

    def save_lines_soon(self, organization: str, collector: str, key: str, kept: KeptLines) -> None:
        """Save in the background what is shown of a collector."""
        file = self._file(organization, collector).with_suffix(_LINES_SUFFIX)
        self._writer.submit(file, partial(self._save_lines, file, key, kept))

    def _save_lines(self, file: Path, key: str, kept: KeptLines) -> None:
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            stream_file(file, kept_lines.encoded(key, kept))
        except OSError as error:
            self._failed("save")
            log.warning("the lines cannot be saved: %s", error.strerror, extra=_of(file))

    def lines(self, organization: str, collector: str, key: str, at: datetime) -> KeptLines | None:
        """Return the lines that were saved last; None where they are rendered again."""
        file = self._file(organization, collector).with_suffix(_LINES_SUFFIX)
        if self._hangs:
            return None
        try:
            return within(READ_SECONDS, lambda: kept_lines.decoded(key, read_file(file), at))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            log.info("the saved lines are not used: %s", error, extra=_of(file))
            if isinstance(error, NoPlainFileError):  # a folder could never be replaced
                with suppress(OSError):
                    file.replace(file.with_suffix(_LINES_SUFFIX + _ASIDE))
            return None

    def set_aside_others(self, known: set[tuple[str, str]]) -> None:
        """Set aside the files of collectors that are no longer configured."""
        expected = {self._file(*key) for key in known}
        for file in sorted(self._path.glob(f"*{_SUFFIX}")):
            if file not in expected:
                self._set_aside(file, "removed")

    def _set_aside(self, file: Path, reason: str) -> None:
        self._failed(reason)
        self._saved.pop(file, None)
        log.warning("the saved reading is not used: %s", reason, extra=_of(file))
        try:
            file.replace(file.with_suffix(_ASIDE))
            log_file = file.with_suffix(_LOG_SUFFIX)
            with suppress(FileNotFoundError):
                log_file.replace(log_file.with_suffix(_LOG_SUFFIX + _ASIDE))
            file.with_suffix(_LINES_SUFFIX).unlink(missing_ok=True)
        except OSError as error:
            log.warning("it cannot be set aside: %s", error.strerror, extra=_of(file))

    def _file(self, organization: str, collector: str) -> Path:
        return _file_in(self._path, organization, collector)


def _file_in(folder: Path, organization: str, collector: str) -> Path:
    # A name is any text, and two of them may differ in case alone.
    readable = "".join(c if c.isascii() and c.isalnum() else "_" for c in organization)[:40]
    digest = hashlib.sha256(organization.encode("utf-8", "replace")).hexdigest()[:8]
    return folder / f"{readable}-{digest}-{collector}{_SUFFIX}"


def read_saved(
    folder: Path, organization: str, collector: str, origin: str, kind: type[Any]
) -> Kept:
    """Return what is saved of one collector, and change nothing in the folder.

    Raises:
        OSError: the file is missing or cannot be read.
        UnusableError: it holds no reading of this origin.
    """
    kept, _ = _read(_file_in(folder, organization, collector), origin, kind)
    return kept


@dataclass(frozen=True)
class Keeper:
    """Keeps readings of one origin in a directory."""

    directory: StateDirectory
    origin: str
    lines_key: str = ""

    def save(self, organization: str, collector: str, kept: Kept) -> None:
        """Keep what a poll fetched; never waits for the disk."""
        self.directory.save_soon(organization, collector, self.origin, kept)

    def restore(self, organization: str, collector: str, kind: type[Any]) -> Kept | None:
        """Return what was kept last, if anything."""
        return self.directory.restore(organization, collector, self.origin, kind)

    def save_lines(self, organization: str, collector: str, kept: KeptLines) -> None:
        """Keep what is shown; never waits for the disk."""
        self.directory.save_lines_soon(organization, collector, self.lines_key, kept)

    def lines(self, organization: str, collector: str, at: datetime) -> KeptLines | None:
        """Return what was shown last, if it is of use."""
        return self.directory.lines(organization, collector, self.lines_key, at)


def origin_of(*facts: object) -> str:
    """Return a digest of what a reading depends on in the configuration."""
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()


def _of(file: Path) -> dict[str, str]:
    return {"file": file.name}


def _replaced(file: Path, header: Header, data: Any) -> _Saved:
    """Write a snapshot. A log of the one before ends with it."""
    line = msgspec.json.encode(header) + b"\n"
    digest, size = hashlib.sha256(line), len(line)
    for piece in encoded(data):  # twice, because the checksum comes first
        digest.update(piece)
        size += len(piece)
    checksum = digest.hexdigest().encode()
    stream_file(file, chain((checksum, b"\n", line), encoded(data)))
    return _Saved(header.origin, data, checksum, size)


def _appended(file: Path, saved: _Saved, kept: Kept) -> _Saved | None:
    """Append what changed to the log; return None where a snapshot is due or the only way."""
    changes = changes_between(saved.data, kept.data)
    if changes is None or not file.exists():
        return None
    entry = frame(msgspec.msgpack.encode(_Entry(kept.at, kept.succeeded, changes)))
    log_file = file.with_suffix(_LOG_SUFFIX)
    if saved.log + len(entry) > max(_LOG_BYTES, saved.size // 2):
        return None
    if saved.log:
        append(log_file, entry, saved.log)
        end = saved.log + len(entry)
    else:
        begin = beginning(saved.checksum)
        replace_file(log_file, begin, entry)
        end = len(begin) + len(entry)
    return replace(saved, data=kept.data, log=end)


def _checksum(*content: bytes | memoryview) -> bytes:
    digest = hashlib.sha256()
    for each in content:
        digest.update(each)
    return digest.hexdigest().encode()


def _read(file: Path, origin: str, kind: type[Any]) -> tuple[Kept, _Saved]:
    content = memoryview(_content(file))
    checksum, told = bytes(content[:_DIGITS]), content[_DIGITS + 1 :]
    if bytes(content[_DIGITS : _DIGITS + 1]) != b"\n" or checksum != _checksum(told):
        raise UnusableError("damaged")
    line, _, _ = bytes(told[:_LONGEST_LINE]).partition(b"\n")
    try:
        kept = _decoded(line, told[len(line) + 1 :], origin, kind)
    except (ValueError, RecursionError, OverflowError):
        raise UnusableError("format") from None
    saved = _Saved(origin, kept.data, checksum, len(told))
    return _with_changes(kept, saved, file.with_suffix(_LOG_SUFFIX))


def _content(file: Path) -> bytes:
    try:
        return read_file(file)
    except NoPlainFileError:
        raise UnusableError("damaged") from None


def _decoded(line: bytes, body: memoryview, origin: str, kind: type[Any]) -> Kept:
    header = msgspec.json.decode(line, type=Header)
    if header.format not in {FORMAT, *FORMATS}:
        raise UnusableError("format")
    if header.origin != origin:
        raise UnusableError("configuration")
    at = header.at.astimezone(UTC)
    if header.format in FORMATS:
        data = adopted(bytes(body), kind, at, header.format)
    else:
        data = msgspec.json.decode(body, type=kind)
    succeeded = header.succeeded and header.succeeded.astimezone(UTC)
    return Kept(at, data, at if header.format == 1 else succeeded)


def _with_changes(kept: Kept, saved: _Saved, log_file: Path) -> tuple[Kept, _Saved]:
    """Return what is saved after the changes of the log."""
    if not isinstance(kept.data, TrustorsData):
        return kept, saved
    try:
        content = _content(log_file)
    except FileNotFoundError:
        return kept, saved
    data, end = kept.data, 0
    try:
        for body, end in frames(content, saved.checksum):  # noqa: B007 - the last is used
            entry = msgspec.msgpack.decode(body, type=_Entry)
            data = changed(data, entry.changes)
            kept = Kept(entry.at, data, entry.succeeded)
    except (ValueError, RecursionError, OverflowError):
        raise UnusableError("damaged") from None
    if end and any(content[end:]):
        log.info("the end of the log was not written whole and is dropped", extra=_of(log_file))
    return kept, replace(saved, data=data, log=end)

"""Files of readings: a snapshot for each collector, and a log of what changed since.

A snapshot is a checksum, a line that says what it is, and the data; see ``change_log`` for the log.
"""

import hashlib
import logging
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from billing_exporter.collectors.changes import Changes, changed, changes_between, encoded
from billing_exporter.collectors.former import FORMATS, adopted
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.polling.change_log import beginning, frame, frames
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
SUFFIX = ".reading"
LOG_SUFFIX = ".changes"
_DIGITS = 64  # of a checksum
_LONGEST_LINE = 64 * 1024
# A log that grows beyond this and half of its snapshot makes a new snapshot worth it.
_LOG_BYTES = 256 * 1024


class Origins(NamedTuple):
    """What the data of a collector depends on in the configuration, as digests.

    Attributes:
        current: of all settings.
        former: of those that earlier formats of the files knew.
    """

    current: str
    former: str = ""


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


Mark = tuple[bytes, int, int]


@dataclass(frozen=True)
class Saved:
    """What is on the disk of one collector.

    Attributes:
        origin: see ``Header``.
        data: the snapshot with all changes.
        checksum: of the snapshot.
        size: of the snapshot in bytes.
        log: bytes of the log that are whole; 0 where there is none for the snapshot.
        last: checksum of the log's last entry.
    """

    origin: str
    data: Any
    checksum: bytes
    size: int
    log: int = 0
    last: int = 0

    @property
    def mark(self) -> Mark:
        """What tells this state of the files from all others."""
        return self.checksum, self.log, self.last


class UnusableError(Exception):
    """A file that holds no reading for this configuration; gives the reason in one word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def file_in(folder: Path, organization: str, collector: str) -> Path:
    """Return the file of a collector's snapshot."""
    # A name is any text, and two of them may differ in case alone.
    readable = "".join(c if c.isascii() and c.isalnum() else "_" for c in organization)[:40]
    digest = hashlib.sha256(organization.encode("utf-8", "replace")).hexdigest()[:8]
    return folder / f"{readable}-{digest}-{collector}{SUFFIX}"


def read_saved(
    folder: Path, organization: str, collector: str, origins: Origins, kind: type[Any]
) -> Kept:
    """Return what is saved of one collector, and change nothing in the folder.

    Raises:
        OSError: the file is missing or cannot be read.
        UnusableError: it holds no reading of this origin.
    """
    kept, _ = read_kept(file_in(folder, organization, collector), origins, kind)
    return kept


def write_snapshot(file: Path, header: Header, data: Any) -> Saved:
    """Write a snapshot. A log of the one before ends with it."""
    line = msgspec.json.encode(header) + b"\n"
    digest, size = hashlib.sha256(line), len(line)
    for piece in encoded(data):  # twice, because the checksum comes first
        digest.update(piece)
        size += len(piece)
    checksum = digest.hexdigest().encode()
    stream_file(file, chain((checksum, b"\n", line), encoded(data)))
    return Saved(header.origin, data, checksum, size)


def append_changes(file: Path, saved: Saved, kept: Kept) -> Saved | None:
    """Append what changed to the log; return None where a snapshot is due or the only way."""
    changes = changes_between(saved.data, kept.data)
    if changes is None or not file.exists():
        return None
    content = msgspec.msgpack.encode(_Entry(kept.at, kept.succeeded, changes))
    entry = frame(content)
    log_file = file.with_suffix(LOG_SUFFIX)
    if saved.log + len(entry) > max(_LOG_BYTES, saved.size // 2):
        return None
    if saved.log:
        append(log_file, entry, saved.log)
        end = saved.log + len(entry)
    else:
        begin = beginning(saved.checksum)
        replace_file(log_file, begin, entry)
        end = len(begin) + len(entry)
    return replace(saved, data=kept.data, log=end, last=zlib.crc32(content))


def _checksum(*content: bytes | memoryview) -> bytes:
    digest = hashlib.sha256()
    for each in content:
        digest.update(each)
    return digest.hexdigest().encode()


def read_kept(file: Path, origins: Origins, kind: type[Any]) -> tuple[Kept, Saved]:
    """Return what a snapshot and its log hold, and what is on the disk.

    Raises:
        OSError: the snapshot is missing or cannot be read.
        UnusableError: it holds no reading of these origins.
    """
    # The log first: a snapshot that takes its place meanwhile holds all of it.
    changes = _log_content(file.with_suffix(LOG_SUFFIX)) if kind is TrustorsData else None
    content = memoryview(_content(file))
    checksum, told = bytes(content[:_DIGITS]), content[_DIGITS + 1 :]
    if bytes(content[_DIGITS : _DIGITS + 1]) != b"\n" or checksum != _checksum(told):
        raise UnusableError("damaged")
    line, _, _ = bytes(told[:_LONGEST_LINE]).partition(b"\n")
    try:
        kept, origin = _decoded(line, told[len(line) + 1 :], origins, kind)
    except (ValueError, RecursionError, OverflowError):
        raise UnusableError("format") from None
    saved = Saved(origin, kept.data, checksum, len(told))
    return (kept, saved) if changes is None else _with_changes(kept, saved, changes, file)


def _content(file: Path) -> bytes:
    try:
        return read_file(file)
    except NoPlainFileError:
        raise UnusableError("damaged") from None


def _decoded(line: bytes, body: memoryview, origins: Origins, kind: type[Any]) -> tuple[Kept, str]:
    """Return what a snapshot holds, and its origin."""
    header = msgspec.json.decode(line, type=Header)
    if header.format not in {FORMAT, *FORMATS}:
        raise UnusableError("format")
    if header.origin not in (origins if header.format in FORMATS else origins[:1]):
        raise UnusableError("configuration")
    at = header.at.astimezone(UTC)
    if header.format in FORMATS:
        data = adopted(bytes(body), kind, at, header.format)
    else:
        data = msgspec.json.decode(body, type=kind)
    succeeded = header.succeeded and header.succeeded.astimezone(UTC)
    return Kept(at, data, at if header.format == 1 else succeeded), header.origin


def _log_content(file: Path) -> bytes | None:
    try:
        return _content(file)
    except FileNotFoundError:
        return None


def _with_changes(kept: Kept, saved: Saved, content: bytes, file: Path) -> tuple[Kept, Saved]:
    """Return what is saved after the changes of the log."""
    data, end, last = kept.data, 0, 0
    try:
        for body, end in frames(content, saved.checksum):  # noqa: B007 - the last is used
            entry = msgspec.msgpack.decode(body, type=_Entry)
            last = zlib.crc32(body)
            data = changed(data, entry.changes)
            kept = Kept(entry.at, data, entry.succeeded)
    except (ValueError, RecursionError, OverflowError):
        raise UnusableError("damaged") from None
    if end and any(content[end:]):
        name = file.with_suffix(LOG_SUFFIX).name
        message = "the end of the log was not written whole and is dropped"
        log.info(message, extra={"file": name})
    return kept, replace(saved, data=data, log=end, last=last)

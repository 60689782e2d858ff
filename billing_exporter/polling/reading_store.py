"""Readings on disk, so that a restart shows at once what was last known.

Each organization and collector has one file: a checksum, a line that says what it is, and the
data. A file is replaced in one step, so whatever happens there is always a whole one; a file that
cannot be used is set aside, never in the way. Data holds no secret and no person, for collectors
keep none.
"""

import hashlib
import logging
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from billing_exporter.collectors.former import FORMATS, adopted
from billing_exporter.polling.background_writer import BackgroundWriter
from billing_exporter.polling.state import Kept

log = logging.getLogger(__name__)


FORMAT = 3
_SUFFIX = ".reading"
_ASIDE = ".unusable"
_TEMPORARY = ".new"


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


class UnusableError(Exception):
    """A file that holds no reading for this configuration; says why in one word."""

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

    def keeper(self, origin: str) -> "Keeper":
        """Return what keeps the readings of one origin; see ``origin_of``."""
        return Keeper(self, origin)

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
        """Replace the file of one collector; a disk that refuses is logged and counted."""
        where = {"organization": organization, "collector": collector}
        header = Header(FORMAT, organization, collector, origin, kept.at, kept.succeeded)
        told = msgspec.json.encode(header) + b"\n" + msgspec.json.encode(kept.data)
        content = _checksum(told) + b"\n" + told
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._file(organization, collector), content)
        except OSError as error:
            self._failed("save")
            log.warning("the reading cannot be saved: %s", error.strerror, extra=where)

    def restore(
        self, organization: str, collector: str, origin: str, kind: type[Any]
    ) -> Kept | None:
        """Return what was saved last, or None where none can be used."""
        file = self._file(organization, collector)
        try:
            return _read(file, origin, kind)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._failed("read")
            log.warning("the saved reading cannot be read: %s", error.strerror, extra=_of(file))
        except UnusableError as problem:
            self._set_aside(file, problem.reason)
        return None

    def set_aside_others(self, known: set[tuple[str, str]]) -> None:
        """Set aside the files of collectors that are no longer configured."""
        expected = {self._file(*key) for key in known}
        for file in sorted(self._path.glob(f"*{_SUFFIX}")):
            if file not in expected:
                self._set_aside(file, "removed")

    def _set_aside(self, file: Path, reason: str) -> None:
        self._failed(reason)
        log.warning("the saved reading is not used: %s", reason, extra=_of(file))
        try:
            file.replace(file.with_suffix(_ASIDE))
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
    return _read(_file_in(folder, organization, collector), origin, kind)


@dataclass(frozen=True)
class Keeper:
    """Keeps readings of one origin in a directory."""

    directory: StateDirectory
    origin: str

    def save(self, organization: str, collector: str, kept: Kept) -> None:
        """Keep what a poll fetched; never waits for the disk."""
        self.directory.save_soon(organization, collector, self.origin, kept)

    def restore(self, organization: str, collector: str, kind: type[Any]) -> Kept | None:
        """Return what was kept last, if anything."""
        return self.directory.restore(organization, collector, self.origin, kind)


def origin_of(*facts: object) -> str:
    """Return a digest of what a reading depends on in the configuration."""
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _of(file: Path) -> dict[str, str]:
    return {"file": file.name}


def _read(file: Path, origin: str, kind: type[Any]) -> Kept:
    checksum, _, told = _content(file).partition(b"\n")
    if checksum != _checksum(told):
        raise UnusableError("damaged")
    line, _, body = told.partition(b"\n")
    try:
        header = msgspec.json.decode(line, type=Header)
        if header.format not in {FORMAT, *FORMATS}:
            raise UnusableError("format")
        if header.origin != origin:
            raise UnusableError("configuration")
        at = header.at.astimezone(UTC)
        if header.format in FORMATS:
            data = adopted(body, kind, at, header.format)
        else:
            data = msgspec.json.decode(body, type=kind)
        succeeded = header.succeeded and header.succeeded.astimezone(UTC)
        return Kept(at, data, at if header.format == 1 else succeeded)
    except (ValueError, RecursionError, OverflowError):
        raise UnusableError("format") from None


def _content(file: Path) -> bytes:
    """Read a file of ours; what is no plain file is neither waited for nor followed."""
    if file.is_symlink():
        raise UnusableError("damaged")
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnusableError("damaged")
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            return opened.read()
    finally:
        os.close(descriptor)


def replace_file(file: Path, content: bytes) -> None:
    """Write so that at every moment the old or the new file is there in full, and survives.

    Whatever has the temporary name is removed and never written to: it may lead elsewhere.
    """
    temporary = file.with_suffix(_TEMPORARY)
    temporary.unlink(missing_ok=True)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        temporary.replace(file)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

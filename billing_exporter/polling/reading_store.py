"""Readings on disk, so that a restart shows at once what was last known.

Each organization and collector has its files, see ``reading_files``, and where there are many
customers one with the lines that are shown. What cannot be used is set aside, never in the way.
Data holds no secret and no person, because collectors keep none.
"""

import hashlib
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec

from billing_exporter.polling import kept_lines
from billing_exporter.polling.background_writer import BackgroundWriter, within
from billing_exporter.polling.kept_lines import KeptLines
from billing_exporter.polling.reading_files import (
    FORMAT,
    LOG_SUFFIX,
    SUFFIX,
    Header,
    Origins,
    Saved,
    UnusableError,
    append_changes,
    file_in,
    read_kept,
    write_snapshot,
)
from billing_exporter.polling.state import Kept
from billing_exporter.state_files.disk import NoPlainFileError, read_file, stream_file

log = logging.getLogger(__name__)

_LINES_SUFFIX = ".lines"
_ASIDE = ".unusable"
# A start waits so long for a disk that hangs, and then goes on without what was saved.
READ_SECONDS = 10.0
# A disk that refuses is logged so often, for it refuses every save of a sweep.
LOG_SECONDS = 60.0


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
        self._saved: dict[Path, Saved] = {}
        self._hangs = False
        self._logged: dict[str, float] = {}

    def keeper(self, origin: str, lines_key: str = "", former: str = "") -> "Keeper":
        """Return what keeps the readings of one origin, and their lines.

        Args:
            origin: see ``origin_of``.
            lines_key: see ``kept_lines.key_of``.
            former: see ``Origins``.
        """
        return Keeper(self, origin, lines_key, former)

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
                appended = append_changes(file, saved, kept)
                if appended is not None:
                    self._saved[file] = appended
                    return
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            header = Header(FORMAT, organization, collector, origin, kept.at, kept.succeeded)
            self._saved[file] = write_snapshot(file, header, kept.data)
        except OSError as error:
            where = {"organization": organization, "collector": collector}
            self._fail_to_save("the reading cannot be saved: %s", error, where)

    def restore(
        self, organization: str, collector: str, origin: str, kind: type[Any], former: str = ""
    ) -> Kept | None:
        """Return what was saved last, or None where none can be used.

        A disk that hangs is waited for once.
        """
        file = self._file(organization, collector)
        if self._hangs:
            return None
        try:
            read = partial(read_kept, file, Origins(origin, former), kind)
            kept, self._saved[file] = within(READ_SECONDS, read)
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
            saved = self._saved.get(file.with_suffix(SUFFIX))
            is_its = saved is not None and saved.data is kept.reading.data
            mark = saved.mark if saved is not None and is_its else None
            stream_file(file, kept_lines.encoded(key, kept, mark))
        except OSError as error:
            self._fail_to_save("the lines cannot be saved: %s", error, _of(file))

    def _fail_to_save(self, message: str, error: OSError, where: dict[str, str]) -> None:
        """Count a failure; log the first of a kind, and one a minute of those that follow."""
        self._failed("save")
        now = monotonic()
        if now - self._logged.get(message, -LOG_SECONDS) >= LOG_SECONDS:
            self._logged[message] = now
            log.warning(message, error.strerror, extra=where)

    def lines(self, organization: str, collector: str, key: str, at: datetime) -> KeptLines | None:
        """Return the lines that were saved last; None where they are rendered again."""
        reading = self._file(organization, collector)
        file = reading.with_suffix(_LINES_SUFFIX)
        if self._hangs:
            return None
        saved = self._saved.get(reading)
        mark = saved.mark if saved is not None else None
        try:
            return within(READ_SECONDS, lambda: kept_lines.decoded(key, read_file(file), at, mark))
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
        for file in sorted(self._path.glob(f"*{SUFFIX}")):
            if file not in expected:
                self._set_aside(file, "removed")

    def _set_aside(self, file: Path, reason: str) -> None:
        self._failed(reason)
        self._saved.pop(file, None)
        log.warning("the saved reading is not used: %s", reason, extra=_of(file))
        try:
            file.replace(file.with_suffix(_ASIDE))
            log_file = file.with_suffix(LOG_SUFFIX)
            with suppress(FileNotFoundError):
                log_file.replace(log_file.with_suffix(LOG_SUFFIX + _ASIDE))
            file.with_suffix(_LINES_SUFFIX).unlink(missing_ok=True)
        except OSError as error:
            log.warning("it cannot be set aside: %s", error.strerror, extra=_of(file))

    def _file(self, organization: str, collector: str) -> Path:
        return file_in(self._path, organization, collector)


@dataclass(frozen=True)
class Keeper:
    """Keeps readings of one origin in a directory."""

    directory: StateDirectory
    origin: str
    lines_key: str = ""
    former: str = ""

    def save(self, organization: str, collector: str, kept: Kept) -> None:
        """Keep what a poll fetched; never waits for the disk."""
        self.directory.save_soon(organization, collector, self.origin, kept)

    def restore(self, organization: str, collector: str, kind: type[Any]) -> Kept | None:
        """Return what was kept last, if anything."""
        return self.directory.restore(organization, collector, self.origin, kind, self.former)

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

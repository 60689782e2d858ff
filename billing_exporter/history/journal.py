"""Journal of a backfill: what was read so far, so that a run that ends early can go on."""

import logging
from collections.abc import Iterator
from pathlib import Path

import msgspec

from billing_exporter.history.spans import Span

log = logging.getLogger(__name__)


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """All spans of one customer or contract.

    Attributes:
        key: what identifies it.
        organization: its name in the configuration.
        spans: what was shown of it.
        skipped: what of it could not be read, in words, and cannot be in another run.
        forbidden: its name, where the client may not read it.
    """

    key: str
    organization: str
    spans: tuple[Span, ...]
    skipped: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()


class _Header(msgspec.Struct, frozen=True):
    purpose: str
    until: int


class Journal:
    """A file with a line for each entry.

    Args:
        path: of the file; an unfinished line at its end is ignored.
        purpose: what the run is for; a journal of another purpose is begun again.
        until: Unix time at which spans end; that of the run that began the journal counts.

    Attributes:
        known: keys of the entries.
        before: the entries of earlier runs that lack something, without their spans.
        until: Unix time at which spans end.
    """

    def __init__(self, path: Path, purpose: str, until: int) -> None:
        self._path = path
        self._entry = msgspec.json.Decoder(Entry)
        self.known: set[str] = set()
        self.before: list[Entry] = []
        self.until = until
        header = self._header()
        if header is not None and header.purpose == purpose:
            self.until = header.until
            self._cut()
            for entry in self.entries():
                self.known.add(entry.key)
                if entry.skipped or entry.forbidden:
                    self.before.append(msgspec.structs.replace(entry, spans=()))
        else:
            path.write_bytes(msgspec.json.encode(_Header(purpose, until)) + b"\n")

    def add(self, entry: Entry) -> None:
        """Append an entry."""
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(entry) + b"\n")
        self.known.add(entry.key)

    def known_of(self, prefix: str) -> set[str]:
        """Return what follows a prefix in the keys of the entries."""
        return {key.removeprefix(prefix) for key in self.known if key.startswith(prefix)}

    def entries(self) -> Iterator[Entry]:
        """Read all entries."""
        with self._path.open("rb") as file:
            file.readline()
            for line in file:
                yield self._entry.decode(line)

    def remove(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)

    def _header(self) -> _Header | None:
        try:
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.readline(), type=_Header)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def _cut(self) -> None:
        """Cut off what follows the last whole line."""
        with self._path.open("rb+") as file:
            whole = 0
            for line in file:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
            file.truncate(whole)

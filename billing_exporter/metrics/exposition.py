"""The body of ``/metrics``, deflated when a reading is published, never at a scrape.

The body has one section for each collector, a section one block for each metric: its HELP and
TYPE lines, then the lines of every organization, each in the order of its parts' keys. Text is not
kept: each metric of an organization is a run of deflated pieces, and publishing renders only the
pieces whose lines changed. A scrape appends the small live part about the exporter.

A gzip body is a single member, because browsers and curl stop after the first: the pieces end on a
byte boundary, the live part closes the stream, and the checksum is combined from the pieces'.
"""

import struct
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from billing_exporter.metrics.deflated import Deflated, joined_checksum, last_block, shift_of
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.pieces import PIECE_BYTES, Piece, Run, edited, restored
from billing_exporter.metrics.rendering import Rendered, header

_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
# Texts whose checksums are combined once for all of them.
_TEXTS_PER_STRETCH = 64

Runs = Mapping[Metric, Run]


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Texts of the body that follow each other."""

    texts: tuple[Deflated, ...]
    packed: tuple[bytes, ...]
    size: int
    checksum: int
    shift: int

    @classmethod
    def of(cls, texts: tuple[Deflated, ...]) -> "Stretch":
        """Combine the texts' lengths and checksums."""
        size = sum(text.size for text in texts)
        packed = tuple(text.packed for text in texts)
        return cls(texts, packed, size, joined_checksum(texts), shift_of(size))


class PlainText:
    """The body as plain text, inflated piece by piece while it is sent.

    Attributes:
        size: the length in bytes.
    """

    def __init__(self, texts: Sequence[Deflated], live: bytes, size: int) -> None:
        self.size = size
        self._texts = texts
        self._live = live

    def __iter__(self) -> Iterator[bytes]:
        """Inflate one piece after the other."""
        for text in self._texts:
            yield text.text()
        yield self._live


@dataclass(frozen=True, slots=True)
class Body:
    """All sections at one moment, ready to be sent."""

    stretches: tuple[Stretch, ...] = ()
    size: int = 0
    checksum: int = 0

    @classmethod
    def of(cls, stretches: tuple[Stretch, ...]) -> "Body":
        """Join stretches."""
        return cls(
            stretches, sum(stretch.size for stretch in stretches), joined_checksum(stretches)
        )

    def pieces(
        self, live: bytes, *, gzip: bool, kept: Sequence[Deflated] = ()
    ) -> list[bytes] | PlainText:
        """Return what to send, in order: the sections, then the live part.

        Args:
            live: what changes with each scrape.
            gzip: whether to send it deflated.
            kept: texts that come before it and are deflated already.
        """
        size = self.size + sum(text.size for text in kept) + len(live)
        if not gzip:
            texts = chain.from_iterable(stretch.texts for stretch in self.stretches)
            return PlainText((*texts, *kept), live, size)
        end = last_block(live)
        checksum = zlib.crc32(live, joined_checksum(kept, self.checksum))
        trailer = struct.pack("<II", checksum, size & 0xFFFFFFFF)
        packed = chain.from_iterable(stretch.packed for stretch in self.stretches)
        return [_GZIP_HEADER, *packed, *(text.packed for text in kept), end + trailer]


class Exposition:
    """Keeps the deflated lines of every collector and organization, and the body made of them.

    ``body`` is immutable and is replaced whole: a scrape sees all that one call published or
    nothing of it. Every method may be called from any thread.
    """

    def __init__(self, catalogue: Mapping[str, Sequence[Metric]]) -> None:
        """Start empty.

        Args:
            catalogue: the metrics of each collector, in the order of the body.
        """
        self._lock = threading.Lock()
        self._metrics = {name: tuple(metrics) for name, metrics in catalogue.items()}
        self._sections = {name: _Section(metrics) for name, metrics in self._metrics.items()}
        self.body = Body()

    def update(
        self,
        collector: str,
        organization: str,
        changed: Mapping[str, Rendered],
        removed: Iterable[str] = (),
    ) -> None:
        """Replace parts of what one collector shows of one organization; other parts stay.

        Args:
            collector: its name in the catalogue.
            organization: the name.
            changed: all lines of each new or changed part, by the key of the part. Lines are
                ordered by key within their metric. A part is one reading's: all its lines appear
                at once.
            removed: keys of parts that are no longer shown; unknown keys are ignored.
        """
        edits: dict[str, Mapping[Metric, bytes]] = {key: {} for key in removed}
        edits |= {key: rendered.lines for key, rendered in changed.items()}
        with self._lock:
            self._replace(collector, organization, edits)

    def publish(self, collector: str, organization: str, parts: Mapping[str, Rendered]) -> None:
        """Replace all parts of one collector and organization; no parts remove it.

        Pieces whose lines stay the same are kept and not deflated again.
        """
        with self._lock:
            runs = self._sections[collector].runs.get(organization, {})
            keys = {key for run in runs.values() for piece in run for key in piece.keys}
            edits: dict[str, Mapping[Metric, bytes]] = {key: {} for key in keys}
            edits |= {key: rendered.lines for key, rendered in parts.items()}
            self._replace(collector, organization, edits)

    def saved(self, collector: str, organization: str) -> tuple[Piece, ...]:
        """Return all pieces of one collector and organization, for a file.

        A piece that an update left unchanged is the same object as before, so a store writes the
        pieces that it does not have and deletes those that are no longer among them. What they
        hold depends on the version of the program and on everything that shapes a line; HELP texts
        are not part of them.
        """
        runs = self._sections[collector].runs.get(organization, {})
        return tuple(chain.from_iterable(runs.values()))

    def restore(self, collector: str, organization: str, pieces: Iterable[Piece]) -> None:
        """Show pieces that ``saved`` returned, in any order, without rendering anything.

        Raises:
            ValueError: they are of a metric that the collector does not have, or do not belong
                together; nothing is shown then.
        """
        known = {metric.name: metric for metric in self._metrics[collector]}
        by_name = restored(pieces)
        if unknown := by_name.keys() - known.keys():
            raise ValueError(f"the collector has no metric {', '.join(sorted(unknown))}")
        with self._lock:
            self._show(collector, organization, {known[name]: by_name[name] for name in by_name})

    def _replace(
        self, collector: str, organization: str, edits: Mapping[str, Mapping[Metric, bytes]]
    ) -> None:
        before = self._sections[collector].runs.get(organization, {})
        after = {}
        for metric in self._metrics[collector]:
            run = before.get(metric, ())
            changes = {
                key: lines.get(metric) for key, lines in edits.items() if run or metric in lines
            }
            if run := edited(metric.name, run, changes):
                after[metric] = run
        self._show(collector, organization, after)

    def _show(self, collector: str, organization: str, runs: Runs) -> None:
        section = self._sections[collector]
        section.show(organization, runs)
        stretches = chain.from_iterable(each.stretches for each in self._sections.values())
        self.body = Body.of(tuple(stretches))


class _Section:
    """The runs of one collector, and the part of the body made of them."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self.runs: dict[str, Runs] = {}
        self.stretches: tuple[Stretch, ...] = ()
        self._metrics = metrics
        self._headers: dict[Metric, Deflated] = {}
        self._joined: dict[tuple[Deflated, ...], Deflated] = {}

    def show(self, organization: str, runs: Runs) -> None:
        """Replace what is shown of one organization."""
        self.runs = {**self.runs, organization: runs}
        if not runs:
            del self.runs[organization]
        texts = self._compacted(self._texts())
        known = {stretch.texts: stretch for stretch in self.stretches}
        groups = (
            tuple(texts[start : start + _TEXTS_PER_STRETCH])
            for start in range(0, len(texts), _TEXTS_PER_STRETCH)
        )
        self.stretches = tuple(known.get(group) or Stretch.of(group) for group in groups)

    def _texts(self) -> Iterator[Deflated]:
        """Yield header and lines of each metric that has any."""
        runs = [self.runs[name] for name in sorted(self.runs)]
        for metric in self._metrics:
            texts = [piece.text for each in runs for piece in each.get(metric, ())]
            if texts:
                if metric not in self._headers:
                    self._headers[metric] = Deflated.of(header(metric))
                yield self._headers[metric]
                yield from texts

    def _compacted(self, texts: Iterable[Deflated]) -> list[Deflated]:
        """Join small texts that follow each other: apart, they would be more bytes."""
        compacted: list[Deflated] = []
        joined: dict[tuple[Deflated, ...], Deflated] = {}
        group: list[Deflated] = []

        def close() -> None:
            members = tuple(group)
            group.clear()
            if len(members) > 1:
                found = self._joined.get(members)
                joined[members] = found or Deflated.of(b"".join(text.text() for text in members))
                compacted.append(joined[members])
            else:
                compacted.extend(members)

        for text in texts:
            if text.size >= PIECE_BYTES * 3 // 4:
                close()
                compacted.append(text)
                continue
            group.append(text)
            if sum(each.size for each in group) >= PIECE_BYTES:
                close()
        close()
        self._joined = joined
        return compacted

"""Kept lines: what a sweep shows, as it is deflated, so that a restart renders nothing again.

They are a cache beside the reading: a part counts as kept only where its digest is the same, or the
files of the reading are those of which the lines were made. A file of another version of the
program, of other metrics or another configuration is not used.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from billing_exporter import __version__
from billing_exporter.forecasting.collector import ForecastingCollector
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.pieces import Piece
from billing_exporter.polling.change_log import beginning, frame, frames
from billing_exporter.polling.reading import PartDigest, Reading, Shown, digest_of
from billing_exporter.polling.reading_files import Mark
from billing_exporter.summaries import Account

Results = dict[str, dict[str, int]]

_PARTS = 1000  # in a frame


class _Part(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One part of the reading, and what it became."""

    digest: bytes
    series: int
    dropped: dict[str, int]
    merged: int
    labels_cut: int
    account: Account | None
    is_hidden: bool

    def shown(self) -> Shown:
        counts = self.series, self.dropped, self.merged, self.labels_cut
        return Shown(PartDigest(self.digest), *counts, self.account)


class _Contents(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The first frame of a file; frames of parts follow, then one for each piece.

    Attributes:
        parts: how many frames of parts.
        pieces: how many pieces.
        results: see ``KeptLines``.
        mark: of the files of the reading whose lines these are; None where they hold another one.
    """

    parts: int
    pieces: int
    results: Results
    mark: Mark | None


@dataclass(frozen=True)
class KeptLines:
    """What was shown at one moment.

    Attributes:
        reading: of which the parts were.
        pieces: their lines.
        results: how the forecasts came out, by the id of the customer.
        is_whole: whether the reading is known to have these parts and no others.
    """

    reading: Reading
    pieces: tuple[Piece, ...]
    results: Results
    is_whole: bool = False


def key_of(origin: str, metrics: Iterable[Metric], *settings: object) -> str:
    """Return a digest of all that decides what lines are made of a reading.

    Args:
        origin: of the reading.
        metrics: of the collector.
        settings: what else matters, as msgspec encodes it.
    """
    texts = [(metric.name, metric.help, metric.labels) for metric in metrics]
    facts = (__version__, origin, texts, settings)
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()


def encoded(key: str, kept: KeptLines, mark: Mark | None = None) -> Iterator[bytes]:
    """Yield the file of kept lines piece by piece, because all of it would fill the memory.

    Args:
        key: see ``key_of``.
        kept: the lines.
        mark: of the files that hold their reading, if any do.
    """
    parts = _parts(kept.reading)
    count = -(-(len(kept.reading.shown) + len(kept.reading.hidden)) // _PARTS)
    yield beginning(key.encode())
    yield frame(msgspec.msgpack.encode(_Contents(count, len(kept.pieces), kept.results, mark)))
    for _ in range(count):
        yield frame(msgspec.msgpack.encode(dict(islice(parts, _PARTS))))
    for piece in kept.pieces:
        yield frame(piece.encode())


def decoded(key: str, content: bytes, at: datetime, mark: Mark | None = None) -> KeptLines:
    """Return the kept lines of a file; the reading has no data yet.

    Args:
        key: see ``key_of``.
        content: of the file.
        at: the time of the reading.
        mark: of the files of the reading.

    Raises:
        ValueError: it is damaged or of another key.
    """
    found = [content for content, _ in frames(content, key.encode())]
    if not found:
        raise ValueError("of another version or configuration")
    contents = msgspec.msgpack.decode(found[0], type=_Contents)
    if len(found) != 1 + contents.parts + contents.pieces:
        raise ValueError("not whole")
    shown: dict[str, Shown] = {}
    hidden: dict[str, Shown] = {}
    for packed in found[1 : 1 + contents.parts]:
        for name, part in msgspec.msgpack.decode(packed, type=dict[str, _Part]).items():
            (hidden if part.is_hidden else shown)[name] = part.shown()
    pieces = tuple(map(Piece.decode, found[1 + contents.parts :]))
    is_whole = mark is not None and mark == contents.mark
    return KeptLines(Reading(None, at, shown, hidden), pieces, contents.results, is_whole)


def results_of(collector: Any) -> Results:
    """Return how a collector's forecasts came out; nothing where it has none."""
    return collector.results() if isinstance(collector, ForecastingCollector) else {}


def restore_results(collector: Any, results: Results) -> None:
    """Let a collector go on from how its forecasts came out."""
    if isinstance(collector, ForecastingCollector):
        collector.restore(results)


def _parts(reading: Reading) -> Iterator[tuple[str, _Part]]:
    for is_hidden, entries in ((False, reading.shown), (True, reading.hidden)):
        for key, each in entries.items():
            account = each.summary if isinstance(each.summary, Account) else None
            counts = each.series, dict(each.dropped), each.merged, each.labels_cut
            yield key, _Part(digest_of(each.part).digest, *counts, account, is_hidden)

"""Pieces: the lines of one metric for neighbouring parts, deflated, with the length of each part.

A run is the sequence of pieces that holds one metric of one organization, ordered by the key of
the part. An edit inflates and deflates only the pieces whose lines change. The order of lines
follows from the keys alone; where one piece ends and the next begins depends on how the run grew,
and no reader sees it.
"""

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from sys import intern

import msgspec

from billing_exporter.metrics.deflated import Deflated

PIECE_BYTES = 288 * 1024
"""The text that a piece is made for: larger pieces cost time at an edit, smaller ones bytes."""

Run = tuple["Piece", ...]
Edits = Mapping[str, bytes | None]
"""The lines of each changed part by its key; None where it has none."""

_CHECKSUM_BYTES = 4


class _Encoded(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The form of a piece on disk."""

    metric: str
    keys: tuple[str, ...]
    lengths: tuple[int, ...]
    packed: bytes
    checksum: int
    shift: int


@dataclass(slots=True)
class _Lines:
    """The lines of neighbouring parts as text, while they are edited."""

    keys: list[str] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    text: bytes = b""

    def __add__(self, other: "_Lines") -> "_Lines":
        """Return these lines and then the other's."""
        return _Lines(self.keys + other.keys, self.lengths + other.lengths, self.text + other.text)

    @classmethod
    def of(cls, edits: Edits) -> "_Lines":
        """Return the lines that edits of nothing give."""
        lines = {key: edits[key] for key in sorted(edits)}
        given = {key: text for key, text in lines.items() if text is not None}
        return cls([*map(intern, given)], [*map(len, given.values())], b"".join(given.values()))


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Lines of one metric; immutable, and equal to itself alone.

    Attributes:
        metric: the full name.
        keys: of the parts whose lines these are, in ascending order.
        lengths: how many bytes each part has.
        text: the lines.
    """

    metric: str
    keys: tuple[str, ...]
    lengths: "array[int]"
    text: Deflated

    @classmethod
    def of(cls, metric: str, lines: _Lines) -> "Piece":
        """Deflate lines."""
        return cls(metric, tuple(lines.keys), array("I", lines.lengths), Deflated.of(lines.text))

    def lines(self) -> _Lines:
        """Inflate the lines."""
        return _Lines([*self.keys], [*self.lengths], self.text.text())

    def edited(self, edits: Edits) -> _Lines | None:
        """Return the lines after the edits, or None where nothing changes."""
        if not any(edits.values()) and edits.keys().isdisjoint(self.keys):
            return None
        lines = self.lines()
        ends = [*accumulate(lines.lengths, initial=0)]
        text: list[bytes] = []
        rest = len(lines.text)
        changed = False
        # From the end, so that positions before an edit stay right.
        for key in sorted(edits, reverse=True):
            new, at = edits[key], bisect_left(lines.keys, key)
            known = at < len(lines.keys) and lines.keys[at] == key
            start, end = ends[at], ends[at + known]
            if lines.text[start:end] == (new or b""):
                continue
            changed = True
            lines.keys[at : at + known] = [] if new is None else [intern(key)]
            lines.lengths[at : at + known] = [] if new is None else [len(new)]
            text += (lines.text[end:rest], new or b"")
            rest = start
        lines.text = b"".join((lines.text[:rest], *reversed(text)))
        return lines if changed else None

    def encode(self) -> bytes:
        """Return the piece as bytes with a checksum, for a file."""
        text = self.text
        body = msgspec.msgpack.encode(
            _Encoded(
                self.metric, self.keys, tuple(self.lengths), text.packed, text.checksum, text.shift
            )
        )
        return zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "big") + body

    @classmethod
    def decode(cls, content: bytes | memoryview) -> "Piece":
        """Return the piece that was encoded.

        Raises:
            ValueError: the content is damaged or of another form.
        """
        body = content[_CHECKSUM_BYTES:]
        if zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "big") != content[:_CHECKSUM_BYTES]:
            raise ValueError("the piece is damaged")
        given = msgspec.msgpack.decode(body, type=_Encoded)
        keys, lengths = tuple(map(intern, given.keys)), array("I", given.lengths)
        text = Deflated(given.packed, sum(lengths), given.checksum, given.shift)
        return cls(given.metric, keys, lengths, text)


def edited(metric: str, run: Run, edits: Edits) -> Run:
    """Return the run after edits; pieces that hold no changed lines are the same objects.

    Args:
        metric: the full name.
        run: the pieces so far.
        edits: the lines of each changed part; None where it has none of this metric.
    """
    by_piece = _by_piece(run, edits)
    after: list[Piece] = []
    open_ = _Lines() if run else _Lines.of(edits)
    for index, piece in enumerate(run):
        lines = piece.edited(by_piece[index]) if index in by_piece else None
        if lines is None and not open_.keys:
            after.append(piece)
            continue
        # What became small is joined with what follows it.
        open_ += piece.lines() if lines is None else lines
        if len(open_.text) >= PIECE_BYTES // 2:
            after += _divided(metric, open_)
            open_ = _Lines()
    if open_.keys and after and len(open_.text) < PIECE_BYTES // 2:
        open_ = after.pop().lines() + open_
    return (*after, *_divided(metric, open_))


def restored(pieces: Iterable[Piece]) -> dict[str, Run]:
    """Return the runs by metric that pieces in any order make.

    Raises:
        ValueError: two of them hold the same part, or one is empty or out of order.
    """
    runs: defaultdict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        runs[piece.metric].append(piece)
    for run in runs.values():
        run.sort(key=lambda piece: piece.keys[:1])
        keys = [key for piece in run for key in piece.keys]
        if not all(piece.keys and len(piece.keys) == len(piece.lengths) for piece in run) or any(
            one >= other for one, other in pairwise(keys)
        ):
            raise ValueError("the pieces do not belong together")
    return {metric: tuple(run) for metric, run in runs.items()}


def _by_piece(run: Run, edits: Edits) -> Mapping[int, Edits]:
    """Return the edits by the position of the piece that has or gets the part."""
    first_keys = [piece.keys[0] for piece in run]
    found: defaultdict[int, dict[str, bytes | None]] = defaultdict(dict)
    for key, lines in edits.items():
        found[max(0, bisect_right(first_keys, key) - 1)][key] = lines
    return found


def _divided(metric: str, lines: _Lines) -> Iterator[Piece]:
    """Yield pieces of about equal size; lines that are few enough stay together."""
    size = len(lines.text)
    count = 1 if size <= 2 * PIECE_BYTES else round(size / PIECE_BYTES)
    first = start = made = 0
    for last, end in enumerate(accumulate(lines.lengths), 1):
        if end * count >= size * (made + 1):
            part = _Lines(lines.keys[first:last], lines.lengths[first:last], lines.text[start:end])
            yield Piece.of(metric, part)
            first, start, made = last, end, end * count // size

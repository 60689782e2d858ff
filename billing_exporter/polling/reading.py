"""Readings: what one collector last learned of one organization, immutable and swapped whole.

A reading holds no text: what is new in it next to the reading before goes to the exposition, which
keeps it deflated.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from decimal import InvalidOperation
from hashlib import blake2b
from itertools import chain, groupby
from typing import Any, NamedTuple

import msgspec

from billing_exporter.collectors import Collector
from billing_exporter.metrics.rendering import Rendered, render
from billing_exporter.metrics.samples import Samples
from billing_exporter.summaries import Summary, summary_of

_DIGEST_BYTES = 16
_NO_SAMPLES = Samples()


class PartDigest(NamedTuple):
    """What stands for a part that was shown before a restart."""

    digest: bytes


class Shown(msgspec.Struct, frozen=True):
    """One part of a reading, and what it became.

    Attributes:
        summary: numbers of the part that pages add up and rank, if there are any.
    """

    part: object
    series: int
    dropped: Mapping[str, int]
    merged: int
    labels_cut: int
    summary: Summary | None = None

    def of(self, part: object) -> "Shown":
        """Return the same of the part itself, where only its digest was known."""
        summary = self.summary or summary_of(part, _NO_SAMPLES)
        return Shown(part, self.series, self.dropped, self.merged, self.labels_cut, summary)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known after a poll, or in the middle of one.

    Attributes:
        data: what was fetched, as the collector's own record.
        at: when the poll began, UTC.
        shown: the parts by their key.
        hidden: the parts that would be more than the most series, by their key.
        changed: the text of the parts that are new or changed since the reading before.
        removed: keys of the parts that were shown before and are not now.
    """

    data: Any
    at: datetime
    shown: Mapping[str, Shown]
    hidden: Mapping[str, Shown] = field(default_factory=dict)
    changed: Mapping[str, Rendered] = field(default_factory=dict)
    removed: tuple[str, ...] = ()

    def part(self, key: str) -> object | None:
        """Return one part, also one that is hidden; None where there is none."""
        entry = self.shown.get(key) or self.hidden.get(key)
        return entry.part if entry is not None else None

    def summary(self, key: str) -> Summary | None:
        """Return the summary of one part; None where it has none."""
        entry = self.shown.get(key) or self.hidden.get(key)
        return entry.summary if entry is not None else None

    def summaries(self) -> Iterator[tuple[str, Summary]]:
        """Yield the summary of each part that has one, with the part's key."""
        for key, entry in chain(self.shown.items(), self.hidden.items()):
            if entry.summary is not None:
                yield key, entry.summary

    @property
    def left_out(self) -> int:
        """How many series of the parts were too many."""
        return sum(each.series for each in self.hidden.values())

    @property
    def series(self) -> int:
        """How many series the reading has."""
        return sum(shown.series for shown in self.shown.values())

    @property
    def dropped(self) -> Counter[str]:
        """How many values gave no sample, by reason."""
        total: Counter[str] = Counter()
        for shown in self.shown.values():
            for reason, count in shown.dropped.items():
                total[reason] += count
        return total

    @property
    def merged(self) -> int:
        """How many values were added to another with the same labels."""
        return sum(shown.merged for shown in self.shown.values())

    @property
    def labels_cut(self) -> int:
        """How many values have a label that was too long."""
        return sum(shown.labels_cut for shown in self.shown.values())


def adopted(kept: Reading, collector: Collector[Any, Any], data: Any) -> Reading | None:
    """Return a reading that was shown before, with the data that it was made of.

    Args:
        kept: its parts are known by their digests.
        collector: divides the data into parts.
        data: what was fetched.

    Returns:
        None where the data has other parts.
    """
    parts = collector.parts(data)
    if parts.keys() != kept.shown.keys() | kept.hidden.keys():
        return None
    shown, hidden = (
        {key: entry.of(parts[key]) for key, entry in entries.items()}
        for entries in (kept.shown, kept.hidden)
    )
    return Reading(data, kept.at, shown, hidden)


def read(
    collector: Collector[Any, Any],
    organization: str,
    data: Any,
    at: datetime,
    last: Reading | None,
    *,
    limit: int | None = None,
) -> Reading:
    """Make a reading of fetched data in one step; see ``read_in_steps``."""
    (reading,) = read_in_steps(collector, organization, data, at, last, limit=limit)
    return reading


def read_in_steps(
    collector: Collector[Any, Any],
    organization: str,
    data: Any,
    at: datetime,
    last: Reading | None,
    *,
    limit: int | None = None,
    most: int | None = None,
) -> Iterator[Reading]:
    """Make a reading of fetched data; parts that did not change are taken over from the last.

    Parts are ordered by their keys, so that the order in which the API gave them never shows. Those
    that would bring more than ``limit`` series are left out whole; a customer with all its parts.

    Args:
        collector: divides the data into parts and exposes them.
        organization: the name.
        data: what was fetched.
        at: when the poll began.
        last: what is shown now.
        limit: the most series.
        most: bytes of text after which a step ends, because the text of many customers would fill
            the memory; the parts of one customer are never divided. None where all parts belong
            together.

    Yields:
        What to show in each step: the parts so far, and those of the last that are still to come.
    """
    steps = _Steps(last)
    parts = collector.parts(data)
    steps.keep(parts.keys())
    size, series = 0, 0
    for keys in _groups(parts, by_customer=most is not None):
        if most is not None and size >= most:
            yield steps.taken(data, at)
            size = 0
        entries = {key: _entry(steps, collector, organization, key, parts[key]) for key in keys}
        group_series = sum(entry.series for entry, _ in entries.values())
        if limit is not None and series + group_series > limit:
            for key, (entry, _) in entries.items():
                steps.hide(key, entry)
            continue
        series += group_series
        for key, (entry, text) in entries.items():
            is_new = text is None and key not in steps.left
            rendered = _exposed(collector, organization, parts[key])[1] if is_new else text
            steps.show(key, entry, rendered)
            size += sum(map(len, rendered.lines.values())) if rendered is not None else 0
    yield steps.taken(data, at)


def _groups(keys: Iterable[str], *, by_customer: bool) -> Iterator[list[str]]:
    """Yield the keys of the parts that are shown or left out together, in their order."""
    if not by_customer:
        yield from ([key] for key in sorted(keys))
        return
    for _, group in groupby(sorted(keys, key=_customer_first), lambda key: _customer_first(key)[0]):
        yield list(group)


def _entry(
    steps: "_Steps", collector: Collector[Any, Any], organization: str, key: str, part: object
) -> tuple[Shown, Rendered | None]:
    """Return what a part became, and its text where it is not the same as in the last reading."""
    entry = steps.known(key)
    if entry is None or not _is_same(entry.part, part):
        return _exposed(collector, organization, part)
    return entry.of(part) if isinstance(entry.part, PartDigest) else entry, None


def _customer_first(key: str) -> tuple[str, str]:
    """Return what orders the parts of a sweep: those of one customer follow each other."""
    kind, _, customer = key.partition(" ")
    return customer, kind


class _Steps:
    """The way from the last reading to the next.

    Attributes:
        left: parts of the last reading that are shown and have not been looked at.
    """

    def __init__(self, last: Reading | None) -> None:
        self.left = dict(last.shown) if last is not None else {}
        self._left_hidden = dict(last.hidden) if last is not None else {}
        self._shown: dict[str, Shown] = {}
        self._hidden: dict[str, Shown] = {}
        self._changed: dict[str, Rendered] = {}
        self._removed: list[str] = []

    def known(self, key: str) -> Shown | None:
        """Return what a part was in the last reading."""
        return self.left.get(key) or self._left_hidden.get(key)

    def keep(self, keys: AbstractSet[str]) -> None:
        """Show no others."""
        for key in self.left.keys() - keys:
            del self.left[key]
            self._removed.append(key)
        for key in self._left_hidden.keys() - keys:
            del self._left_hidden[key]

    def hide(self, key: str, entry: Shown) -> None:
        """Leave a part out."""
        if self.left.pop(key, None) is not None:
            self._removed.append(key)
        self._left_hidden.pop(key, None)
        self._hidden[key] = entry

    def show(self, key: str, entry: Shown, rendered: Rendered | None) -> None:
        """Show a part; its text is None where that stays the same."""
        self.left.pop(key, None)
        self._left_hidden.pop(key, None)
        self._shown[key] = entry
        if rendered is not None:
            self._changed[key] = rendered

    def taken(self, data: Any, at: datetime) -> Reading:
        """Return the reading as it is now, and begin the next step."""
        reading = Reading(
            data,
            at,
            {**self._shown, **self.left},
            {**self._hidden, **self._left_hidden},
            self._changed,
            tuple(self._removed),
        )
        self._changed, self._removed = {}, []
        return reading


def _exposed(
    collector: Collector[Any, Any], organization: str, part: object
) -> tuple[Shown, Rendered]:
    samples = collector.expose(part)
    rendered = render(samples, organization)
    dropped = dict(samples.dropped)
    entry = Shown(
        part,
        rendered.series,
        dropped,
        samples.merged,
        samples.labels_cut,
        summary_of(part, samples),
    )
    return entry, rendered


def digest_of(part: object) -> PartDigest:
    """Return a digest of a part; of equal parts it is the same."""
    if isinstance(part, PartDigest):
        return part
    return PartDigest(_digest(part))


def _digest(part: object) -> bytes:
    return blake2b(msgspec.msgpack.encode(part), digest_size=_DIGEST_BYTES).digest()


def _is_same(before: object, part: object) -> bool:
    if before is part:
        return True
    if isinstance(before, PartDigest):
        return before.digest == _digest(part)
    try:
        return before == part
    except InvalidOperation:  # a signalling NaN, which refuses to be compared
        return False

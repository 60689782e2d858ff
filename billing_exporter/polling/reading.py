"""Readings: what one collector last learned of one organization, immutable and swapped whole.

A reading holds no text: what is new in it next to the reading before goes to the exposition, which
keeps it deflated.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import InvalidOperation
from itertools import chain
from typing import Any

from billing_exporter.collectors import Collector
from billing_exporter.metrics.rendering import Rendered, render
from billing_exporter.summaries import Summary, summary_of


@dataclass(frozen=True, slots=True)
class Shown:
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


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known after a poll, or in the middle of one.

    Attributes:
        data: what was fetched, as the collector's own record.
        at: when the poll began, UTC.
        shown: the parts by their key, in the order of the keys.
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
            total.update(shown.dropped)
        return total

    @property
    def merged(self) -> int:
        """How many values were added to another with the same labels."""
        return sum(shown.merged for shown in self.shown.values())

    @property
    def labels_cut(self) -> int:
        """How many values have a label that was too long."""
        return sum(shown.labels_cut for shown in self.shown.values())


def read(
    collector: Collector[Any, Any],
    organization: str,
    data: Any,
    at: datetime,
    last: Reading | None,
    *,
    limit: int | None = None,
) -> Reading:
    """Make a reading of fetched data; parts that did not change are taken over from the last.

    Parts are ordered by their keys, so that the order in which the API gave them never shows. Those
    that would bring more than ``limit`` series are left out whole.
    """
    shown_before = last.shown if last is not None else {}
    hidden_before = last.hidden if last is not None else {}
    shown: dict[str, Shown] = {}
    hidden: dict[str, Shown] = {}
    changed: dict[str, Rendered] = {}
    series = 0
    for key, part in _in_order(collector.parts(data)):
        entry = shown_before.get(key) or hidden_before.get(key)
        rendered = None
        if entry is None or not _is_same(entry.part, part):
            entry, rendered = _exposed(collector, organization, part)
        if limit is not None and series + entry.series > limit:
            hidden[key] = entry
            continue
        series += entry.series
        shown[key] = entry
        if rendered is not None or key not in shown_before:
            changed[key] = rendered or _exposed(collector, organization, part)[1]
    removed = tuple(shown_before.keys() - shown.keys())
    return Reading(data, at, shown, hidden, changed, removed)


def _in_order(parts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key in sorted(parts):
        yield key, parts[key]


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


def _is_same(before: object, part: object) -> bool:
    if before is part:
        return True
    try:
        return before == part
    except InvalidOperation:  # a signalling NaN, which refuses to be compared
        return False

"""Readings: what one collector last learned of one organization, immutable and swapped whole."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import InvalidOperation
from typing import Any

from billing_exporter.collectors import Collector
from billing_exporter.metrics.rendering import Rendered, render


@dataclass(frozen=True, slots=True)
class Shown:
    """One part of a reading, and what it became."""

    part: object
    rendered: Rendered
    dropped: Mapping[str, int]
    merged: int
    labels_cut: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The outcome of one good poll.

    Attributes:
        data: what was fetched, as the collector's own record.
        at: when the poll began, UTC.
        shown: the parts by their key, in the order of the keys.
        left_out: series of the parts that were too many.
    """

    data: Any
    at: datetime
    shown: Mapping[str, Shown]
    left_out: int = 0

    @property
    def rendered(self) -> dict[str, Rendered]:
        """The rendered parts by their key."""
        return {key: shown.rendered for key, shown in self.shown.items()}

    @property
    def series(self) -> int:
        """How many series the reading has."""
        return sum(shown.rendered.series for shown in self.shown.values())

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
    known = last.shown if last is not None else {}
    parts = collector.parts(data)
    shown: dict[str, Shown] = {}
    series = left_out = 0
    for key in sorted(parts):
        part, before = parts[key], known.get(key)
        if before is None or not _is_same(before.part, part):
            samples = collector.expose(part)
            before = Shown(
                part,
                render(samples, organization),
                dict(samples.dropped),
                samples.merged,
                samples.labels_cut,
            )
        if limit is not None and series + before.rendered.series > limit:
            left_out += before.rendered.series
            continue
        series += before.rendered.series
        shown[key] = before
    return Reading(data, at, shown, left_out)


def _is_same(before: object, part: object) -> bool:
    try:
        return before == part
    except InvalidOperation:  # a signalling NaN, which refuses to be compared
        return False

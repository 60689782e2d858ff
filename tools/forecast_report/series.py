"""Daily series: what a charge adds, reaches or holds day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from billing_exporter.forecasting.forecast import Kind


@dataclass(frozen=True)
class Daily:
    """A daily series without gaps.

    Attributes:
        name: what it counts.
        kind: how a billing period's quantity comes of its days.
        first: its first day.
        values: one for each day: what was used on it, or what it ended with.
    """

    name: str
    kind: Kind
    first: date
    values: Sequence[Decimal]

    @property
    def end(self) -> date:
        """The day after the last one."""
        return self.first + timedelta(days=len(self.values))

    def between(self, start: date, end: date) -> Sequence[Decimal]:
        """Return the values of the days from one day to before another."""
        return self.values[max(0, (start - self.first).days) : max(0, (end - self.first).days)]

    def months(self, anchor: int) -> list[tuple[date, date]]:
        """Return start and end of each whole billing period that begins on a day of the month."""
        starts = [
            date(year, month, anchor)
            for year in range(self.first.year, self.end.year + 1)
            for month in range(1, 13)
        ]
        inside = [start for start in starts if self.first <= start <= self.end]
        return list(pairwise(inside))

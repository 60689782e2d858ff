"""Weights of the weekdays, learned from daily steps."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

WEEK = 7


class Weights(msgspec.Struct, frozen=True):
    """How much of an average day each weekday is, from Monday."""

    weekdays: tuple[Decimal, ...]

    @classmethod
    def learn(cls, steps: Sequence[tuple[date, Decimal]]) -> "Weights":
        """Learn from daily steps, with one average day of each weekday added to them.

        A negative step belongs to a correction and is left out.
        """
        used = [(day.weekday(), step) for day, step in steps if step >= 0]
        total = sum((step for _, step in used), Decimal(0))
        if not total:
            return NO_WEIGHTS
        mean = total / len(used)
        sums = [Decimal(0)] * WEEK
        counts = [0] * WEEK
        for weekday, step in used:
            sums[weekday] += step
            counts[weekday] += 1
        return cls(
            tuple(
                (steps / mean + 1) / (count + 1) for steps, count in zip(sums, counts, strict=True)
            )
        )

    def of(self, first: date, days: int) -> Decimal:
        """Add up the weights of consecutive days."""
        weeks, rest = divmod(max(0, days), WEEK)
        monday = first.weekday()
        part = sum((self.weekdays[(monday + day) % WEEK] for day in range(rest)), Decimal(0))
        return weeks * sum(self.weekdays, Decimal(0)) + part


NO_WEIGHTS = Weights((Decimal(1),) * WEEK)

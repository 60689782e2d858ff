"""Weights of the weekdays, learned from daily steps."""

from collections.abc import Sequence
from decimal import Decimal
from operator import lt

import msgspec

WEEK = 7
ZERO = Decimal(0)

Step = tuple[int, Decimal]
"""What was added on a day, by the day's proleptic ordinal."""


class Weights(msgspec.Struct, frozen=True, gc=False):
    """How much of an average day each weekday is.

    Attributes:
        weekdays: the weights of two weeks from Monday, so that any week is a slice.
        week: the sum of one week.
    """

    weekdays: tuple[Decimal, ...]
    week: Decimal

    @classmethod
    def learn(cls, steps: Sequence[Step]) -> "Weights":
        """Learn from daily steps, with one average day of each weekday added to them.

        A negative step belongs to a correction and is left out.
        """
        sums, counts = _by_weekday(steps)
        total = sum(sums, ZERO)
        if not total:
            return NO_WEIGHTS
        mean = total / sum(counts)
        pairs = zip(sums, counts, strict=True)
        return cls.given([(of_day / mean + 1) / (count + 1) for of_day, count in pairs])

    @classmethod
    def given(cls, weights: Sequence[Decimal]) -> "Weights":
        """Take the seven weights from Monday."""
        return cls((*weights, *weights), sum(weights, ZERO))

    def of(self, first: int, days: int) -> Decimal:
        """Add up the weights of consecutive days from an ordinal on."""
        weeks, rest = divmod(max(0, days), WEEK)
        monday = weekday(first)
        return weeks * self.week + sum(self.weekdays[monday : monday + rest], ZERO)


def weekday(ordinal: int) -> int:
    """Return the weekday of a day, 0 for Monday; the first ordinal is one."""
    return (ordinal - 1) % WEEK


def _by_weekday(steps: Sequence[Step]) -> tuple[list[Decimal], list[int]]:
    """Return the sum and the number of the steps of each weekday from Monday."""
    sums, counts = [ZERO] * WEEK, [0] * WEEK
    if not steps:
        return sums, counts
    days, values = zip(*steps, strict=True)
    if _is_whole(days) and min(values) >= 0:  # the usual case, without a loop
        first = weekday(days[0])
        for place in range(min(WEEK, len(values))):
            of_day = values[place::WEEK]
            sums[(first + place) % WEEK] = sum(of_day, ZERO)
            counts[(first + place) % WEEK] = len(of_day)
        return sums, counts
    for day, step in steps:
        if step >= 0:
            sums[weekday(day)] += step
            counts[weekday(day)] += 1
    return sums, counts


def _is_whole(days: Sequence[int]) -> bool:
    """Return whether days are in order and without a gap."""
    return days[-1] - days[0] == len(days) - 1 and all(map(lt, days, days[1:]))


NO_WEIGHTS = Weights.given([Decimal(1)] * WEEK)

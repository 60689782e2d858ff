"""Scores of kept forecasts: how far off the forecasts of a subject were, and how often inside."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from billing_exporter.forecasting.forecast import MAX_OUTCOMES
from billing_exporter.forecasting.state import SubjectState

_RESOLUTION = Decimal("0.0001")  # of an error in a state


class Scored(msgspec.Struct, frozen=True):
    """The outcomes at one checkpoint.

    Attributes:
        scored: how many forecasts came to an end.
        error: the median of their errors as a share of the outcome; None where there is none.
        inside: the share that ended within its band; None where none had a band.
    """

    scored: int
    error: Decimal | None
    inside: Decimal | None


class Tally:
    """Outcomes of many customers or contracts, counted so that one can be replaced by its newest.

    Errors are counted by ten-thousandths: the median of millions needs no list of them.
    """

    def __init__(self) -> None:
        self._errors: dict[int, Counter[int]] = {}
        self._inside: dict[int, Counter[bool]] = {}
        self._scored: Counter[int] = Counter()

    def add(self, state: SubjectState, times: int = 1) -> None:
        """Count the outcomes of a state, or take them back with ``times=-1``."""
        for series in state.charges.values():
            for closed in series.closed[-MAX_OUTCOMES:]:
                for outcome in closed.outcomes:
                    at = outcome.checkpoint
                    self._scored[at] += times
                    if outcome.error is not None:
                        self._errors.setdefault(at, Counter())[outcome.error] += times
                    if outcome.inside is not None:
                        self._inside.setdefault(at, Counter())[outcome.inside] += times

    def at(self, checkpoint: int) -> Scored:
        """Return the outcomes at a checkpoint, in hundredths of the period."""
        errors = +self._errors.get(checkpoint, Counter())
        inside = self._inside.get(checkpoint, Counter())
        known = inside[True] + inside[False]
        share = Decimal(inside[True]) / known if known else None
        return Scored(self._scored[checkpoint], _median(errors), share)


def has_same_outcomes(before: SubjectState, after: SubjectState) -> bool:
    """Return whether the closed periods of all charges are the same; most readings change none."""
    return before.charges.keys() == after.charges.keys() and all(
        series.closed is (closed := after.charges[key].closed) or series.closed == closed
        for key, series in before.charges.items()
    )


def _median(counts: Mapping[int, int]) -> Decimal | None:
    total = sum(counts.values())
    if not total:
        return None
    middle = _nth(counts, (total - 1) // 2) + _nth(counts, total // 2)
    return middle * _RESOLUTION / 2


def _nth(counts: Mapping[int, int], rank: int) -> int:
    """Return the value of a rank, counted from 0, among values of which there are several each."""
    passed = 0
    for value in sorted(counts):
        passed += counts[value]
        if passed > rank:
            return value
    raise IndexError(rank)

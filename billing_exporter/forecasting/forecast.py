"""Forecast of one quantity at the end of its billing period, with a band.

What is left of the period goes on at the pace of its weekdays. The pace is the one seen so far,
with last period's pace counted as five more days. In four of five earlier periods the outcome was
within the band. docs/forecast.md has the reasons and what was measured.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from operator import attrgetter, le, lt, sub
from typing import Literal

import msgspec

from billing_exporter.forecasting.past import DatedPast, Past
from billing_exporter.forecasting.weekdays import NO_WEIGHTS, Step, Weights

Kind = Literal["sum", "mark", "level"]

CHECKPOINTS = tuple(Decimal(share) for share in ("0.10", "0.25", "0.50", "0.75", "0.90"))

LAST_PERIOD_DAYS = 5  # last period's pace counts as so many days of this one
MIN_DAYS = 7  # without an earlier period a full week must be known
MAX_EARLIER = 13  # closed periods
MAX_OUTCOMES = 12  # changes between them, and kept scores
MIN_OUTCOMES = 4  # the smallest sample of which four fifths is an outcome
WEIGHT_STEPS = 56  # daily steps that weekday weights are learned from
LEVEL_STEPS = 28  # daily steps that the drift of a level is learned from
LARGEST_FACTOR = Decimal(9)  # fell to nothing, or rose from it

ONE = Decimal(1)
ZERO = Decimal(0)
CONTEXT = Context(prec=28, rounding=ROUND_HALF_EVEN)
_RESOLUTION = Decimal("0.000001")
_LARGEST_ROUNDED = 20  # digits before the point; a larger number has no room for six after it


class Closed(msgspec.Struct, frozen=True, gc=False):
    """One closed period: its total, and the scores of the forecasts that were kept in it.

    Attributes:
        start: its first day.
        days: its length.
        total: what it came to.
        scores: the score of the forecast kept at each checkpoint, by share of the period.
    """

    start: date
    days: int
    total: Decimal
    scores: Mapping[Decimal, Decimal] = msgspec.field(default_factory=dict)


class Forecast(msgspec.Struct, frozen=True, gc=False):
    """A forecast, or the reason why there is none.

    Attributes:
        total: the quantity at the end of the period.
        lower: the lower bound of the band; None without enough outcomes.
        upper: the upper bound of the band; None without enough outcomes.
        expected_by_now: the quantity at last period's pace; sums with history only.
        elapsed: the share of the period that has passed.
        sample: how many earlier outcomes the band rests on.
        refused: "", "too_little_data" or "negative".
    """

    total: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    expected_by_now: Decimal | None = None
    elapsed: Decimal | None = None
    sample: int = 0
    refused: str = ""


class _Seen(msgspec.Struct, frozen=True, gc=False):
    """What is known of the running period, by the offset of days from its start.

    Attributes:
        totals: the running total of each day that was read and not corrected, oldest first.
        first: the day of first use, from which days count; None before it.
        newest: the newest day that was read.
    """

    totals: dict[int, Decimal]
    first: int | None
    newest: int | None

    @property
    def now(self) -> Decimal:
        """The newest running total; 0 with nothing read."""
        return ZERO if self.newest is None else self.totals[self.newest]

    @property
    def days(self) -> int:
        """How many days have passed since first use."""
        if self.first is None or self.newest is None:
            return 0
        return max(0, self.newest - self.first + 1)


class _Pace(msgspec.Struct, frozen=True, gc=False):
    """The period in weighted days.

    Attributes:
        seen: the weight of the days from first use through the newest.
        rest: the weight of the days to come.
    """

    seen: Decimal
    rest: Decimal

    @property
    def left(self) -> Decimal:
        """The share of the period that is to come."""
        return self.rest / (self.seen + self.rest) if self.rest else ZERO


class _Case(msgspec.Struct, frozen=True, gc=False):
    """Everything that an estimate and its band are made of."""

    kind: Kind
    seen: _Seen
    pace: _Pace
    history: Sequence[Past]
    weights: Weights
    steps: Sequence[Step]

    def per_day(self, one: Past) -> Decimal:
        """Return a closed period's total per weighted day."""
        return one.total / self.weights.of(one.start, one.days)


class _Estimate(msgspec.Struct, frozen=True, gc=False):
    """A forecast before its band.

    Attributes:
        total: the quantity at the end of the period.
        floor: the lower bound is never below it.
        top: the upper bound is a multiple of it.
        expected: the quantity by now at last period's pace; sums with history only.
    """

    total: Decimal
    floor: Decimal
    top: Decimal
    expected: Decimal | None = None


def forecast(  # noqa: PLR0917 - the interface is fixed; callers name what they pass
    kind: Kind,
    start: date,
    days: int,
    running: Mapping[date, Decimal],
    earlier: Iterable[Closed],
    steps_before: Iterable[tuple[date, Decimal]] = (),
) -> Forecast:
    """Forecast the quantity at the end of a period.

    Args:
        kind: "sum" adds up over the period, "mark" is the highest reading, "level" goes both ways.
        start: the first day of the period.
        days: the length of the period.
        running: the running total through each day that was read.
        earlier: the closed periods before this one.
        steps_before: the daily steps before this period.
    """
    first = start.toordinal()
    closed = (DatedPast(one.start.toordinal(), one.days, one.total, one.scores) for one in earlier)
    before = {day.toordinal(): step for day, step in steps_before}
    return forecast_series(
        kind,
        first,
        days,
        {day.toordinal() - first: total for day, total in running.items()},
        sorted(closed, key=attrgetter("start")),
        sorted(before.items()),
    )


def forecast_series(  # noqa: PLR0917 - as ``forecast``
    kind: Kind,
    start: int,
    days: int,
    running: Mapping[int, Decimal],
    closed: Sequence[Past],
    steps_before: Sequence[Step],
) -> Forecast:
    """Forecast as ``forecast`` does, from days that are numbers: a state has thousands of them.

    Args:
        kind: see ``forecast``.
        start: the ordinal of the first day of the period.
        days: the length of the period.
        running: the running total by offset from the start.
        closed: the closed periods before this one, oldest first.
        steps_before: the daily steps before this period by ordinal, oldest first.
    """
    with localcontext(CONTEXT):
        history = _history(closed)
        seen = _seen(kind, days, running, has_history=bool(history))
        if min((*seen.totals.values(), *(one.total for one in history)), default=ZERO) < 0:
            return Forecast(refused="negative")
        if not history and seen.days < MIN_DAYS:
            return Forecast(refused="too_little_data")
        steps: list[Step] = []
        if kind != "mark":
            steps = _merged(steps_before, _steps(kind, start, seen))
        weights = Weights.learn(steps[-WEIGHT_STEPS:]) if kind == "sum" else NO_WEIGHTS
        pace = _pace(weights, start, days, seen)
        return _with_band(_Case(kind, seen, pace, history, weights, steps))


def factor(one: Decimal, other: Decimal) -> Decimal:
    """Return how far apart two quantities are, as a share of the smaller one; at most 9."""
    if one == other:
        return ZERO
    if one == 0 or other == 0:
        return LARGEST_FACTOR
    if one < 0 or other < 0:
        return min(LARGEST_FACTOR, max(one / other, other / one) - 1)
    return min(LARGEST_FACTOR, (one / other if one > other else other / one) - 1)


def shrink(left: Decimal) -> Decimal:
    """Return how much of a whole period's error is left when a share of it is to come."""
    root = left.sqrt(CONTEXT)
    return CONTEXT.multiply(root, root.sqrt(CONTEXT))


def score(outcome: Decimal, made: Decimal, elapsed: Decimal) -> Decimal:
    """Return the error of a forecast, extended to a whole period.

    Args:
        outcome: what the period came to.
        made: what had been forecast.
        elapsed: the share of the period that had passed, less than 1.
    """
    with localcontext(CONTEXT):
        return rounded(factor(outcome, made) / shrink(1 - elapsed))


def rounded(value: Decimal) -> Decimal:
    """Round to six decimals, half to even."""
    if value.adjusted() > _LARGEST_ROUNDED:
        return value
    return value.quantize(_RESOLUTION, context=CONTEXT)


def _history(closed: Sequence[Past]) -> Sequence[Past]:
    """Return the newest closed periods, oldest first, from the first one with a total."""
    newest = [one for one in closed if one.days > 0][-MAX_EARLIER:]
    for at, one in enumerate(newest):
        if one.total:
            return newest[at:]
    return ()


def _seen(kind: Kind, days: int, running: Mapping[int, Decimal], *, has_history: bool) -> _Seen:
    totals = {day: running[day] for day in sorted(running) if 0 <= day < days}
    if kind != "level":
        totals = _uncorrected(totals)
    first = 0 if has_history else next((day for day, total in totals.items() if total), None)
    return _Seen(totals, first, max(totals, default=None))


def _uncorrected(totals: dict[int, Decimal]) -> dict[int, Decimal]:
    """Drop each total that is above a later one: it was corrected."""
    values = [*totals.values()]
    if all(map(le, values, values[1:])):  # the usual case
        return totals
    kept: list[tuple[int, Decimal]] = []
    for day, total in reversed(totals.items()):
        if not kept or total <= kept[-1][1]:
            kept.append((day, total))
    return dict(reversed(kept))


def daily_steps(
    kind: Kind, start: int, days: int, running: Mapping[int, Decimal], *, has_history: bool
) -> list[Step]:
    """Return the daily steps of a period, oldest first: one between any two adjacent days.

    Args:
        kind: see ``forecast``.
        start: the ordinal of the first day of the period.
        days: its length.
        running: the running total by offset from the start.
        has_history: whether days count from the start, and not from first use.
    """
    return _steps(kind, start, _seen(kind, days, running, has_history=has_history))


def _steps(kind: Kind, start: int, seen: _Seen) -> list[Step]:
    if seen.first is None:
        return []
    offsets, values = [*seen.totals], [*seen.totals.values()]
    if kind != "level":
        offsets, values = [-1, *offsets], [ZERO, *values]
    return [
        (start + offset, step)
        for before, offset, step in zip(
            offsets, offsets[1:], map(sub, values[1:], values), strict=False
        )
        if offset - before == 1 and offset >= seen.first
    ]


def _merged(before: Sequence[Step], found: list[Step]) -> list[Step]:
    """Return steps by day, the newer of two of one day; as a rule they are in order already."""
    steps = [*before, *found]
    days = [day for day, _ in steps]
    if all(map(lt, days, days[1:])):
        return steps
    return sorted((dict(before) | dict(found)).items())


def _pace(weights: Weights, start: int, days: int, seen: _Seen) -> _Pace:
    first = seen.first or 0
    upcoming = first if seen.newest is None else seen.newest + 1
    return _Pace(
        weights.of(start + first, seen.days), weights.of(start + upcoming, days - upcoming)
    )


def _estimate(case: _Case) -> _Estimate:
    last = case.history[-1] if case.history else None
    now, pace = case.seen.now, case.pace
    if case.kind == "sum":
        return _sum(now, pace, None if last is None else case.per_day(last))
    last_total = ZERO if last is None else last.total
    if case.kind == "mark":
        total = now + pace.left * max(ZERO, last_total - now)
        return _Estimate(total, now, max(now, last_total))
    level = last_total if case.seen.newest is None else now
    drift = _trimmed_mean([step for _, step in case.steps[-LEVEL_STEPS:]])
    total = max(ZERO, level + pace.rest * drift)
    return _Estimate(total, ZERO, total)


def _sum(now: Decimal, pace: _Pace, last: Decimal | None) -> _Estimate:
    if last is None:
        total = now + pace.rest * now / pace.seen
        return _Estimate(total, now, total)
    total = now + pace.rest * (now + LAST_PERIOD_DAYS * last) / (pace.seen + LAST_PERIOD_DAYS)
    return _Estimate(total, now, total, expected=pace.seen * last)


def _with_band(case: _Case) -> Forecast:
    """Estimate, round, and add the band of earlier outcomes."""
    estimate = _estimate(case)
    left = case.pace.left
    elapsed = 1 - left
    total = rounded(estimate.total)
    expected = None if estimate.expected is None else rounded(estimate.expected)
    if not case.pace.rest:
        return Forecast(total, total, total, expected, rounded(elapsed))
    outcomes = _changes(case) + _scores(case.history, elapsed)
    if len(outcomes) < MIN_OUTCOMES:
        return Forecast(total, None, None, expected, rounded(elapsed), len(outcomes))
    spread = quantile(outcomes)
    if estimate.expected is not None:
        spread = max(spread, factor(case.seen.now, estimate.expected) * elapsed)
    width = 1 + spread * shrink(left)
    low = estimate.floor if case.kind == "mark" else max(estimate.floor, estimate.total / width)
    high = estimate.top * width
    return Forecast(total, rounded(low), rounded(high), expected, rounded(elapsed), len(outcomes))


def _changes(case: _Case) -> list[Decimal]:
    """Return how far each closed period was from the one before it."""
    sums = case.kind == "sum"
    totals = [case.per_day(one) if sums else one.total for one in case.history]
    return [*map(factor, totals, totals[1:])]


def _scores(history: Sequence[Past], elapsed: Decimal) -> list[Decimal]:
    """Return the scores of the forecasts that were kept at the last checkpoint passed."""
    scores = [one.score_at(elapsed) for one in history]
    return [score for score in scores if score is not None][-MAX_OUTCOMES:]


def quantile(outcomes: Sequence[Decimal]) -> Decimal:
    """Return the smallest band that the next outcome stays in four times of five."""
    rank = -(-4 * (len(outcomes) + 1) // 5)
    return sorted(outcomes)[rank - 1]


def _trimmed_mean(steps: Sequence[Decimal]) -> Decimal:
    """Return the mean without a tenth at each end; 0 of nothing."""
    cut = len(steps) // 10
    kept = sorted(steps)[cut : len(steps) - cut]
    return sum(kept, ZERO) / len(kept) if kept else ZERO

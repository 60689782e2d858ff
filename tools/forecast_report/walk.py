"""Walk forward over a daily series: forecast each billing period from what was known on the day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise

from billing_exporter.forecasting.forecast import (
    CHECKPOINTS,
    MAX_EARLIER,
    WEIGHT_STEPS,
    Closed,
    Forecast,
    forecast,
    score,
)
from tools.forecast_report.series import Daily

DAY = timedelta(days=1)
LEAST_ELAPSED = Decimal("0.1")  # the linear pace takes no less of the period as passed


@dataclass(frozen=True)
class Outcome:
    """How the first forecast at or after a checkpoint came out.

    Attributes:
        checkpoint: share of the period.
        linear: error of the linear pace on that day, as a share of the outcome.
        error: error of the forecast, as a share of the outcome.
        inside: whether the outcome was in the band; None without a band.
        width: of the band, as a share of the outcome; None without a band.
    """

    checkpoint: Decimal
    linear: Decimal
    error: Decimal
    inside: bool | None
    width: Decimal | None


@dataclass(frozen=True)
class Walked:
    """The outcomes of one series.

    Attributes:
        settled: by an exporter that has watched the periods before.
        installed: by one that was installed at the start of the period and knows totals alone.
    """

    settled: tuple[Outcome, ...]
    installed: tuple[Outcome, ...]


@dataclass(frozen=True)
class _Period:
    series: Daily
    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def running(self) -> dict[date, Decimal]:
        """Return what the API would report through each day."""
        values = self.series.between(self.start, self.end)
        if self.series.kind != "level":
            values = list(accumulate(values, max if self.series.kind == "mark" else None))
        return {self.start + timedelta(days=number): value for number, value in enumerate(values)}

    def steps_before(self) -> list[tuple[date, Decimal]]:
        """Return the daily steps before the period."""
        first = max(self.series.first, self.start - timedelta(days=WEIGHT_STEPS + 1))
        values = self.series.between(first, self.start)
        if self.series.kind == "level":
            values = [later - value for value, later in pairwise(values)]
            first += DAY
        return [(first + timedelta(days=number), value) for number, value in enumerate(values)]


def walk(series: Daily, *, anchor: int = 1, before: int = 3, newest: int | None = None) -> Walked:
    """Forecast every billing period of a series.

    Args:
        series: to walk over.
        anchor: the day of the month on which billing periods begin.
        before: periods that must be known before outcomes count.
        newest: how many periods count, from the end; all of them by default.
    """
    periods = [_Period(series, start, end) for start, end in series.months(anchor)]
    counted = before if newest is None else max(before, len(periods) - newest)
    earlier: list[Closed] = []
    settled: list[Outcome] = []
    installed: list[Outcome] = []
    for number, period in enumerate(periods):
        running = period.running()
        outcome = running[period.end - DAY]
        kept = dict(_kept(period, running, earlier, period.steps_before()))
        if number >= counted:
            totals = [Closed(one.start, one.days, one.total) for one in earlier]
            settled += _outcomes(series, kept, running, outcome)
            installed += _outcomes(series, dict(_kept(period, running, totals)), running, outcome)
        scores = {
            share: score(outcome, made.total, made.elapsed)
            for share, (_, made) in kept.items()
            if made.total is not None and made.elapsed is not None
        }
        earlier = [*earlier, Closed(period.start, period.days, outcome, scores)][-MAX_EARLIER:]
    return Walked(tuple(settled), tuple(installed))


def _kept(
    period: _Period,
    running: dict[date, Decimal],
    earlier: Sequence[Closed],
    steps: Sequence[tuple[date, Decimal]] = (),
) -> Iterator[tuple[Decimal, tuple[date, Forecast]]]:
    """Yield the first forecast at or after each checkpoint, with its day."""
    highest = Decimal(0)
    seen: dict[date, Decimal] = {}
    for day in list(running)[:-1]:
        seen[day] = running[day]
        made = forecast(period.series.kind, period.start, period.days, seen, earlier, steps)
        if made.elapsed is None or made.elapsed >= 1:
            continue
        passed = max((share for share in CHECKPOINTS if share <= made.elapsed), default=highest)
        if passed > highest:
            highest = passed
            yield passed, (day, made)
        if highest == CHECKPOINTS[-1]:
            return


def _outcomes(
    series: Daily,
    kept: dict[Decimal, tuple[date, Forecast]],
    running: dict[date, Decimal],
    outcome: Decimal,
) -> list[Outcome]:
    """Compare what was forecast with the outcome; of an outcome of nothing there is no share."""
    found = []
    for checkpoint, (day, made) in kept.items():
        if made.total is None or not outcome:
            continue
        inside, width = None, None
        if made.lower is not None and made.upper is not None:
            inside = made.lower <= outcome <= made.upper
            width = (made.upper - made.lower) / outcome
        linear = _linear(series, running, day)
        errors = (abs(linear - outcome) / outcome, abs(made.total - outcome) / outcome)
        found.append(Outcome(checkpoint, *errors, inside, width))
    return found


def _linear(series: Daily, running: dict[date, Decimal], day: date) -> Decimal:
    """Return the linear pace: what adds up goes on at its average, the rest stays."""
    if series.kind != "sum":
        return running[day]
    start = min(running)
    elapsed = Decimal((day - start).days + 1) / len(running)
    return running[day] / max(elapsed, LEAST_ELAPSED)

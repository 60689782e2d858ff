"""A simulated year, read once a day: every forecast and what is exposed of its error.

The right values are worked out from what the world used, not from what the exporter kept: running
totals, closed totals and daily steps are taken from the world's history, errors are counted here.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from statistics import median
from typing import Any

import pytest

from billing_exporter.collectors.closed_periods import Answer, History, PackedHistory
from billing_exporter.collectors.settings import EVERY_COLLECTOR
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import PeriodData, TrustorData, TrustorState
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.forecasting.forecast import CHECKPOINTS, Closed, Forecast, forecast, score
from billing_exporter.forecasting.forecasts import Forecasts
from billing_exporter.forecasting.store import CODEC
from billing_exporter.genesys.decoding import Decoder
from billing_exporter.genesys.records import TrusteeBillingOverview
from billing_exporter.metrics.forecasts import TRUSTOR_QUANTITIES
from billing_exporter.settlement import fingerprint
from billing_exporter.simulator import World
from billing_exporter.simulator.catalogue import charges
from billing_exporter.simulator.history import quantities
from billing_exporter.simulator.periods import Period, newest, numbered
from billing_exporter.simulator.trustors import Trustor
from billing_exporter.state_files.store import MemoryStore
from tools.testkit.scrapes import Scrape

SEED = 3
FIRST, LAST = date(2025, 10, 20), date(2026, 12, 31)
KINDS = {"total": "sum", "peak": "mark", "level": "level"}
MOST = {"total": 2, "peak": 1, "level": 1}  # charges of a customer that are looked at
DAY = timedelta(days=1)
WORLD = World(SEED, 2)
OVERVIEWS = Decoder(TrusteeBillingOverview)
NUMBERS = {
    TRUSTOR_QUANTITIES.forecast: "total",
    TRUSTOR_QUANTITIES.lower: "lower",
    TRUSTOR_QUANTITIES.upper: "upper",
    TRUSTOR_QUANTITIES.expected: "expected_by_now",
}


@dataclass
class Truth:
    """What is right about one charge of one customer, day by day."""

    trustor: Trustor
    place: int
    earlier: list[Closed]
    steps: list[tuple[date, Decimal]] = field(default_factory=list)
    period: Period | None = None
    running: dict[date, Decimal] = field(default_factory=dict)
    kept: dict[Decimal, Forecast] = field(default_factory=dict)
    outcomes: list[dict[Decimal, tuple[Decimal, bool | None]]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name."""
        return charges()[self.place].name

    def used(self, period: Period, days: int) -> Decimal:
        """Return what was used through so many days of a period."""
        return quantities(self.trustor, SEED, period, days)[self.place]

    def read(self, today: date) -> Forecast:
        """Return the forecast of a day."""
        period = newest(today, self.trustor.anchor)
        if self.period is not None and period != self.period:
            self._close(self.period)
        self.period = period
        through = min(today - DAY, period.end)
        self.running[through] = self.used(period, (through - period.start).days + 1)
        made = forecast(
            KINDS[charges()[self.place].measure],  # type: ignore[arg-type] # one of the kinds
            period.start,
            period.days,
            self.running,
            self.earlier,
            self.steps,
        )
        if made.total is not None and made.elapsed is not None and made.elapsed < 1:
            passed = [share for share in CHECKPOINTS if share <= made.elapsed]
            if passed and max(passed) > max(self.kept, default=Decimal(0)):
                self.kept[max(passed)] = made
        return made

    def _close(self, period: Period) -> None:
        total = self.used(period, period.days)
        before = (
            {} if charges()[self.place].measure == "level" else {period.start - DAY: Decimal(0)}
        )
        known = before | self.running
        self.steps += [
            (day, known[day] - known[day - DAY]) for day in sorted(known) if day - DAY in known
        ]
        self.outcomes.append({share: _outcome(made, total) for share, made in self.kept.items()})
        scores = {
            share: score(total, made.total, made.elapsed)
            for share, made in self.kept.items()
            if made.total is not None and made.elapsed is not None
        }
        self.earlier.append(Closed(period.start, period.days, total, scores))
        self.running, self.kept = {}, {}


def _outcome(made: Forecast, total: Decimal) -> tuple[Decimal, bool | None]:
    """Return how far off a forecast was, and whether the outcome was in its band."""
    assert made.total is not None
    inside = None
    if made.lower is not None and made.upper is not None:
        inside = made.lower <= total <= made.upper
    return abs(made.total / total - 1), inside


def _places(trustor: Trustor) -> Iterator[int]:
    """Yield the busiest charges of a customer, some of each kind."""
    period = numbered(2025 * 12 + 6, trustor.anchor)
    used = quantities(trustor, SEED, period, period.days)
    left = dict(MOST)
    for place in sorted(used, key=lambda place: used[place], reverse=True):
        charge = charges()[place]
        is_own = charge.grouping in {"resource", "messaging-usage", "user-license", "storage"}
        if left.get(charge.measure) and is_own:
            left[charge.measure] -= 1
            yield place


def _overviews(trustor: Trustor, today: date, names: frozenset[str]) -> dict[str, PeriodData]:
    """Return the two newest overviews, with some of their rows."""
    current = _read(WORLD.overview(trustor, 0, today), names)
    return {
        "current": current,
        "previous": _previous(trustor, newest(today, trustor.anchor), names),
    }


@cache
def _previous(trustor: Trustor, period: Period, names: frozenset[str]) -> PeriodData:
    """Return the overview before a period: it does not change."""
    return _read(WORLD.overview(trustor, 1, period.end), names)


def _read(answer: dict[str, Any] | None, names: frozenset[str]) -> PeriodData:
    """Return an overview as the client reads it."""
    assert answer is not None
    answer["usages"] = [row for row in answer["usages"] if row["name"] in names]
    return PeriodData(OVERVIEWS.decode(json.dumps(answer).encode()).value, 0)


def _history(truths: list[Truth]) -> PackedHistory:
    """Return the closed periods of before the first day."""
    history = History()
    for each in reversed(truths[0].earlier):
        totals = {
            _key(truth): next(one.total for one in truth.earlier if one.start == each.start)
            for truth in truths
        }
        end = each.start + timedelta(days=each.days - 1)
        answer = Answer(each.start, end, fingerprint([], {}), {}, totals)
        history = history.with_answer(answer, datetime(2025, 10, 20, tzinfo=UTC), 12)
    return PackedHistory.of(history)


def _key(truth: Truth) -> tuple[str, ...]:
    charge = charges()[truth.place]
    return charge.name, charge.part_number, charge.grouping, charge.unit


@dataclass
class Year:
    """What was exposed during a year, and what is right."""

    differences: list[str]
    truths: list[Truth]
    text: str
    results: int


@pytest.fixture(scope="module")
def year() -> Year:
    """A year that is read once a day."""
    fleet = [WORLD.fleet[number] for number in range(2)]
    truths: dict[str, list[Truth]] = defaultdict(list)
    for trustor in fleet:
        running = newest(FIRST, trustor.anchor)
        before = [numbered(running.month - back, trustor.anchor) for back in range(12, 0, -1)]
        for place in _places(trustor):
            truth = Truth(trustor, place, [])
            truth.earlier = [
                Closed(period.start, period.days, truth.used(period, period.days))
                for period in before
            ]
            truths[trustor.organization.id].append(truth)
    history = {key: _history(of) for key, of in truths.items()}
    assert EVERY_COLLECTOR.trustors is not None
    forecasts = Forecasts(MemoryStore(CODEC))
    collector = forecasts.added_to(TrustorsCollector(EVERY_COLLECTOR.trustors), "acme", "here")
    differences = []
    for number in range((LAST - FIRST).days + 1):
        today = FIRST + number * DAY
        moment = datetime.combine(today, time(12), UTC)
        states, read = {}, {}
        for trustor in fleet:
            key, name = trustor.organization.id, trustor.organization.name
            names = frozenset(truth.name for truth in truths[key])
            periods = _overviews(trustor, today, names)
            read[key] = TrustorData.of(key, name, periods)
            states[key] = TrustorState(key, name, "ok", moment)
        parts = collector.parts(TrustorsData(states, read, history=history))
        for key, of in truths.items():
            shown = collector.expose(parts[f"trustor {key}"]).families
            for truth in of:
                made = truth.read(today)
                for metric, attribute in NUMBERS.items():
                    assert metric is not None
                    found = [
                        value
                        for to, value in shown.get(metric, {}).items()
                        if f'charge="{truth.name}"' in to
                    ]
                    right = getattr(made, attribute)
                    if found != ([] if right is None else [right]):
                        differences.append(f"{today} {truth.name} {metric.name} {found} {right}")
    every = [truth for of in truths.values() for truth in of]
    return Year(differences, every, forecasts.text().decode(), len(every))


def test_each_day_shows_the_forecast_of_what_was_used(year: Year) -> None:
    """On every day each exposed number is the forecast made of the world's own totals."""
    assert year.differences[:5] == []


def test_the_exposed_error_is_the_one_that_was_made(year: Year) -> None:
    """Error, share inside and number of outcomes are those of the last twelve closed periods."""
    scrape = Scrape(year.text)
    for checkpoint in CHECKPOINTS:
        outcomes = [
            period[checkpoint]
            for truth in year.truths
            for period in truth.outcomes[-12:]
            if checkpoint in period
        ]
        assert len(outcomes) == 12 * len(year.truths)
        of = {"organization": "acme", "subject": "trustors", "elapsed": f"{100 * checkpoint:.0f}"}
        error = median(round(error, 4) for error, _ in outcomes)
        inside = [inside for _, inside in outcomes if inside is not None]
        assert scrape.value("forecast_scored", **of) == len(outcomes)
        assert scrape.value("forecast_error_ratio", **of) == pytest.approx(float(error))
        assert scrape.value("forecast_inside_ratio", **of) == pytest.approx(
            sum(inside) / len(inside)
        )


def test_every_charge_has_a_forecast_with_bounds(year: Year) -> None:
    """After a year all charges are counted as forecast with bounds."""
    scrape = Scrape(year.text)
    of = {"organization": "acme", "subject": "trustors"}
    assert scrape.value("forecasts", **of, outcome="ok") == year.results

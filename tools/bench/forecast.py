"""Cost of forecasts: a reading of a customer is taken in, and all its charges are forecast."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import median

from billing_exporter.collectors.closed_periods import Answer, History, PackedHistory
from billing_exporter.collectors.trustor_overview import PeriodData, TrustorData
from billing_exporter.forecasting import trustors
from billing_exporter.forecasting.forecaster import Forecaster
from billing_exporter.forecasting.outlook import look_ahead
from billing_exporter.forecasting.readings import Subject
from billing_exporter.forecasting.state import EMPTY, SubjectState
from billing_exporter.forecasting.store import CODEC
from billing_exporter.genesys.records import SubscriptionOverviewUsage, TrusteeBillingOverview
from billing_exporter.settlement import fingerprint
from billing_exporter.state_files.store import MemoryStore
from tools.bench.report import Aim, Finding
from tools.bench.scale import Scale

CHARGES = 25
CUSTOMERS = 2_000
AIM = 10.0  # seconds a day
DAYS = 30
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
WATCHED = 12  # periods before the measured one
GROUPINGS = ("resource", "resource", "messaging-usage", "user-license", "storage")


def findings(scale: Scale) -> Iterator[Finding]:
    """Measure each day of a period, in processor time; the median counts."""
    costs = [customer.costs() for customer in readings(scale.rounds)]
    measured, computed = (median(column) for column in zip(*costs, strict=True))
    yield Finding(
        f"a reading of {CHARGES} charges with a year of history is taken in and forecast",
        "ms",
        1000 * measured,
    )
    yield Finding(
        f"the same for {CUSTOMERS:,} customers, each once a day",
        "s",
        CUSTOMERS * measured,
        aim=Aim(value=AIM),
    )
    yield Finding(
        "of it the forecasts themselves, without the reading and the state",
        "s",
        CUSTOMERS * computed,
    )


def readings(rounds: int) -> Iterator["Reading"]:
    """Yield the readings of some periods after a watched year, each to be taken once."""
    chance = random.Random(1)  # noqa: S311 - numbers, no secret
    store = Kept(CODEC)
    forecaster = Forecaster("", store)
    history, used = History(), [Decimal(0)] * CHARGES
    for back in range(WATCHED, 0, -1):
        totals = [Decimal(DAYS * (place + 1) * chance.randint(80, 120)) for place in range(CHARGES)]
        history = _with(history, FIRST - timedelta(days=DAYS * back), totals)
    for number in range(WATCHED + rounds):
        start = FIRST + timedelta(days=DAYS * number)
        before, used = used, [Decimal(0)] * CHARGES
        for day in range(1, DAYS + 1):
            used = [
                total + Decimal((place + 1) * chance.randint(5000, 15000)) / 100
                for place, total in enumerate(used)
            ]
            periods = {
                "current": _overview(start, used),
                "previous": _overview(start - timedelta(days=DAYS), before),
            }
            data = TrustorData.of("id-1", "Acme", periods)
            read_on = (start + timedelta(days=day)).date()
            reading = Reading(forecaster, store, data, PackedHistory.of(history), read_on)
            if number < WATCHED:
                reading.take()
            else:
                yield reading
        history = _with(history, start, used)


def _with(history: History, start: datetime, totals: list[Decimal]) -> History:
    end = (start + timedelta(days=DAYS - 1)).date()
    keys = {_key(place): total for place, total in enumerate(totals)}
    amounts = {"EUR": sum(totals, Decimal(0))}
    answer = Answer(start.date(), end, fingerprint([], {}), amounts, keys)
    return history.with_answer(answer, FIRST, WATCHED)


def _key(place: int) -> tuple[str, ...]:
    return f"Charge {place}", f"GC-{place}", GROUPINGS[place % len(GROUPINGS)], "minutes"


class Kept(MemoryStore[SubjectState]):
    """A store that also has the newest state as it was before it became bytes."""

    newest = EMPTY

    def save(self, key: str, state: SubjectState) -> None:
        """Keep a state."""
        self.newest = state
        super().save(key, state)


@dataclass(frozen=True)
class Reading:
    """A customer's overviews and history as a collector has them."""

    forecaster: Forecaster
    store: "Kept"
    data: TrustorData
    history: PackedHistory
    day: date

    def take(self) -> None:
        """Take the reading in and forecast."""
        self.forecaster.take("id-1", self._subject(), self.day)

    def costs(self) -> tuple[float, float]:
        """Return the seconds that it takes, and those of the forecasts alone."""
        began = time.process_time()
        self.take()
        taken = time.process_time() - began
        current = self._subject().current
        if current is None:
            raise ValueError("the overview has no running period")
        began = time.process_time()
        look_ahead(self.store.newest, current, self.day)
        return taken, time.process_time() - began

    def _subject(self) -> Subject:
        return trustors.subject_of(self.data, self.history.unpacked())


def _overview(start: datetime, used: list[Decimal]) -> PeriodData:
    rows = []
    for place, total in enumerate(used):
        name, part_number, grouping, unit = _key(place)
        rows.append(
            SubscriptionOverviewUsage(
                name=name,
                part_number=part_number,
                grouping=grouping,
                unit_of_measure_type=unit,
                usage_quantity=total,
                prepay_quantity=Decimal(1000 * (place + 1)),
                prepay_price=Decimal("0.9"),
                overage_price=Decimal("1.1"),
            )
        )
    end = start + timedelta(days=DAYS, seconds=-1)
    overview = TrusteeBillingOverview(
        usages=tuple(rows),
        currency="EUR",
        billing_period_start_date=start,
        billing_period_end_date=end,
    )
    return PeriodData(overview, 0)

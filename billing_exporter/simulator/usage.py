"""How usage runs through a billing period, day by day.

Documented: quantities of licences are the highest use of the period (a mark that never falls),
the others add up. Invented: every figure here: quieter weekends, some noise, and bursts of
two days in nine for accounts that spike.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate

from billing_exporter.simulator.periods import Period
from billing_exporter.simulator.seeded_random import share

_SATURDAY = 5
_WEEKEND_TOTAL, _WEEKEND_PEAK = 0.35, 0.8
_BURST_CYCLE, _BURST_DAYS = 9, 2
_BURST_TOTAL, _BURST_PEAK = 7.0, 1.6


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What makes one account's days differ from another's.

    Attributes:
        key: the account, with the seed.
        burst: the phase of its bursts in days (0 to 8), None for an account without.
    """

    key: str
    burst: int | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """A period's course, by the number of counted days (index 0 to the period's length).

    Attributes:
        total: share of a plain period's whole that has been used; about 1 at the end.
        peak: highest daily use so far, as a share of the usual highest.
    """

    total: tuple[float, ...]
    peak: tuple[float, ...]


def _weekday(day: date, weekend: float) -> float:
    return weekend if day.weekday() >= _SATURDAY else 1.0


def bursting(rhythm: Rhythm, day: date) -> bool:
    """Say whether the account spikes on a day."""
    phase = rhythm.burst
    return phase is not None and (day.toordinal() + phase) % _BURST_CYCLE < _BURST_DAYS


@lru_cache(maxsize=8192)
def shape(rhythm: Rhythm, period: Period) -> Shape:
    """Draw the course of a period; both rows never fall."""
    days = [period.start + timedelta(days=number) for number in range(period.days)]
    plain = sum(_weekday(day, _WEEKEND_TOTAL) for day in days)
    used, highest = [0.0], [0.0]
    for day in days:
        luck, burst = share(rhythm.key, day), bursting(rhythm, day)
        part = _weekday(day, _WEEKEND_TOTAL) * (0.8 + 0.4 * luck) / plain
        mark = _weekday(day, _WEEKEND_PEAK) * (0.92 + 0.08 * luck)
        used.append(part * _BURST_TOTAL if burst else part)
        highest.append(mark * _BURST_PEAK if burst else mark)
    return Shape(tuple(accumulate(used)), tuple(accumulate(highest, max)))

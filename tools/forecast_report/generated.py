"""Generated daily series: a picture of what contact centers use, from a seed.

Invented: every figure. Weekdays, holidays, growth, drift, steps with ramps, campaigns, late starts,
ends, and counts that scatter more than a Poisson process does.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import exp

from tools.forecast_report.series import Daily

FIRST = date(2023, 1, 1)
DAYS = 790  # 25 whole months and a part of one
_BEGINS_LATE, _ENDS = 0.08, 0.05  # shares of the charges

_WEEKS = (
    (1.2, 1.1, 1.05, 1.0, 0.95, 0.2, 0.1),
    (1.1, 1.0, 1.0, 1.0, 1.0, 0.9, 0.8),
    (0.9, 0.9, 0.95, 1.0, 1.3, 1.2, 0.6),
    (1.05, 1.05, 1.0, 1.0, 0.15, 0.1, 1.0),
    (1.0, 1.0, 1.0, 1.0, 1.1, 0.02, 1.0),
)
_HOLIDAYS = frozenset(
    (month, day)
    for month, days in {
        1: (1, 6), 2: (19,), 4: (7, 10), 5: (1, 18, 29), 7: (4,), 8: (15,), 9: (4,), 10: (3,),
        11: (1, 23), 12: (25, 26),
    }.items()
    for day in days
)  # fmt: skip


@dataclass(frozen=True)
class _Usage:
    """How one sort of charge is used.

    Attributes:
        name: of the sort.
        mean: of an ordinary day.
        scatter: 0 for a Poisson process; the larger, the wilder the days.
        drift: of the logarithm from one day to the next.
        campaigns: a year.
        holiday: share of an ordinary day that is used on a holiday.
    """

    name: str
    mean: float
    scatter: float
    drift: float
    campaigns: float
    holiday: float


USAGES = (
    _Usage("minutes", 4000, 0.015, 0.012, 0.4, 0.3),
    _Usage("messages", 900, 0.12, 0.028, 2, 0.5),
    _Usage("API requests", 60000, 0.04, 0.018, 0.7, 0.8),
    _Usage("AI tokens", 300, 0.08, 0.022, 1, 0.5),
    _Usage("outbound calls", 1200, 0.25, 0.034, 5, 0.05),
    _Usage("rarely used", 3, 1.5, 0.02, 0.5, 0.5),
)


def sums(charges: int, seed: int) -> Iterator[Daily]:
    """Generate charges that add up, as many of each sort."""
    for number in range(charges):
        usage = USAGES[number % len(USAGES)]
        chance = random.Random(f"{seed}/{number}")  # noqa: S311 - a series, no secret
        yield Daily(usage.name, "sum", FIRST, _used(usage, chance))


def others(charges: int, seed: int) -> Iterator[Daily]:
    """Generate licences, of which the highest day counts, and storage, which is a level."""
    for number in range(charges):
        chance = random.Random(f"{seed}/other/{number}")  # noqa: S311 - a series, no secret
        if number % 3:
            yield Daily("licences", "mark", FIRST, _licences(chance))
        else:
            yield Daily("storage", "level", FIRST, _storage(chance))


def _used(usage: _Usage, chance: random.Random) -> list[Decimal]:
    size = usage.mean * exp(chance.gauss(0, 0.8))
    week = [weight * chance.uniform(0.9, 1.1) for weight in chance.choice(_WEEKS)]
    heights, boosts = _heights(usage, chance), _boosts(usage, chance)
    begin = chance.randrange(60, 400) if chance.random() < _BEGINS_LATE else 0
    end = chance.randrange(500, DAYS) if chance.random() < _ENDS else DAYS
    values = []
    for number, (height, boost) in enumerate(zip(heights, boosts, strict=True)):
        day = FIRST + timedelta(days=number)
        mean = size * height * boost * week[day.weekday()]
        if (day.month, day.day) in _HOLIDAYS:
            mean *= usage.holiday
        used = _count(mean, usage.scatter, chance) if begin <= number < end else 0
        values.append(Decimal(used))
    return values


def _heights(usage: _Usage, chance: random.Random) -> list[float]:
    """Return growth, drift and steps as a factor of each day."""
    growth = chance.gauss(0.05, 0.15) / 365
    pull, log = 0.02, 0.0
    step, left, slope = 0.0, 0, 0.0
    found = []
    for number in range(DAYS):
        log += chance.gauss(0, usage.drift) - pull * log
        if chance.random() < 0.5 / 365:
            left = chance.randrange(1, 30)
            slope = chance.gauss(0, 0.35) / left
        if left:
            step, left = step + slope, left - 1
        found.append(exp(growth * number + log + step))
    return found


def _boosts(usage: _Usage, chance: random.Random) -> list[float]:
    """Return campaigns as a factor of each day."""
    found, left, height = [], 0, 1.0
    for _ in range(DAYS):
        if not left and chance.random() < usage.campaigns / 365:
            left, height = chance.randrange(4, 14), chance.uniform(1.5, 3.5)
        found.append(height if left else 1.0)
        left = max(0, left - 1)
    return found


def _count(mean: float, scatter: float, chance: random.Random) -> int:
    """Draw a count: a Poisson process whose mean varies itself."""
    if scatter:
        mean = chance.gammavariate(1 / scatter, mean * scatter)
    if mean > 50:  # noqa: PLR2004 - from there on the normal distribution is near enough
        return max(0, round(chance.gauss(mean, mean**0.5)))
    limit, count, product = exp(-mean), 0, chance.random()
    while product > limit:
        count, product = count + 1, product * chance.random()
    return count


def _licences(chance: random.Random) -> list[Decimal]:
    """Return how many were signed in on each day: a crew that grows, fewer at weekends."""
    crew, found = chance.uniform(20, 800), []
    for number in range(DAYS):
        crew *= exp(chance.gauss(0.0002, 0.004))
        weekend = (FIRST + timedelta(days=number)).weekday() >= 5  # noqa: PLR2004 - Saturday
        share = chance.uniform(0.3, 0.6) if weekend else chance.uniform(0.9, 1.0)
        found.append(Decimal(round(crew * share)))
    return found


def _storage(chance: random.Random) -> list[Decimal]:
    """Return what is stored at the end of each day: it grows, and now and then it is cleared."""
    level = chance.uniform(50, 5000)
    growth = level * chance.uniform(0.0005, 0.004)
    found = []
    for _ in range(DAYS):
        level += growth * chance.uniform(0.2, 1.8)
        if chance.random() < 1 / 300:
            level *= chance.uniform(0.6, 0.95)
        found.append(Decimal(round(level, 1)).quantize(Decimal("0.1")))
    return found

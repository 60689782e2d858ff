"""The rhythm of days: weekdays, holidays, campaigns and bursts, as weights of the days of a period.

Invented: every figure here. An office rests at weekends, a care line never does, a shop is busiest
on Friday and Saturday, machines hardly notice the day, and outbound calls stop at weekends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, get_args

from billing_exporter.simulator.periods import Period
from billing_exporter.simulator.seeded_random import shares

Profile = Literal["office", "care", "shop", "machine", "outbound"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
TRADES: tuple[Profile, ...] = ("office", "care", "shop")

_WEEK: Mapping[Profile, tuple[float, ...]] = MappingProxyType(
    {
        "office": (1.18, 1.08, 1.03, 1.0, 0.94, 0.27, 0.2),
        "care": (1.1, 1.04, 1.0, 1.0, 1.02, 0.84, 0.78),
        "shop": (0.86, 0.88, 0.94, 1.02, 1.24, 1.3, 0.72),
        "machine": (1.03, 1.02, 1.0, 1.0, 1.0, 0.88, 0.86),
        "outbound": (1.05, 1.1, 1.1, 1.05, 0.9, 0.08, 0.02),
    }
)
_MEAN = MappingProxyType({name: sum(week) / 7 for name, week in _WEEK.items()})
_HOLIDAYS = frozenset({(1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)})
_ON_HOLIDAY: Mapping[Profile, float] = MappingProxyType(
    {"office": 0.15, "care": 0.7, "shop": 0.4, "machine": 0.85, "outbound": 0.02}
)
_BURST_CYCLE, _BURST_DAYS = 9, 2
BURST_TOTAL, BURST_PEAK = 7.0, 1.6
CAMPAIGN_DAYS, CAMPAIGN = 9, 2.6
_USUAL_DAYS = 365.25 / 12
_SATURDAY = 5
_WEEKEND_MARK = 0.9


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What makes the days of one charge of one customer differ.

    Attributes:
        key: the customer and the charge, with the seed.
        profile: the weights of the weekdays.
        burst: phase of the bursts in days (0 to 8), None without.
        campaign: whether it has campaigns.
    """

    key: str
    profile: Profile = "office"
    burst: int | None = None
    campaign: bool = False


def bursting(phase: int | None, day: date) -> bool:
    """Return whether a customer with bursts of a phase has one on a day: two days of nine."""
    return phase is not None and (day.toordinal() + phase) % _BURST_CYCLE < _BURST_DAYS


def is_holiday(day: date) -> bool:
    """Return whether a day is one of the few fixed holidays."""
    return (day.month, day.day) in _HOLIDAYS


def _days(period: Period) -> list[date]:
    return [period.start + timedelta(days=number) for number in range(period.days)]


def _weight(profile: Profile, day: date) -> float:
    return _WEEK[profile][day.weekday()] * (_ON_HOLIDAY[profile] if is_holiday(day) else 1.0)


@lru_cache(maxsize=8192)
def _weights(profile: Profile, burst: int | None, period: Period) -> tuple[float, ...]:
    return tuple(
        _weight(profile, day) * (BURST_TOTAL if bursting(burst, day) else 1.0)
        for day in _days(period)
    )


@lru_cache(maxsize=8192)
def size(profile: Profile, burst: int | None, period: Period) -> float:
    """Return how much a period's days weigh, beside 1 for a month without holidays or bursts."""
    return sum(_weights(profile, burst, period)) / (_MEAN[profile] * _USUAL_DAYS)


def campaign_start(rhythm: Rhythm, period: Period) -> int | None:
    """Return the day of a period on which a campaign begins, None in two periods of three."""
    if not rhythm.campaign:
        return None
    luck, place = shares(2, rhythm.key, "campaign", period.month)
    return int(place * (period.days - CAMPAIGN_DAYS)) if luck < 1 / 3 else None


def campaign_size(rhythm: Rhythm, period: Period) -> float:
    """Return by how much a campaign raises a period's total."""
    if campaign_start(rhythm, period) is None:
        return 1.0
    return 1.0 + (CAMPAIGN - 1.0) * CAMPAIGN_DAYS / _USUAL_DAYS


def running_share(rhythm: Rhythm, period: Period, day: int) -> float:
    """Return the share of a period's total that its first days use; 1 when it is over."""
    noise = shares(period.days, rhythm.key, period.start)
    weights = [
        weight * (0.8 + 0.4 * luck)
        for weight, luck in zip(_weights(rhythm.profile, rhythm.burst, period), noise, strict=True)
    ]
    begin = campaign_start(rhythm, period)
    if begin is not None:
        for number in range(begin, begin + CAMPAIGN_DAYS):
            weights[number] *= CAMPAIGN
    return sum(weights[:day]) / sum(weights)


def mark_share(rhythm: Rhythm, period: Period, day: int) -> float:
    """Return the highest of a period's first days as a share of its highest; 1 when it is over."""
    noise = shares(period.days, rhythm.key, period.start)
    marks = [
        (_WEEKEND_MARK if each.weekday() >= _SATURDAY else 1.0)
        * (0.94 + 0.06 * luck)
        * (BURST_PEAK if bursting(rhythm.burst, each) else 1.0)
        for each, luck in zip(_days(period), noise, strict=True)
    ]
    return max(marks[:day]) / max(marks)

"""The days of a period: shares, marks, bursts, holidays and campaigns."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from billing_exporter.simulator.periods import Period, containing
from billing_exporter.simulator.rhythm import (
    CAMPAIGN_DAYS,
    PROFILES,
    Profile,
    Rhythm,
    bursting,
    campaign_size,
    campaign_start,
    mark_share,
    running_share,
    size,
)

MAY = containing(date(2026, 5, 1), 1)


def _steps(rhythm: Rhythm, period: Period) -> list[float]:
    shares = [running_share(rhythm, period, day) for day in range(period.days + 1)]
    return [after - before for before, after in pairwise(shares)]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("burst", [None, 0, 4])
def test_shares_and_marks_never_fall_and_end_at_one(profile: Profile, burst: int | None) -> None:
    """The share used grows day by day to 1, and the highest mark never goes down."""
    for month in range(1, 13):
        period = containing(date(2026, month, 20), 12)
        rhythm = Rhythm("key", profile, burst, campaign=True)
        assert all(step > 0 for step in _steps(rhythm, period))
        assert running_share(rhythm, period, period.days) == pytest.approx(1)
        marks = [mark_share(rhythm, period, day) for day in range(1, period.days + 1)]
        assert all(before <= after for before, after in pairwise(marks))
        assert marks[-1] == 1


def test_profiles_have_different_weekends() -> None:
    """An office rests on Sunday, a care line works, a shop is busiest on Saturday."""
    period = containing(date(2026, 6, 1), 1)
    of = {profile: _steps(Rhythm("key", profile), period) for profile in PROFILES}
    sunday, saturday, monday = 6, 5, 0
    assert of["office"][sunday] < 0.4 * of["office"][monday]
    assert of["care"][sunday] > 0.4 * of["care"][monday]
    assert of["shop"][saturday] > of["shop"][monday]
    assert of["outbound"][sunday] < 0.1 * of["outbound"][monday]


def test_a_holiday_is_quiet() -> None:
    """Christmas is far below the same weekday a week before."""
    period = containing(date(2026, 12, 1), 1)
    steps = _steps(Rhythm("key", "office"), period)
    assert steps[24] < 0.4 * steps[17]


def test_bursts_come_two_days_in_nine() -> None:
    """A customer that spikes does so on two days of every nine, another never."""
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(90)]
    assert sum(bursting(3, day) for day in days) == 20
    assert not any(bursting(None, day) for day in days)


def test_a_burst_multiplies_the_day() -> None:
    """The days of a burst use seven times as much beside the others as without it."""
    plain, spiked = _steps(Rhythm("key"), MAY), _steps(Rhythm("key", burst=0), MAY)
    ratios = sorted({round(after / before, 6) for before, after in zip(plain, spiked, strict=True)})
    assert len(ratios) == 2
    assert ratios[1] / ratios[0] == pytest.approx(7)


def test_a_period_without_holidays_weighs_about_a_month() -> None:
    """A plain month weighs about 1, one with holidays less, one with bursts much more."""
    assert size("office", None, containing(date(2026, 6, 1), 1)) == pytest.approx(1, rel=0.08)
    december = size("office", None, containing(date(2026, 12, 1), 1))
    assert december < size("office", None, containing(date(2027, 3, 1), 1))
    assert size("office", 0, MAY) > 2


def test_campaigns_come_in_a_third_of_the_periods() -> None:
    """Where there are campaigns, some periods have one that lifts nine days in a row."""
    rhythm, plain = Rhythm("key", "outbound", campaign=True), Rhythm("key", "outbound")
    periods = [containing(date(2026, 1, 1) + timedelta(days=30 * n), 1) for n in range(60)]
    begun = {period: campaign_start(rhythm, period) for period in periods}
    with_one = [period for period, start in begun.items() if start is not None]
    assert 10 < len(with_one) < 30
    period = with_one[0]
    start = begun[period]
    assert start is not None
    days = slice(start, start + CAMPAIGN_DAYS)
    assert sum(_steps(rhythm, period)[days]) > sum(_steps(plain, period)[days])
    assert campaign_size(rhythm, period) > campaign_size(plain, period) == 1

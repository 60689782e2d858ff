"""Usage never falls within a period."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from billing_exporter.simulator.periods import containing
from billing_exporter.simulator.usage import Rhythm, bursting, shape


@pytest.mark.parametrize("burst", [None, 0, 4])
def test_totals_and_marks_never_fall(burst: int | None) -> None:
    """Totals grow day by day, and the highest mark never goes down."""
    for month in range(1, 13):
        drawn = shape(Rhythm("key", burst), containing(date(2026, month, 20), 12))
        assert all(before < after for before, after in pairwise(drawn.total))
        assert all(before <= after for before, after in pairwise(drawn.peak))


def test_a_plain_period_ends_near_its_whole() -> None:
    """Without bursts the total ends within a tenth of 1 and the mark within a tenth of 1."""
    drawn = shape(Rhythm("key"), containing(date(2026, 5, 1), 1))
    assert drawn.total[0] == drawn.peak[0] == 0
    assert drawn.total[-1] == pytest.approx(1, rel=0.1)
    assert drawn.peak[-1] == pytest.approx(1, rel=0.1)


def test_bursts_come_two_days_in_nine() -> None:
    """An account that spikes does so on two days of every nine, another never."""
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(90)]
    assert sum(bursting(Rhythm("key", 3), day) for day in days) == 20
    assert not any(bursting(Rhythm("key"), day) for day in days)


def test_a_burst_multiplies_the_day() -> None:
    """The days of a burst use at least four times as much as the same days without."""
    period = containing(date(2026, 5, 1), 1)
    plain, spiked = shape(Rhythm("key"), period).total, shape(Rhythm("key", 0), period).total
    ratios = {
        round((spiked[day + 1] - spiked[day]) / (plain[day + 1] - plain[day]), 6)
        for day in range(period.days)
    }
    assert ratios == {1.0, 7.0}

"""Billing periods follow each other without a gap."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as some

from billing_exporter.simulator.periods import DAY, Period, containing, newest, numbered

days = some.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))
anchors = some.integers(1, 28)


@given(days, anchors)
def test_a_day_lies_in_its_period(day: date, anchor: int) -> None:
    """The period of a day begins on the activation day and holds the day."""
    period = containing(day, anchor)
    assert period.start <= day <= period.end
    assert period.start.day == anchor


@given(days, anchors)
def test_periods_follow_without_a_gap(day: date, anchor: int) -> None:
    """A period ends on the day before the next one starts."""
    period = containing(day, anchor)
    assert numbered(period.month + 1, anchor).start == period.end + DAY


def test_the_last_day_belongs_to_the_period() -> None:
    """A period from the 12th ends on the 11th, and has all its days."""
    period = containing(date(2025, 10, 20), 12)
    assert period == Period(date(2025, 10, 12), date(2025, 11, 11))
    assert period.days == 31


def test_the_newest_period_rotates_two_days_late() -> None:
    """On the first two days of a period the API still shows the one before."""
    begin = date(2026, 11, 12)
    shown = [newest(begin + timedelta(days=passed), 12).start for passed in range(3)]
    assert shown == [date(2026, 10, 12), date(2026, 10, 12), begin]


@given(days, days, anchors)
def test_days_are_counted_through_yesterday(day: date, today: date, anchor: int) -> None:
    """The day itself is not counted before it is over, nor anything beyond the period."""
    period = containing(day, anchor)
    counted = period.counted(today)
    assert 0 <= counted <= period.days
    if period.start <= today <= period.end:
        assert counted == (today - period.start).days

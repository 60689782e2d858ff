"""Billing periods by date, and shares of prepaid amounts."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from billing_exporter.export.spans import (
    Calendar,
    Selection,
    Span,
    months_after,
    shares,
    span_of_moments,
)

YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))
days = some.dates(date(2024, 1, 1), date(2027, 12, 31))


def test_a_yearly_amount_has_twelve_equal_shares() -> None:
    """1200.00 for a year is 100.00 for each month, however long the month is."""
    found = shares(Decimal("1200.00"), "EUR", YEAR, Calendar())
    assert [share for _, share in found] == [Decimal(100)] * 12
    assert found[1][0] == Span(date(2026, 2, 1), date(2026, 2, 28))


@pytest.mark.parametrize(
    ("currency", "first", "last"),
    [("EUR", "83.33", "83.37"), ("JPY", "83", "87"), ("KWD", "83.333", "83.337")],
)
def test_the_last_share_has_the_rest(currency: str, first: str, last: str) -> None:
    """Shares are rounded down to the smallest unit of the currency, the last one is not."""
    found = [share for _, share in shares(Decimal(1000), currency, YEAR, Calendar())]
    assert (found[0], found[-1]) == (Decimal(first), Decimal(last))


def test_part_of_a_period_has_its_share_by_days() -> None:
    """Half of April and all of May: a third and two thirds."""
    whole = Span(date(2026, 4, 16), date(2026, 5, 31))
    found = shares(Decimal(300), "EUR", whole, Calendar())
    assert [share for _, share in found] == [Decimal(100), Decimal(200)]


@given(
    amount=some.decimals(-(10**15), 10**15, places=4),
    start=days,
    length=some.integers(0, 900),
    anchor=some.none() | days,
    currency=some.sampled_from(["EUR", "JPY"]),
)
def test_shares_add_up(
    amount: Decimal, start: date, length: int, anchor: date | None, currency: str
) -> None:
    """Whatever the amount, days and periods: the shares come to the amount, each period once."""
    known = () if anchor is None else (Span(anchor, months_after(anchor, 1) - timedelta(days=1)),)
    whole = Span(start, start + timedelta(days=length))
    found = shares(amount, currency, whole, Calendar(known))
    assert sum((share for _, share in found), Decimal(0)) == amount
    assert len({period for period, _ in found}) == len(found)


@given(day=days, anchor=days)
def test_derived_periods_follow_each_other(day: date, anchor: date) -> None:
    """A period holds its day, and the next one begins the day after it ends."""
    known = Span(anchor, months_after(anchor, 1) - timedelta(days=1))
    calendar = Calendar((known,))
    period = calendar.period(day)
    assert period.holds(day)
    assert calendar.period(period.end + timedelta(days=1)).start == period.end + timedelta(days=1)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 28), {10, 11}),
        (date(2026, 11, 1), {10, 11}),
        (date(2026, 10, 31), {9, 10}),
    ],
)
def test_the_last_closed_and_the_open_period_are_the_default(
    today: date, expected: set[int]
) -> None:
    """Without dates a day selects its month and the one before."""
    selection = Selection(today)
    months = {month: Calendar().period(date(2026, month, 5)) for month in range(1, 13)}
    assert {month for month, period in months.items() if selection.has(period)} == expected


@given(day=some.dates(), anchor=some.dates())
@example(day=date.max, anchor=date(2026, 1, 21))
@example(day=date.min, anchor=date(2026, 1, 21))
def test_the_ends_of_the_calendar_are_no_trouble(day: date, anchor: date) -> None:
    """Also in the years 1 and 9999 a period holds its day, and shares come to an end."""
    calendar = Calendar((Span(anchor, anchor),))
    assert calendar.period(day).holds(day)
    assert Calendar().period(day).holds(day)
    whole = Span(day, min(date.max - timedelta(days=40), day) + timedelta(days=40))
    for of in (calendar, Calendar()):
        assert sum((share for _, share in shares(Decimal(7), "EUR", whole, of)), Decimal(0)) == 7
    assert Selection(day).has(Calendar().period(day))


@given(day=days)
def test_periods_that_begin_on_a_31st_are_selected_in_twos(day: date) -> None:
    """Each day selects the period that holds it and the one before, also beside February."""
    calendar = Calendar((Span(date(2025, 12, 31), date(2026, 1, 30)),))
    current = calendar.period(day)
    previous = calendar.period(current.start - timedelta(days=1))
    oldest = calendar.period(previous.start - timedelta(days=1))
    has = Selection(day).has
    assert (has(current), has(previous), has(oldest)) == (True, True, False)


def test_an_end_may_be_the_first_moment_of_the_next_period() -> None:
    """Midnight a month after the start is no day of the period."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    last_second = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    midnight = datetime(2026, 12, 1, tzinfo=UTC)
    expected = Span(date(2026, 11, 1), date(2026, 11, 30))
    assert span_of_moments(start, last_second) == span_of_moments(start, midnight) == expected
    assert span_of_moments(last_second, start) is None

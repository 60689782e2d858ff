"""What is kept of closed periods."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as some

from billing_exporter.collectors.closed_periods import Answer, ClosedPeriod, History, packed, shown
from billing_exporter.settlement import Fingerprint, Settlement

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEYS = some.tuples(some.text(max_size=5), some.text(max_size=5))
QUANTITIES = some.dictionaries(KEYS, some.decimals(-(10**9), 10**9, places=3), max_size=8)


@given(QUANTITIES)
def test_quantities_are_kept_exactly(quantities: dict[tuple[str, ...], Decimal]) -> None:
    """What is packed comes out again to the last digit, but for zeros."""
    settlement = Settlement(start=date(2026, 10, 1), end=date(2026, 10, 31))
    period = ClosedPeriod(settlement=settlement, totals=packed(quantities))
    again = msgspec.json.decode(msgspec.json.encode(period), type=ClosedPeriod)
    assert again == period
    assert again.quantities == {key: value for key, value in quantities.items() if value}


def _answer(month: int, amount: str = "5") -> Answer:
    numbers = Fingerprint(amount, amount, "EUR", Decimal(amount))
    start, end = date(2026, month, 1), date(2026, month, 28)
    return Answer(start, end, numbers, {"EUR": Decimal(amount)}, {})


def test_the_newest_periods_are_kept_whatever_the_order_of_reading() -> None:
    """Periods are sorted by date and cut to as many as are wanted."""
    history = History()
    for month in (8, 10, 7, 9):
        history = history.with_answer(_answer(month), NOW, 3)
    assert [period.start.month for period in history.periods] == [10, 9, 8]


def _dated(first: date, last: date, amount: str = "5") -> Answer:
    numbers = Fingerprint(amount, amount, "EUR", Decimal(amount))
    return Answer(first, last, numbers, {"EUR": Decimal(amount)}, {})


@given(some.integers(-9, 9), some.integers(-9, 9))
def test_a_period_whose_dates_move_is_one_period(start: int, end: int) -> None:
    """Whichever days the start and the end move by, it is kept once, with its newest dates; the
    periods beside it stay until they are read.
    """
    history = History()
    first, last = date(2026, 10, 1), date(2026, 10, 31)
    for answer in (
        _dated(date(2026, 9, 1), date(2026, 9, 30), "3"),
        _dated(first, last),
        _dated(date(2026, 11, 1), date(2026, 11, 19), "7"),
    ):
        history = history.with_answer(answer, NOW, 12)
    dates = first + timedelta(days=start), min(last + timedelta(days=end), date(2026, 11, 9))
    history = history.with_answer(_dated(*dates, "6"), NOW + timedelta(days=1), 12)
    kept = {one.start: one for one in history.periods}
    assert kept.keys() == {date(2026, 9, 1), dates[0], date(2026, 11, 1)}
    assert kept[dates[0]].settlement.end == dates[1]
    assert sum(one.amounts["EUR"] for one in history.periods) == 3 + 6 + 7


def test_periods_that_are_listed_beside_each_other_both_count() -> None:
    """A month within a year, and an amended period beside the one it shortens, are two."""
    year = _dated(date(2025, 11, 1), date(2026, 10, 31), "12")
    month, amended = (
        _dated(date(2026, 10, 1), date(2026, 10, 31), "1"),
        _dated(date(2026, 10, 10), date(2026, 10, 31), "2"),
    )
    listed = {year.start, month.start, amended.start}
    history = History()
    for answer in (year, month, amended, month):
        history = history.with_answer(answer, NOW, 12, listed=listed)
    assert {one.start for one in history.periods} == listed


def test_three_older_periods_are_shown_together() -> None:
    """The previous one stands alone; of the older ones all must be settled."""
    history = History()
    for month in (9, 8, 7, 6, 5):
        history = history.with_answer(_answer(month), NOW, 12)
    assert shown(History()) == {}
    assert shown(history).keys() == {"previous", "older"}
    assert not shown(history)["older"].is_settled
    assert shown(history)["older"].restatements == 0

"""Daily totals: which day a reading is of, and what closing a period leaves."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.forecasting.daily import updated
from billing_exporter.forecasting.outlook import look_ahead, with_kept
from billing_exporter.forecasting.readings import Charge, Key, Period, Subject
from billing_exporter.forecasting.state import EMPTY, SubjectState, decode, encode

START = date(2026, 11, 1)
DECEMBER_11 = date(2026, 12, 11)
MINUTES: Key = ("Minutes", "GC-1", "resource", "minutes")


def _period(start: date, used: object, *, days: int = 30) -> Period:
    charge = Charge(
        "sum",
        None if used is None else Decimal(str(used)),
        included=Decimal(100),
        fixed=Decimal(50),
        price=Decimal(2),
        currency="EUR",
    )
    return Period(start, days, {MINUTES: charge})


def _read(state: SubjectState, day: int, used: object, *closed: Period) -> SubjectState:
    """Take in a reading that was made on the day after a day of November."""
    subject = Subject(_period(START, used), closed)
    return updated(state, subject, date(2026, 11, 1) + timedelta(days=day))


def _running(state: SubjectState) -> dict[int, Decimal]:
    """Return the totals by day of the month."""
    return {offset + 1: total for offset, total in state.charges[MINUTES].running.items()}


def test_a_reading_is_the_total_through_the_day_before() -> None:
    """A reading made on the 11th enters as the total of the 10th."""
    state = updated(EMPTY, Subject(_period(START, 70)), date(2026, 11, 11))
    assert _running(state) == {10: 70}


def test_on_the_first_day_nothing_is_entered() -> None:
    """A reading made on the first day of a period is of the day before it."""
    assert updated(EMPTY, Subject(_period(START, 7)), START).charges == {}


def test_the_last_reading_of_a_day_counts() -> None:
    """A second reading on one day replaces the first."""
    assert _running(_read(_read(EMPTY, 10, 70), 10, 75)) == {10: 75}


def test_a_late_refresh_is_no_new_day() -> None:
    """A reading that equals the day before is not entered, until three days show a standstill."""
    state = _read(EMPTY, 10, 70)
    for day, entered in ((11, [10]), (12, [10]), (13, [10, 13]), (14, [10, 13, 14])):
        state = _read(state, day, 70)
        assert list(_running(state)) == entered
    assert list(_running(_read(state, 15, 80))) == [10, 13, 14, 15]


def test_after_the_end_the_total_is_of_the_last_day() -> None:
    """A period that has ended and is still the newest one is read as its last day."""
    assert _running(_read(EMPTY, 33, 900)) == {30: 900}


def test_a_clock_that_was_ahead_leaves_nothing() -> None:
    """Totals of days that lie ahead are dropped by the next reading."""
    ahead = _read(_read(EMPTY, 10, 70), 25, 80)
    assert _running(_read(ahead, 11, 80)) == {10: 70, 11: 80}


def test_a_missing_number_is_not_zero() -> None:
    """A charge without a number is not entered."""
    assert EMPTY.charges == _read(EMPTY, 10, None).charges


def test_an_unused_charge_takes_no_room() -> None:
    """A charge that was never used has no state."""
    assert _read(EMPTY, 10, 0).charges == {}


def test_a_closed_period_scores_what_was_kept() -> None:
    """When the next period begins, the closed total and the errors of its forecasts are known."""
    state = EMPTY
    for day in range(1, 30):
        state = _read(state, day, 10 * day)
        state = with_kept(state, look_ahead(state, _period(START, 10 * day)))
    december = Period(date(2026, 12, 1), 31, _period(START, 5).charges)
    state = updated(state, Subject(december, (_period(START, 330),)), date(2026, 12, 2))
    (closed,) = state.charges[MINUTES].closed
    assert (date.fromordinal(closed.start), closed.days, closed.total) == (START, 30, Decimal(330))
    assert closed.cost is not None
    assert closed.cost.overage == 460
    assert [one.checkpoint for one in closed.outcomes] == [10, 25, 50, 75, 90]
    assert closed.outcomes[-1].error == 909  # 30 of 330
    assert [step for _, step in state.charges[MINUTES].steps] == [10] * 29
    assert state.charges[MINUTES].running == {0: 5}


def _watched() -> SubjectState:
    """Return the state after 29 days of ten a day, with its forecasts kept."""
    state = EMPTY
    for day in range(1, 30):
        state = _read(state, day, 10 * day)
        state = with_kept(state, look_ahead(state, _period(START, 10 * day)))
    return state


def _newest(used: int, *, is_closed: bool = True) -> Subject:
    return Subject(Period(START, 30, _period(START, used).charges, is_closed=is_closed))


@pytest.mark.parametrize(("is_closed", "read"), [(True, date(2026, 12, 1)), (False, DECEMBER_11)])
def test_the_last_period_of_all_is_scored(is_closed: bool, read: date) -> None:
    """A period that is closed, or long over, is scored once although no other one follows."""
    state = updated(_watched(), _newest(330, is_closed=is_closed), read)
    assert updated(state, _newest(330, is_closed=is_closed), read + timedelta(days=1)) == state
    (closed,) = state.charges[MINUTES].closed
    assert closed.total == 330
    assert [one.checkpoint for one in closed.outcomes] == [10, 25, 50, 75, 90]
    assert closed.outcomes[-1].error == 909  # 30 of 330
    (amount,) = state.amounts["EUR"].closed
    assert amount.total == 510  # 50, and 2 for each of 230


def test_a_late_successor_scores_the_same() -> None:
    """A period that was scored before the next one appeared has the same outcomes after it."""
    december = Period(date(2026, 12, 1), 31, _period(START, 5).charges)
    at_once, late = _watched(), updated(_watched(), _newest(330), date(2026, 12, 20))
    successor = Subject(december, (_period(START, 330),))
    one, other = (updated(state, successor, date(2026, 12, 21)) for state in (at_once, late))
    assert one.charges[MINUTES].closed == other.charges[MINUTES].closed
    assert one.amounts["EUR"].closed == other.amounts["EUR"].closed


def test_a_clock_that_was_a_month_ahead_scores_nothing() -> None:
    """Scores of a period that turns out to be running are taken back, and made at its end."""
    state, running = _watched(), _newest(300, is_closed=False)
    ahead = updated(state, running, date(2027, 1, 20))
    assert ahead.charges[MINUTES].closed != ()
    back = updated(ahead, running, date(2026, 11, 30))
    assert back.charges[MINUTES].closed == back.amounts["EUR"].closed == ()
    ended = updated(back, _newest(330), date(2026, 12, 1))
    assert ended.charges[MINUTES].closed[0].outcomes[-1].error == 909


def test_a_period_whose_end_was_not_seen_is_no_history() -> None:
    """Without the API's total of a period only its last day tells what it came to."""
    state = _read(EMPTY, 10, 70)
    december = Period(date(2026, 12, 1), 31, _period(START, 5).charges)
    assert updated(state, Subject(december), date(2026, 12, 2)).charges[MINUTES].closed == ()


def test_a_restated_history_total_is_the_newest_one() -> None:
    """A closed period that changes keeps one total: the one that was read last."""
    october = date(2026, 10, 1)
    state = _read(EMPTY, 10, 70, _period(october, 300, days=31))
    state = _read(state, 11, 80, _period(october, 310, days=31))
    assert [one.total for one in state.charges[MINUTES].closed] == [310]


def test_an_older_period_is_ignored() -> None:
    """A server that is behind changes nothing."""
    state = _read(EMPTY, 10, 70)
    behind = Subject(_period(date(2026, 10, 1), 999, days=31))
    assert updated(state, behind, date(2026, 11, 12)) == state


def test_amounts_grow_with_the_days_that_are_paid_for() -> None:
    """What is due whatever is used is spread over the period, overage counts in full."""
    assert dict(_read(EMPTY, 15, 110).amounts["EUR"].running) == {14: Decimal(25 + 20)}


readings = st.lists(st.tuples(st.integers(0, 75), st.integers(0, 1000), st.booleans()), max_size=12)


def _replayed(history: list[tuple[int, int, bool]], *, restart_each_time: bool) -> SubjectState:
    state = EMPTY
    for day, used, with_closed in history:
        start = START if day < 30 else date(2026, 12, 1) if day < 61 else date(2027, 1, 1)
        closed = (_period(date(2026, 10, 1), used + 1, days=31),) if with_closed else ()
        subject = Subject(_period(start, used), closed)
        state = updated(state, subject, START + timedelta(days=day))
        if subject.current is not None and state.start == start.toordinal():
            state = with_kept(state, look_ahead(state, subject.current))
        if restart_each_time:
            # After a restart the kept reading is taken in once more.
            state = decode(encode(state))
            state = updated(state, subject, START + timedelta(days=day))
    return state


@given(readings)
def test_a_restart_changes_nothing(history: list[tuple[int, int, bool]]) -> None:
    """The state is the same after any restarts, each of which repeats the kept reading."""
    assert _replayed(history, restart_each_time=True) == _replayed(history, restart_each_time=False)

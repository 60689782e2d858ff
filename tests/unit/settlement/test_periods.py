"""Settlement of periods, day by day."""

from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing_exporter.settlement import (
    Fingerprint,
    Reading,
    Settlement,
    advanced,
    is_due,
    moved,
    restated_amounts,
    state,
)

END = date(2026, 10, 31)
OCTOBER = Settlement(start=date(2026, 10, 1), end=END)


def numbers(amount: str, currency: str = "EUR") -> Fingerprint:
    """Return a fingerprint that is known by its amount."""
    return Fingerprint(f"q{amount}", f"n{amount}{currency}", currency, Decimal(amount))


def on(day: int, amount: str | None, *, invoiced: bool = False) -> Reading:
    """Return a reading so many days after the end; no amount is a partial answer."""
    found = None if amount is None else numbers(amount)
    return Reading(END + timedelta(days=day), found, invoiced)


def after(*readings: Reading, known: Settlement = OCTOBER) -> Settlement:
    """Return what is known after some readings."""
    for reading in readings:
        known = advanced(known, reading)
    return known


SETTLED = after(on(2, "10"), on(5, "10"))


def state_on(known: Settlement, day: int = 40) -> str:
    """Return the state of a closed period."""
    return state(known, END + timedelta(days=day), is_closed=True)


@pytest.mark.parametrize(
    ("day", "is_closed", "expected"),
    [(0, False, "open"), (1, False, "ended"), (2, True, "closed")],
)
def test_a_period_is_open_ended_and_closed(day: int, *, is_closed: bool, expected: str) -> None:
    """It runs through its last day, then waits for the API to close it."""
    assert state(OCTOBER, END + timedelta(days=day), is_closed=is_closed) == expected


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ((on(1, "10"),), "closed"),
        ((on(1, "10"), on(4, "10")), "closed"),  # not five days after the end
        ((on(3, "10"), on(5, "10")), "closed"),  # not three days apart
        ((on(2, "10"), on(5, "10")), "settled"),
        ((on(2, "10"), on(4, "11"), on(6, "11")), "closed"),  # changed between
        ((on(2, "10"), on(4, "11"), on(7, "11")), "settled"),
        ((on(3, "10", invoiced=True),), "settled"),
        ((on(2, "10"), on(6, None)), "closed"),
        ((on(91, "10"),), "settled"),  # nothing more is read of it
        ((on(90, "10"),), "closed"),
    ],
)
def test_a_period_settles(readings: tuple[Reading, ...], expected: str) -> None:
    """Unchanged for three days and five after the end, invoiced, or long past."""
    known = after(*readings)
    assert state_on(known) == expected
    assert known.restatements == 0


def test_late_data_is_no_restatement() -> None:
    """A change before the period is settled only starts the wait again."""
    known = after(on(1, "10"), on(2, "11"), on(3, "12"))
    assert (known.restatements, known.baseline, known.since) == (0, None, END + timedelta(days=3))
    assert restated_amounts(known) == {}


def test_a_change_after_settling_is_a_restatement() -> None:
    """It is counted once, dated, and measured against what was settled first."""
    known = after(on(6, "12"), known=SETTLED)
    assert state_on(known) == "restated"
    assert (known.restatements, known.restated_on) == (1, END + timedelta(days=6))
    assert restated_amounts(known) == {"EUR": 2}


def test_three_equal_days_end_a_restatement() -> None:
    """After a difference it is read daily until three days were equal; then it is settled again,
    with the first baseline.
    """
    known = after(on(6, "12"), on(7, "13"), on(8, "13"), known=SETTLED)
    assert (state_on(known), known.restatements) == ("restated", 1)
    assert is_due(known, END + timedelta(days=9))
    known = after(on(8, "13"), known=known)  # the same day twice is one day
    assert state_on(known) == "restated"
    known = after(on(9, "13"), known=known)
    assert (state_on(known), known.restatements) == ("settled", 1)
    assert restated_amounts(known) == {"EUR": 3}
    assert not is_due(known, END + timedelta(days=9))
    assert after(on(30, "14"), known=known).restatements == 2


def test_a_return_to_the_baseline_leaves_no_amount() -> None:
    """A restatement that is taken back stays counted, with nothing restated."""
    known = after(on(6, "12"), on(7, "10"), known=SETTLED)
    assert known.restatements == 1
    assert restated_amounts(known) == {"EUR": Decimal(0)}


def test_a_partial_answer_is_no_reading() -> None:
    """Nulls and rows left out neither restate nor settle, and do not count as read."""
    assert after(on(6, None), known=SETTLED) == SETTLED


def test_a_reading_before_the_end_changes_nothing() -> None:
    """A period that runs is not closed, whatever a clock that was ahead has read."""
    assert after(on(0, "99")) == OCTOBER
    assert after(on(0, "99"), known=SETTLED) == SETTLED
    assert not is_due(SETTLED, END)


def test_a_clock_that_was_ahead_settles_nothing() -> None:
    """A clock jumps ahead by weeks and comes back: the period is read on, is settled no sooner,
    and a change before that is late data.
    """
    ahead = after(on(1, "10"), on(30, "10"))
    assert ahead.baseline is not None
    assert is_due(ahead, END + timedelta(days=2))
    back = after(on(2, "10"), known=ahead)
    assert back == msgspec.structs.replace(
        after(on(1, "10"), on(2, "10")), equal_days=back.equal_days
    )
    assert after(on(3, "11"), known=back).restatements == 0
    assert after(on(5, "10"), known=back).baseline == SETTLED.baseline


@given(some.integers(1, 40), some.integers(1, 39))
def test_a_clock_that_is_set_back_settles_and_restates_as_before(day: int, days: int) -> None:
    """After any time set back and returned, the state is that of a clock that was right."""
    right = after(*(on(one, "10") for one in range(1, day + 1)))
    known = after(on(day - days, "10"), on(day, "10"), known=right)
    assert known.baseline == right.baseline
    assert (known.restatements, known.read_on) == (0, right.read_on)
    assert after(on(day + 9, "11"), known=known).restatements == bool(right.baseline)


@pytest.mark.parametrize("amount", ["10", "11"])
def test_dates_that_move_are_one_restatement(amount: str) -> None:
    """A settled period whose start moves, with or without its numbers, is restated once."""
    first = date(2026, 10, 3)
    known = after(on(6, amount), known=moved(SETTLED, first, END, END + timedelta(days=6)))
    assert (known.start, known.restatements, known.is_restless) == (first, 1, True)
    assert known.baseline == SETTLED.baseline
    known = after(on(7, amount), on(8, amount), known=known)
    assert (state_on(known), known.restatements) == ("settled", 1)


def test_dates_that_move_before_settling_are_late_data() -> None:
    """The wait for equal days starts again."""
    known = moved(after(on(1, "10")), OCTOBER.start, END - timedelta(days=1), END)
    assert (known.restatements, known.baseline, known.since) == (0, None, END)


def test_amounts_of_two_currencies_are_not_subtracted() -> None:
    """A change of currency is a restatement without an amount."""
    known = advanced(SETTLED, Reading(END + timedelta(days=6), numbers("10", "USD")))
    assert (known.restatements, restated_amounts(known)) == (1, {})


def _read_days(known: Settlement, first: int, last: int, amount: str = "10") -> list[int]:
    """Look every day, read when due, and return the days of reading."""
    days = []
    for day in range(first, last):
        if is_due(known, END + timedelta(days=day)):
            known = advanced(known, on(day, amount))
            days.append(day)
    return days


def test_a_closed_period_is_read_on_the_days_of_the_schedule() -> None:
    """From the first day on: 1 to 10, then 15, 30, 45, 60 and 90, and no more."""
    assert _read_days(OCTOBER, 1, 400) == [*range(1, 11), 15, 30, 45, 60, 90]


def test_a_period_first_read_late_is_read_again_soon() -> None:
    """Numbers first read on day 40 settle three days later; long past ones are read once."""
    assert _read_days(OCTOBER, 40, 400) == [40, 43, 45, 60, 90]
    assert _read_days(OCTOBER, 300, 400) == [300]


def test_days_without_a_poll_are_made_up_for() -> None:
    """After a gap over several days of the schedule one reading is due, not several."""
    known = after(on(1, "10"), on(4, "10"), on(8, "10"))
    assert is_due(known, END + timedelta(days=40))
    known = after(on(40, "10"), known=known)
    assert not is_due(known, END + timedelta(days=41))


@given(some.lists(some.tuples(some.integers(0, 100), some.sampled_from("123")), max_size=12))
def test_state_survives_being_written(steps: list[tuple[int, str]]) -> None:
    """A restart between any two readings changes nothing, and restatements never get fewer."""
    known, count = OCTOBER, 0
    for day, amount in steps:
        known = advanced(known, on(day, amount))
        again = msgspec.json.decode(msgspec.json.encode(known), type=Settlement)
        assert again == known
        assert known.restatements >= count
        count = known.restatements


def test_each_of_several_currencies_has_its_restated_amount() -> None:
    """One that is there only before or after has none: its amount may be missing."""

    def read(day: int, key: str, **amounts: int) -> Reading:
        several = {currency: Decimal(amount) for currency, amount in amounts.items()}
        return Reading(END + timedelta(days=day), Fingerprint(key, key, "", None, several))

    settled = after(read(1, "a", EUR=10, USD=7, GBP=5), read(5, "a", EUR=10, USD=7, GBP=5))
    assert settled.baseline is not None
    known = after(read(6, "b", EUR=12, USD=7, JPY=9), known=settled)
    assert restated_amounts(known) == {"EUR": 2, "USD": 0}
    alone = Reading(END + timedelta(days=7), numbers("9"))
    assert restated_amounts(after(alone, known=settled)) == {"EUR": -1}

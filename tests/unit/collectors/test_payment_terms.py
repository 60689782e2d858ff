"""Due dates: only terms that plainly state days have one."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors.payment_terms import days_to_pay, due_date


@pytest.mark.parametrize(
    ("terms", "days"),
    [
        ("Net 30", 30),
        ("NET30", 30),
        ("net-45", 45),
        ("Net 60 Days", 60),
        ("Net 1 day", 1),
        ("  Net   90 ", 90),
        ("30 Days", 30),
        ("7days", 7),
        ("Net 0", 0),
        ("Due on Receipt", 0),
        ("Due upon receipt", 0),
        ("IMMEDIATE", 0),
        ("Due immediately", 0),
        ("Net 30 EOM", None),
        ("EOM", None),
        ("2/10 Net 30", None),
        ("Net 30, 2% 10", None),
        ("Net thirty", None),
        ("Net -30", None),
        ("Net 1000", None),
        ("30", None),
        ("Prepaid", None),
        ("", None),
        (None, None),
    ],
)
def test_terms_state_days_or_nothing(terms: str | None, days: int | None) -> None:
    """Net N and its kin give days; end-of-month rules, discounts and other text give none."""
    assert days_to_pay(terms) == days


def test_without_a_day_or_terms_nothing_is_due() -> None:
    """A due date needs both: the day it was invoiced, and terms that tell."""
    assert due_date(None, "Net 30") is None
    assert due_date(date(2026, 1, 31), "as agreed") is None
    assert due_date(date(2026, 1, 31), "Net 30") == date(2026, 3, 2)
    assert due_date(date(9999, 12, 31), "Net 30") is None


@given(invoiced=st.dates(), days=st.integers(0, 999))
def test_the_due_date_is_exactly_that_many_days_later(invoiced: date, days: int) -> None:
    """Whatever the day, the due date lies the stated days after it, or beyond the calendar."""
    due = due_date(invoiced, f"Net {days}")
    if due is None:
        assert (date.max - invoiced).days < days
    else:
        assert due - invoiced == timedelta(days=days)


@given(terms=st.text(max_size=40))
def test_no_text_is_too_odd(terms: str) -> None:
    """Any terms give days from 0 to 999, or None."""
    days = days_to_pay(terms)
    assert days is None or 0 <= days <= 999

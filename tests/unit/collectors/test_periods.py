"""Billing periods by their dates: which are shown, and under which names."""

from datetime import date, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors.periods import adjoins, is_closed, leaves_room, named
from billing_exporter.genesys.records import BillingContractPeriod

TODAY = date(2026, 11, 23)


def period(
    name: str, start: str | None, end: str | None, status: str | None = "Closed"
) -> BillingContractPeriod:
    """Return a period with its first and last day."""
    days = (None if day is None else date.fromisoformat(day) for day in (start, end))
    first, last = days
    return BillingContractPeriod(id=name, date_start=first, date_end=last, status=status)


NOV = period("nov", "2026-11-01", "2026-11-30", "Open")
OCT = period("oct", "2026-10-01", "2026-10-31")
SEP = period("sep", "2026-09-01", "2026-09-30")
YEAR = period("year", "2026-01-01", "2026-12-31", "Open")


@pytest.mark.parametrize(
    ("periods", "shown"),
    [
        ([NOV, OCT, SEP], {"current": "nov", "previous": "oct"}),
        ([NOV, SEP], {"current": "nov"}),
        ([NOV, OCT, SEP, YEAR], {"current": "nov", "previous": "oct", "open": "year"}),
        ([NOV, YEAR], {"current": "nov", "open": "year"}),
        # An annual period that was closed early is not the one before.
        ([NOV, period("year", "2026-01-01", "2026-12-31")], {"current": "nov"}),
        # Of two that begin or end on one day, the shorter one.
        (
            [
                period("m", "2026-11-01", "2026-11-30", "Open"),
                period("y", "2026-11-01", "2027-10-31", "Open"),
                OCT,
                period("last", "2025-11-01", "2026-10-31"),
            ],
            {"current": "m", "previous": "oct", "open": "y"},
        ),
        # Several open ones, the shortest first; those that are late to close too.
        (
            [
                *(NOV, OCT, period("sep", "2026-09-01", "2026-09-30", "open"), YEAR),
                period("q", "2026-10-01", "2026-12-31", " OPEN "),
            ],
            {"current": "nov", "previous": "oct", "open": "sep", "open-2": "q", "open-3": "year"},
        ),
        # A contract that was amended: the periods overlap.
        (
            [NOV, period("cut", "2026-10-05", "2026-11-04")],
            {"current": "nov", "previous": "cut"},
        ),
        ([NOV, period("gap", "2026-10-01", "2026-10-20")], {"current": "nov", "previous": "gap"}),
        ([NOV, period("o", "2026-10-01", None)], {"current": "nov", "previous": "o"}),
        # Without an end, one that began two months before leaves room for the one in between.
        ([NOV, period("s", "2026-09-01", None)], {"current": "nov"}),
        ([NOV, period("s", "2026-09-01", None, "Open")], {"current": "nov", "open": "s"}),
        # A first period that lasts days only is a stub after a whole one.
        (
            [period("stub", "2026-11-21", "2026-11-25"), period("o", "2026-10-21", None)],
            {"current": "stub", "previous": "o"},
        ),
        (
            [period("n", "2026-11-01", None), period("o", "2026-10-01", None)],
            {"current": "n", "previous": "o"},
        ),
        ([period("n", "2026-11-01", None), period("s", "2026-09-01", None)], {"current": "n"}),
        # Periods that lie ahead.
        ([period("dec", "2026-12-01", "2026-12-31", "Open"), NOV], {"current": "nov"}),
        ([period("dec", "2026-12-01", "2026-12-31", "Open")], {"current": "dec"}),
        ([period("undated", None, None, "Open")], {}),
        ([], {}),
    ],
)
def test_which_periods_are_shown(
    periods: list[BillingContractPeriod], shown: dict[str, str]
) -> None:
    """The newest that has begun is current, the one that ends where it begins is previous, and no
    other that is open is hidden; order decides nothing.
    """
    for seed in range(4):
        mixed = [*periods]
        Random(seed).shuffle(mixed)  # noqa: S311 - no secret
        assert {name: one.id for name, one in named(mixed, TODAY).items()} == shown


days = st.none() | st.dates(date(2026, 1, 1), date(2027, 3, 1))
any_periods = st.lists(
    st.builds(
        BillingContractPeriod,
        id=st.sampled_from(["a", "b", "c"]),
        date_start=days,
        date_end=days,
        status=st.sampled_from(["Open", "Closed", None]),
    ),
    max_size=8,
)


@given(any_periods)
def test_no_open_period_is_hidden(periods: list[BillingContractPeriod]) -> None:
    """Whatever the dates, every open period that has begun is shown once."""
    shown = named(periods, TODAY)
    begun = [one for one in periods if one.date_start is not None and one.date_start <= TODAY]
    still_open = [one for one in begun if is_closed(one.status) is False]
    assert {id(one) for one in still_open} <= {id(one) for one in shown.values()}
    assert len({id(one) for one in shown.values()}) == len(shown)
    if begun:
        newest = max(one.date_start for one in begun if one.date_start is not None)
        assert shown["current"].date_start == newest


def test_what_adjoins_leaves_no_room() -> None:
    """A day between an end and a start is none in which another period can lie."""
    assert adjoins(date(2026, 10, 31), date(2026, 11, 1))
    assert not adjoins(date(2026, 10, 30), date(2026, 11, 1))
    assert not adjoins(None, date(2026, 11, 1))
    assert not leaves_room(date(2026, 10, 5), date(2026, 11, 1))
    assert leaves_room(date(2026, 10, 4), date(2026, 11, 1))


@pytest.mark.parametrize("end", ["2027-01-31T23:59:59", "2027-02-01T00:00:00"])
def test_february_lies_between_january_and_march(end: str) -> None:
    """The shortest month has room however the end of the one before is written."""
    assert leaves_room(datetime.fromisoformat(end), datetime.fromisoformat("2027-03-01"))

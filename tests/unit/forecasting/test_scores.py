"""Scores: the error that is reported is the error that was made."""

from decimal import Decimal
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.forecasting.scores import Scored, Tally
from billing_exporter.forecasting.state import ClosedPeriod, Outcome, Series, SubjectState

errors = st.lists(st.one_of(st.none(), st.integers(0, 50_000)), max_size=12)


def _state(found: list[int | None], *, inside: bool | None = True) -> SubjectState:
    closed = tuple(
        ClosedPeriod(30 * at, 30, Decimal(1), (Outcome(50, 0, error, inside),))
        for at, error in enumerate(found)
    )
    return SubjectState(charges={("Voice",): Series("sum", closed=closed)})


@given(st.lists(errors, max_size=4))
def test_the_error_is_the_median(found: list[list[int | None]]) -> None:
    """Over any number of customers the median is that of all errors at a checkpoint."""
    tally = Tally()
    for each in found:
        tally.add(_state(each))
    known = [error for each in found for error in each if error is not None]
    count = sum(map(len, found))
    share = Decimal(1) if count else None
    assert tally.at(50) == Scored(
        count, Decimal(str(median(known))) / 10_000 if known else None, share
    )
    assert tally.at(10) == Scored(0, None, None)


@given(errors, errors)
def test_what_is_taken_back_never_was(before: list[int | None], rest: list[int | None]) -> None:
    """A customer whose outcomes are replaced counts with the newest alone."""
    tally, alone = Tally(), Tally()
    tally.add(_state(before))
    tally.add(_state(rest))
    tally.add(_state(before), times=-1)
    alone.add(_state(rest))
    assert tally.at(50) == alone.at(50)


def test_a_forecast_without_a_band_is_neither_inside_nor_outside() -> None:
    """The share counts only forecasts that had bounds."""
    tally = Tally()
    tally.add(_state([10_000], inside=None))
    assert tally.at(50).inside is None
    tally.add(_state([10_000], inside=False))
    assert tally.at(50) == Scored(2, Decimal(1), Decimal(0))

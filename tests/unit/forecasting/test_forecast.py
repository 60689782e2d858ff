"""Forecasts: the vectors to the last digit, and the laws that hold for every input."""

import json
from datetime import date, timedelta
from decimal import Decimal, getcontext, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from billing_exporter.forecasting import forecast as module
from billing_exporter.forecasting.forecast import (
    CHECKPOINTS,
    Closed,
    Forecast,
    Kind,
    factor,
    forecast,
    score,
    shrink,
)

VECTORS = json.loads((Path(__file__).parent / "forecast_vectors.json").read_text())
START = date(2026, 11, 1)
DAYS = 30
NUMBERS = ("total", "lower", "upper", "expected_by_now", "elapsed")

quantities = st.decimals(
    min_value=0, max_value=Decimal("1e9"), allow_nan=False, allow_infinity=False, places=3
)
kinds = st.sampled_from(["sum", "mark", "level"])
scores = st.dictionaries(st.sampled_from(CHECKPOINTS), st.decimals(0, 9, places=6))
offsets = st.integers(0, DAYS - 1)
readings = st.dictionaries(offsets, quantities, max_size=DAYS).map(
    lambda found: {START + timedelta(offset): total for offset, total in found.items()}
)
histories = st.lists(
    st.builds(lambda total, kept: (total, kept), quantities, scores), max_size=15
).map(
    lambda found: [
        Closed(START - timedelta(30 * (len(found) - at)), 30, total, kept)
        for at, (total, kept) in enumerate(found)
    ]
)
steps = st.dictionaries(st.integers(1, 70), quantities, max_size=60).map(
    lambda found: [(START - timedelta(back), step) for back, step in found.items()]
)


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _arguments(case: dict[str, Any]) -> dict[str, Any]:
    """Read a vector's input: numbers are strings, days are ISO dates."""
    given_ = case["input"]
    return {
        "kind": given_["kind"],
        "start": date.fromisoformat(given_["start"]),
        "days": given_["days"],
        "running": {
            date.fromisoformat(day): Decimal(total) for day, total in given_["running"].items()
        },
        "earlier": [
            Closed(
                date.fromisoformat(one["start"]),
                one["days"],
                Decimal(one["total"]),
                {Decimal(at): Decimal(kept) for at, kept in one.get("scores", {}).items()},
            )
            for one in given_["earlier"]
        ],
        "steps_before": [
            (date.fromisoformat(day), Decimal(step)) for day, step in given_.get("steps_before", [])
        ],
    }


@pytest.mark.parametrize("case", VECTORS["forecast"], ids=lambda case: case["case"])
def test_vectors(case: dict[str, Any]) -> None:
    """Each vector comes out to the last digit."""
    expected = case["expected"]
    assert forecast(**_arguments(case)) == Forecast(
        **{name: _decimal(expected[name]) for name in NUMBERS},
        sample=expected["sample"],
        refused=expected["refused"],
    )


@pytest.mark.parametrize("case", VECTORS["functions"], ids=str)
def test_function_vectors(case: dict[str, Any]) -> None:
    """The functions that the forecast is made of come out to the last digit."""
    function = getattr(module, case["function"])
    arguments = [Decimal(argument) for argument in case["arguments"]]
    assert function(*arguments) == Decimal(case["expected"])


@given(kinds, readings, histories, steps)
def test_order_never_matters(
    kind: Kind,
    running: dict[date, Decimal],
    earlier: list[Closed],
    before: list[tuple[date, Decimal]],
) -> None:
    """Readings, closed periods and steps may come in any order."""
    backwards = dict(reversed(running.items()))
    assert forecast(kind, START, DAYS, running, earlier, before) == forecast(
        kind, START, DAYS, backwards, earlier[::-1], before[::-1]
    )


@given(kinds, readings, histories, st.integers(1, 400), quantities)
def test_days_outside_the_period_are_ignored(
    kind: Kind, running: dict[date, Decimal], earlier: list[Closed], away: int, total: Decimal
) -> None:
    """A reading of another period changes nothing, even a negative one."""
    outside = {
        START - timedelta(away): -total,
        START + timedelta(DAYS + away - 1): total,
    }
    assert forecast(kind, START, DAYS, running | outside, earlier) == forecast(
        kind, START, DAYS, running, earlier
    )


@given(st.sampled_from(["sum", "mark"]), readings, histories, steps)
def test_never_below_what_is_used(
    kind: Kind,
    running: dict[date, Decimal],
    earlier: list[Closed],
    before: list[tuple[date, Decimal]],
) -> None:
    """What adds up, and what only rises, ends at or above its newest total."""
    made = forecast(kind, START, DAYS, running, earlier, before)
    assume(made.total is not None)
    now = running[max(running)] if running else Decimal(0)
    assert made.total is not None
    assert made.total >= now
    assert made.lower is None or made.lower >= now


@given(kinds, readings, histories, steps)
def test_the_band_holds_the_forecast(
    kind: Kind,
    running: dict[date, Decimal],
    earlier: list[Closed],
    before: list[tuple[date, Decimal]],
) -> None:
    """Both bounds are there or neither; they stand around the forecast, and none is negative."""
    made = forecast(kind, START, DAYS, running, earlier, before)
    if made.total is None:
        assert made == Forecast(refused=made.refused)
        assert made.refused
        return
    assert (made.lower is None) == (made.upper is None)
    if made.lower is not None and made.upper is not None:
        assert 0 <= made.lower <= made.total <= made.upper


@given(kinds, readings, quantities, histories)
def test_on_the_last_day_the_total_is_known(
    kind: Kind, running: dict[date, Decimal], last: Decimal, earlier: list[Closed]
) -> None:
    """With nothing left the forecast and its bounds are what the API reports."""
    end = START + timedelta(DAYS - 1)
    made = forecast(kind, START, DAYS, running | {end: last}, earlier)
    assume(not made.refused)
    assert made == Forecast(last, last, last, made.expected_by_now, Decimal(1))


@given(kinds, readings, histories, st.integers(1, 9))
def test_the_callers_decimal_context_changes_nothing(
    kind: Kind, running: dict[date, Decimal], earlier: list[Closed], precision: int
) -> None:
    """Results have 28 digits whatever the caller computes with, and its context stays."""
    expected = forecast(kind, START, DAYS, running, earlier)
    with localcontext() as context:
        context.prec = precision
        assert forecast(kind, START, DAYS, running, earlier) == expected
        assert getcontext().prec == precision


@given(readings, histories, st.integers(0, DAYS - 2), quantities)
def test_a_corrected_total_is_dropped(
    running: dict[date, Decimal], earlier: list[Closed], offset: int, excess: Decimal
) -> None:
    """A running total above a later one is as good as none."""
    later = {START + timedelta(at): total for at, total in enumerate([Decimal(5)] * DAYS)}
    clean = {day: total for day, total in later.items() if day in running}
    day = START + timedelta(offset)
    clean.pop(day, None)
    clean[START + timedelta(DAYS - 1)] = Decimal(5)
    corrected = clean | {day: 6 + excess}
    assert forecast("sum", START, DAYS, corrected, earlier) == forecast(
        "sum", START, DAYS, clean, earlier
    )


@pytest.mark.parametrize("kind", ["sum", "mark", "level"])
@pytest.mark.parametrize(("days_known", "refused"), [(6, "too_little_data"), (7, "")])
def test_a_new_charge_needs_a_week(kind: Kind, days_known: int, refused: str) -> None:
    """Without history a forecast needs seven days from first use, read or not."""
    running = {START: Decimal(0), START + timedelta(3): Decimal(1)}
    running[START + timedelta(3 + days_known - 1)] = Decimal(9)
    assert forecast(kind, START, DAYS, running, []).refused == refused


@pytest.mark.parametrize("kind", ["sum", "mark", "level"])
def test_a_negative_closed_period_refuses_only_while_it_counts(kind: Kind) -> None:
    """The newest thirteen closed periods count; what is older is no reason to refuse."""
    good = [Closed(START - timedelta(30 * at), 30, Decimal(at)) for at in range(1, 14)]
    negative = Decimal(-1)
    assert (
        forecast(kind, START, DAYS, {}, [*good[:12], Closed(date(2020, 1, 1), 30, negative)])
    ).refused == "negative"
    assert not forecast(
        kind, START, DAYS, {}, [*good, Closed(date(2020, 1, 1), 30, negative)]
    ).refused


def test_a_level_may_fall() -> None:
    """The drift of a level goes down as well, and its forecast stops at nothing."""
    running = {START + timedelta(at): Decimal(100 - 10 * at) for at in range(8)}
    assert forecast("level", START, DAYS, running, []).total == 0


def test_the_level_before_the_start_is_unknown() -> None:
    """The first reading of a level is no step up from nothing."""
    running = {START + timedelta(at): Decimal(1000) for at in range(8)}
    assert forecast("level", START, DAYS, running, []).total == 1000


def test_numbers_beyond_six_decimals_stay() -> None:
    """A quantity too large to round is not an error."""
    huge = Decimal("1.234e30")
    running = {START + timedelta(at): huge for at in range(8)}
    made = forecast("mark", START, DAYS, running, [])
    assert made.total == huge


@given(quantities, quantities)
def test_factor_is_symmetric_and_bounded(one: Decimal, other: Decimal) -> None:
    """The order of the two never matters; equal quantities are 0 apart, others at most 9."""
    assert factor(one, other) == factor(other, one)
    assert 0 <= factor(one, other) <= 9
    assert (factor(one, other) == 0) == (one == other)


@given(st.decimals("0.000001", 1, places=6))
def test_shrink_is_the_fourth_root_of_the_cube(left: Decimal) -> None:
    """The error that is left shrinks as the share to the power of three quarters."""
    assert abs(shrink(left) ** 4 - left**3) < Decimal("1e-24")


@given(quantities, quantities, st.sampled_from(CHECKPOINTS))
def test_a_score_is_the_error_of_a_whole_period(
    outcome: Decimal, made: Decimal, elapsed: Decimal
) -> None:
    """An error made late in the period weighs more than the same error made early."""
    assert score(outcome, made, elapsed) >= factor(outcome, made) - Decimal("0.000001")

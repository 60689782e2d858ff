"""Weekday weights: what a week looks like is learned, never assumed."""

import random
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.forecasting.weekdays import NO_WEIGHTS, Weights

MONDAY = date(2026, 11, 2).toordinal()
days = st.integers(date(2020, 1, 1).toordinal(), date(2030, 1, 1).toordinal())
steps = st.lists(st.tuples(days, st.decimals(0, 10**6, places=2)), max_size=60)


def test_nothing_known_is_a_flat_week() -> None:
    """Without steps, and with steps of nothing, every day is an average day."""
    assert Weights.learn([]) == NO_WEIGHTS
    assert Weights.learn([(MONDAY, Decimal(0))]) == NO_WEIGHTS


def test_a_weekend_on_friday_and_saturday_is_learned() -> None:
    """The days on which nobody works come from the steps, not from a calendar."""
    worked = [
        (day := MONDAY + at, Decimal(0 if date.fromordinal(day).weekday() in {4, 5} else 10))
        for at in range(28)
    ]
    weights = Weights.learn(worked)
    friday, saturday, sunday = (weights.of(MONDAY + at, 1) for at in (4, 5, 6))
    assert friday == saturday == Decimal("0.2")
    assert sunday > 1


def test_a_correction_is_no_day() -> None:
    """A negative step changes no weight."""
    plain = [(MONDAY + at, Decimal(at)) for at in range(7)]
    assert Weights.learn([*plain, (MONDAY, Decimal(-100))]) == Weights.learn(plain)


@given(steps, days, st.integers(0, 80), st.integers(0, 80))
def test_weights_add_up(known: list[tuple[int, Decimal]], first: int, some: int, more: int) -> None:
    """The weight of consecutive days is the sum of its parts."""
    weights = Weights.learn(known)
    parts = weights.of(first, some) + weights.of(first + some, more)
    assert abs(parts - weights.of(first, some + more)) < Decimal("1e-20")


@given(st.lists(st.decimals(0, 10**6, places=2), min_size=1, max_size=60), days, st.randoms())
def test_days_without_a_gap_are_no_other_case(
    values: list[Decimal], first: int, chance: random.Random
) -> None:
    """The same steps in whatever order give the same weights."""
    whole = [(first + at, value) for at, value in enumerate(values)]
    mixed = chance.sample(whole, len(whole))
    assert Weights.learn(mixed) == Weights.learn(whole)

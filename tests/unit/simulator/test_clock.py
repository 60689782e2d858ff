"""Simulated time runs as fast as it is reported."""

from datetime import UTC, datetime, timedelta

import pytest

from billing_exporter.simulator.clock import Clock

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_it_runs_faster_and_leaps() -> None:
    """Time passes at its scale, and a leap adds to it."""
    real = [100.0]
    clock = Clock(START, 3600.0, lambda: real[0])
    real[0] = 102.0
    assert clock.now() == START + timedelta(hours=2)
    assert clock.advance(86_400) == START + timedelta(days=1, hours=2)


@pytest.mark.parametrize("seconds", [-1, float("nan"), 1e12])
def test_it_never_goes_back(seconds: float) -> None:
    """Leaps back, or to no time at all, are refused."""
    with pytest.raises(ValueError, match="advance"):
        Clock(START, 1.0).advance(seconds)

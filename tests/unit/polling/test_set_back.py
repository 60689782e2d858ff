"""The clock that logs that it was set back."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from billing_exporter.polling.set_back import WatchedClock

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "logged"),
    [
        ([0, 1, 2, 50], 0),
        ([0, -0.5, 0], 0),  # a correction
        ([0, -48, -47, -46], 1),
        ([0, 24 * 21, 1, 2, 3], 1),  # ahead by weeks, and right again
        ([0, -48, 0, -48, 0], 2),
    ],
)
def test_each_time_the_clock_is_set_back_is_logged_once(
    hours: list[float], logged: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Days back are logged once each time, small corrections and a clock that goes on never."""
    times = [NOW + timedelta(hours=each) for each in hours]
    left = iter(times)
    clock = WatchedClock(lambda: next(left))
    with caplog.at_level(logging.WARNING):
        assert [clock() for _ in times] == times
    assert len(caplog.records) == logged

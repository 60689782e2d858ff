"""Times in humanize."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from billing_exporter.web import humanize

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 seconds"),
        (0.4, "0 seconds"),
        (1, "1 second"),
        (59.9, "59 seconds"),
        (60, "1 minute"),
        (7199, "1 hour"),
        (7200, "2 hours"),
        (90000, "1 day"),
        (8640000, "100 days"),
    ],
)
def test_span(seconds: float, said: str) -> None:
    """A span is said in its largest whole unit, never in more than has passed."""
    assert humanize.span(seconds) == said


def test_past_and_future() -> None:
    """What was is ago, what comes is in, and clocks that disagree show nothing strange."""
    hour = timedelta(hours=1)
    assert humanize.since(NOW - hour, NOW) == "1 hour ago"
    assert humanize.since(NOW + hour, NOW) == "just now"
    assert humanize.until(NOW + hour, NOW) == "in 1 hour"
    assert humanize.until(NOW - hour, NOW) == "now"


def test_utc() -> None:
    """A moment of any zone is shown in UTC."""
    moment = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert humanize.utc(moment) == "2026-02-28 23:30:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0004, "0 ms"), (0.42, "420 ms"), (12.34, "12.3 s"), (125.2, "2 min 5 s")],
)
def test_duration(seconds: float, said: str) -> None:
    """A duration has the digits that matter at its size."""
    assert humanize.duration(seconds) == said

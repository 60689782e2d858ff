"""Months of the demo's world: when it is polled, what is written down, what is restated."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tools.dashboards.demo_months import Past, polls, restatement, samples

_NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_polls_become_closer() -> None:
    """Polls are a step apart and a small one towards the end; that of now is live."""
    past = Past(days=5, close=timedelta(days=1), close_step=timedelta(hours=12))
    assert [_NOW - at for at in past.steps(_NOW)] == [
        *(timedelta(days=days) for days in (5, 4, 3, 2, 1)),
        timedelta(hours=12),
    ]


def test_a_large_step_ends_where_small_ones_begin() -> None:
    """A step never leaps over the time in which polls are closer."""
    past = Past(
        days=7, step=timedelta(days=6), close=timedelta(days=2), close_step=timedelta(days=1)
    )
    assert [(_NOW - at).days for at in past.steps(_NOW)] == [7, 2, 1]


def test_samples_have_source_and_time() -> None:
    """Samples get job, instance and the time in seconds; comments are left out."""
    scrape = b'# HELP a b\n# TYPE a gauge\na{b="c d"} 1.5\ne 2\n'
    assert [*samples(scrape, 1_795_878_000.25)] == [
        b'a{job="exporter",instance="demo",b="c d"} 1.5 1795878000.250\n',
        b'e{job="exporter",instance="demo"} 2 1795878000.250\n',
    ]


def test_the_restatement_is_of_a_settled_period_and_is_seen() -> None:
    """On every day of a year the restated month has ended 12 days before the change, and the
    reading of the fifteenth day lies before now.
    """
    for day in range(366):
        now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
        start, change = restatement(now)
        end = (start + timedelta(days=32)).replace(day=1)
        assert start == date(start.year, start.month, 1)
        assert change - end == timedelta(days=12)
        assert now.date() - end >= timedelta(days=20)


@pytest.mark.parametrize("step", [1, 2, 6])
def test_the_month_settles_before_it_is_restated(step: int) -> None:
    """On every day of a year, however far apart the polls are, two of them read the month before it
    changes, three days or more apart and the second five days or more after its end.
    """
    past = Past(days=52, step=timedelta(days=step), close=timedelta(days=1))
    for day in range(366):
        now = datetime(2026, 1, 1, 7, tzinfo=UTC) + timedelta(days=day)
        steps = [at.date() for at in polls(past, now)]
        _, change = restatement(now)
        read = [at for at in steps if change - timedelta(days=12) <= at < change]
        assert read[-1] - read[0] >= timedelta(days=3), now
        assert read[-1] - change >= timedelta(days=5 - 12), now
        assert steps == sorted(steps)

"""Time: months end, leap days come, zones change their clocks, and machines have the wrong time."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import (
    Collectors,
    UsageSettings,
)
from billing_exporter.genesys import Unavailable
from billing_exporter.polling.loop import Loop
from tests.unit.polling.poller_harness import PollerHarness
from tools.reliability.sandbox import COLLECTORS, Sandbox

ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago")
# Clocks are put forward and back there, in one zone or the other.
CLOCK_CHANGES = (date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1))
MONTH_ENDS = tuple(
    date(2027 + month // 12, month % 12 + 1, 1) - timedelta(days=1) for month in range(18)
)
LEAP_DAYS = (date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1), date(2100, 2, 28))
DAYS = st.sampled_from((*CLOCK_CHANGES, *MONTH_ENDS, *LEAP_DAYS)) | st.dates(
    date(2026, 1, 1), date(2040, 1, 1)
)
TIMES = st.sampled_from(["00:00:00", "00:59:59", "02:30:00", "22:30:00", "23:59:59"])
MOMENTS = st.builds(lambda day, clock: datetime.fromisoformat(f"{day}T{clock}+00:00"), DAYS, TIMES)


@contextmanager
def machine_in(zone: str) -> Iterator[None]:
    """Put the machine into a time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


@settings(max_examples=12)
@given(start=MOMENTS, steps=st.lists(st.integers(1, 40), min_size=1, max_size=3))
def test_every_day_shows_what_is_so(start: datetime, steps: list[int]) -> None:
    """Whatever day it is and whichever come next, every number is the one that is so: month ends,
    leap days, periods that rotate two days late.
    """
    sandbox = Sandbox(start)
    for days in (0, *steps):
        sandbox.moment.now += timedelta(days=days)
        sandbox.branch.poll()
        assert sandbox.differences(sandbox.shown()) == []


@settings(max_examples=10)
@given(start=MOMENTS, zone=st.sampled_from(ZONES))
def test_the_zone_of_the_machine_means_nothing(start: datetime, zone: str) -> None:
    """The same moment gives the same exposition in whatever zone the machine is."""
    shown = []
    for place in ("UTC", zone):
        with machine_in(place):
            sandbox = Sandbox(start)
            sandbox.polled()
            shown.append(sandbox.shown())
    assert shown[0] == shown[1]


def test_a_period_rotates_once() -> None:
    """Day by day through two months, the newest period changes once a month, two days late, and
    the one before becomes ``previous`` in the same poll.
    """
    sandbox = Sandbox(
        datetime(2027, 1, 31, 12, tzinfo=UTC), Collectors(trustors=COLLECTORS.trustors)
    )
    name, changes = "trustor_period_start_timestamp_seconds", 0
    before: dict[tuple[str, ...], float] = {}
    for _ in range(62):
        scrape = sandbox.polled()
        starts = scrape.values(name, "trustor", "period")
        for (trustor, period), start in starts.items():
            was = before.get((trustor, period), start)
            assert start >= was
            if period == "current" and start > was:
                changes += 1
                assert starts[trustor, "previous"] == before[trustor, "current"]
                late = sandbox.moment.now - datetime.fromtimestamp(start, UTC)
                assert timedelta(days=2) <= late < timedelta(days=3)
        before = starts
        sandbox.moment.now += timedelta(days=1)
    assert changes == 2 * 4


@dataclass
class Known:
    """What a right exporter knows: the number of its last good poll, and when that was."""

    value: int
    at: datetime


JUMPS = st.timedeltas(timedelta(days=-4000), timedelta(days=4000)) | st.timedeltas(
    timedelta(0), timedelta(days=3)
)
ACTS = st.lists(st.tuples(JUMPS, st.sampled_from(["poll", "fail", "look"])), max_size=12)


@given(acts=ACTS)
def test_clocks_that_step(acts: list[tuple[timedelta, str]]) -> None:
    """However the clock of the machine leaps, a reading is shown until it is older than
    ``max_age`` at a poll or at a look between polls, and a poll is never put off beyond its
    interval.
    """
    limit = timedelta(days=7)
    script = [
        number if act == "poll" else Unavailable("no")
        for number, (_, act) in enumerate(acts)
        if act != "look"
    ]
    harness = PollerHarness(*script, settings=UsageSettings(max_age=Duration("7d")))
    known: Known | None = None
    for number, (jump, act) in enumerate(acts):
        harness.now += jump
        if act == "look":
            harness.poller.expire()
        else:
            harness.poller.poll()
            harness.poller.expect(6 * 3600.0)
            known = Known(number, harness.now) if act == "poll" else known
        if known is not None and harness.now - known.at > limit:
            known = None
        assert harness.shown() == ([known.value] if known else [])
        assert harness.poller.due_in() <= 6 * 3600


def test_old_data_ends_between_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reading ends at ``max_age`` even where the next poll is far away."""
    monkeypatch.setattr("billing_exporter.polling.loop.LOOK_SECONDS", 0.01)
    harness = PollerHarness(
        7, settings=UsageSettings(interval=Duration("10y"), max_age=Duration("1h"))
    )
    harness.poll()
    ended = threading.Event()
    loop = Loop(harness.poller, delay=3600, stop=ended)
    loop.start()
    harness.now += timedelta(hours=2)
    until = time.monotonic() + 30
    while harness.shown() and time.monotonic() < until:
        time.sleep(0.01)
    ended.set()
    loop.join()
    assert harness.shown() == []
    assert harness.reported("series") == {"usage": 0}

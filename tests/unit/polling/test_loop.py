"""Loops: they wait as asked, go on whatever happens, and end at once when they should."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors import Poll
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import UsageSettings
from billing_exporter.collectors.usage import UsageCollector
from billing_exporter.genesys import BillingApi, RateLimited, Unavailable
from billing_exporter.polling.loop import LONGEST_ASKED_SECONDS, Loop, wait_after
from billing_exporter.polling.state import SUCCESS, State
from tests.unit.collectors.api_stub import USAGE, ApiStub, imitated
from tests.unit.polling.poller_harness import START, Number, PollerHarness
from tools.testkit.recorded_api import account

HOUR = 3600.0


@pytest.fixture
def cloud() -> Iterator[ApiStub]:
    """Imitate Genesys Cloud."""
    with imitated() as it:
        yield it


@pytest.mark.parametrize(
    ("state", "seconds"),
    [
        (State(outcome=SUCCESS), 6 * HOUR),
        (State(outcome="unavailable", failures=1), 60),
        (State(outcome="unavailable", failures=2), 120),
        (State(outcome="unavailable", failures=5), 960),
        (State(outcome="crashed", failures=9), 4.266 * HOUR),
        (State(outcome="unavailable", failures=10), 6 * HOUR),
        (State(outcome="unavailable", failures=10**9), 6 * HOUR),
        (State(outcome="forbidden", failures=1), 900),
        (State(outcome="forbidden", failures=3), HOUR),
        (State(outcome="unauthorized", failures=1), 60),
        (State(outcome="unauthorized", failures=3), 240),
        (State(outcome="unauthorized", failures=100), 300),
        (State(outcome="rate_limited", failures=1, retry_after=300), 300),
        (State(outcome="rate_limited", failures=4, retry_after=300), 480),
    ],
)
def test_the_wait_grows_with_failures(state: State, seconds: float) -> None:
    """Success waits the interval; failures wait from a minute on, doubling up to the interval; a
    missing permission waits longer, a refused secret never long; the API is asked no sooner than
    it wants.
    """
    assert wait_after(state, 6 * HOUR, 0.5) == pytest.approx(seconds, rel=1e-3)


@given(
    outcome=st.sampled_from([SUCCESS, "forbidden", "unauthorized", "rate_limited", "crashed"]),
    failures=st.integers(1, 10**6),
    retry_after=st.floats(0, 1e18),
    interval=st.floats(60, 10 * 365 * 24 * HOUR),
    chance=st.floats(0, 1),
)
def test_the_wait_is_within_bounds(
    outcome: str, failures: int, retry_after: float, interval: float, chance: float
) -> None:
    """Whatever happened, the next poll comes: within the interval or an hour, and not at once."""
    asked = 0 if outcome == SUCCESS else retry_after
    wait = wait_after(State(outcome, failures, retry_after=asked), interval, chance)
    assert 57 <= wait <= max(1.05 * interval, LONGEST_ASKED_SECONDS)
    assert wait >= min(asked, LONGEST_ASKED_SECONDS)


def test_waits_are_spread() -> None:
    """Chance moves a wait by up to 5 % either way, so that loops do not keep step."""
    state = State(outcome=SUCCESS)
    assert wait_after(state, 1000, 0) == pytest.approx(950)
    assert wait_after(state, 1000, 1) == pytest.approx(1050)


def running(
    harness: PollerHarness, *, delay: float = 0, stop: threading.Event | None = None
) -> Loop:
    """Start the loop of a poller."""
    loop = Loop(harness.poller, delay=delay, stop=stop or threading.Event())
    loop.start()
    return loop


def ended(loop: Loop) -> bool:
    """Wait for the end of a loop; false if it does not come."""
    loop.join(30)
    return not loop.is_alive()


def test_a_loop_goes_on_whatever_happens() -> None:
    """Crashes and failures do not end a loop; polls of one target never overlap."""
    busy, stop = threading.Lock(), threading.Event()

    def alone(_poll: Poll[Number]) -> int:
        assert busy.acquire(blocking=False)
        busy.release()
        return 7

    def last(poll: Poll[Number]) -> int:
        stop.set()
        return alone(poll)

    acts = alone, ZeroDivisionError("boom"), Unavailable("no"), alone, alone, last
    harness = PollerHarness(*acts, settings=UsageSettings(interval=Duration("1ms")))
    assert ended(running(harness, stop=stop))
    assert harness.reported("polls_total") == {"success": 4, "crashed": 1, "unavailable": 1}


def test_a_loop_survives_an_absurd_wish_to_wait() -> None:
    """An API that asks for quiet until the end of time is asked again after an hour."""
    asked = threading.Event()

    def refuse(_poll: Poll[Number]) -> int:
        asked.set()
        raise RateLimited("no", retry_after=1e12)

    harness = PollerHarness(refuse)
    loop = running(harness)
    assert asked.wait(30)
    loop.stop()
    assert ended(loop)
    assert harness.poller.state.next_poll == START + timedelta(hours=1)


def test_a_loop_ends_while_it_waits() -> None:
    """A loop that waits for its first poll, or its next, ends at once."""
    polled = threading.Event()

    def poll(_poll: Poll[Number]) -> int:
        polled.set()
        return 7

    first, second = PollerHarness(), PollerHarness(poll)
    loops = [running(first, delay=HOUR), running(second)]
    assert polled.wait(30)
    for loop in loops:
        loop.stop()
        assert ended(loop)
    assert first.collector.polls == []
    assert len(second.collector.polls) == 1


def test_a_loop_ends_in_the_middle_of_a_poll(cloud: ApiStub) -> None:
    """When the program stops, a poll that waits for the API ends and is no outcome."""
    asked, stop = threading.Event(), threading.Event()
    cloud.before_answer = lambda _path: asked.set()
    cloud.refuse(USAGE, 429, headers={"Retry-After": "100"})
    collector = UsageCollector(UsageSettings(window="month"))
    harness = PollerHarness(collector=collector, api=BillingApi(account(), stop=stop))
    loop = running(harness)
    assert asked.wait(30)
    stop.set()
    assert ended(loop)
    assert harness.poller.state.outcome is None
    assert harness.reported("polls_total") == {}

"""Tests of how requests stay under the limit, in virtual time against imitated servers."""

import heapq
import threading
from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.genesys.clock import Deadline
from billing_exporter.genesys.errors import Interrupted, Timeout, Unreachable
from billing_exporter.genesys.rate_limit import Allowance, Pacer, Schedule
from tools.testkit.recorded_api import FakeClock

Server = Callable[[float], bool]


def token_bucket() -> Server:
    """Return a server with 300 tokens that gains five a second."""
    tokens, last = 300.0, 0.0

    def accepts(now: float) -> bool:
        nonlocal tokens, last
        tokens = min(300.0, tokens + (now - last) * 5)
        last = now
        tokens -= 1
        return tokens >= 0

    return accepts


def fixed_window() -> Server:
    """Return a server that counts by the minute of the clock."""
    counts: dict[int, int] = {}

    def accepts(now: float) -> bool:
        minute = int(now // 60)
        counts[minute] = counts.get(minute, 0) + 1
        return counts[minute] <= 300

    return accepts


def rolling_window() -> Server:
    """Return a server that looks back a minute at each request."""
    accepted: deque[float] = deque()

    def accepts(now: float) -> bool:
        while accepted and accepted[0] <= now - 60:
            accepted.popleft()
        accepted.append(now)
        return len(accepted) <= 300

    return accepts


def sweep(server: Server, requests: int, threads: int) -> tuple[float, float, int]:
    """Run a sweep in many threads while another collector asks every five seconds.

    Returns:
        The requests a minute, the other collector's longest wait, and the refusals.
    """
    schedule = Schedule()
    free_at = [0.0] * threads
    other_at, longest, gate, refused, sent = 2.5, 0.0, 0.0, 0, 0
    while sent < requests:
        arrival = min(free_at[0], other_at)
        leaves = schedule.next_at(max(arrival, gate))
        schedule.record(leaves)
        gate = leaves
        refused += not server(leaves + 0.01)
        sent += 1
        if arrival == other_at:
            longest = max(longest, leaves - arrival)
            other_at = leaves + 5
        else:
            heapq.heapreplace(free_at, leaves + 0.15)
    return sent / gate * 60, longest, refused


@pytest.mark.parametrize("server", [token_bucket, fixed_window, rolling_window])
@pytest.mark.parametrize("threads", [1, 4, 16])
def test_a_long_sweep(server: Callable[[], Server], threads: int) -> None:
    """A sweep reaches the limit within 1 %, meets no refusal and keeps nobody waiting for long."""
    rate, longest, refused = sweep(server(), requests=10_000, threads=threads)
    assert refused == 0
    assert rate > 0.99 * 300
    assert longest < 10


@given(st.lists(st.floats(0, 20), max_size=400), st.integers(1, 30))
def test_no_minute_has_more_than_the_limit(gaps: list[float], limit: int) -> None:
    """However requests arrive, no minute sees more of them than the limit."""
    schedule = Schedule()
    schedule.learn(Allowance(limit, 0, 0), 0.0)
    now = 0.0
    sent: list[float] = []
    for gap in gaps:
        now = schedule.next_at(now + gap)
        schedule.record(now)
        sent.append(now)
    for first, after in zip(sent, sent[limit:], strict=False):
        assert after - first > 60


def test_a_small_job_is_not_delayed() -> None:
    """The first forty requests leave at once, the next ones evenly spaced."""
    schedule = Schedule()
    for _ in range(40):
        assert schedule.next_at(5.0) == 5.0
        schedule.record(5.0)
    assert 5.2 < schedule.next_at(5.0) < 5.3


def test_a_lower_limit_is_taken_over() -> None:
    """The limit that the API names counts from then on."""
    schedule = Schedule()
    schedule.learn(Allowance(allowed=2, used=0, reset=60), 0.0)
    schedule.record(0.0)
    schedule.record(1.0)
    assert schedule.next_at(1.0) > 60


@pytest.mark.parametrize(
    ("used", "held"),
    [(300, True), (295, True), (250, False), (12, False)],
)
def test_others_who_share_the_token(used: int, held: bool) -> None:
    """Where others have used up the minute, all wait until it is over."""
    schedule = Schedule()
    schedule.record(0.0)
    schedule.learn(Allowance(allowed=300, used=used, reset=30), 1.0)
    assert schedule.next_at(1.0) == (31.0 if held else 1.0)


def test_own_requests_hold_nobody() -> None:
    """A minute that we alone have used up is the schedule's business already."""
    schedule = Schedule()
    for _ in range(298):
        schedule.record(0.0)
    schedule.learn(Allowance(allowed=300, used=300, reset=60), 50.0)
    assert schedule.next_at(55.0) == 55.0


def test_holds_are_bounded_and_never_shortened() -> None:
    """A hold lasts two minutes at most, and a shorter one does not end it."""
    schedule = Schedule()
    schedule.hold(100_000, 0.0)
    schedule.hold(1, 0.0)
    assert schedule.next_at(0.0) == 120.0


HEADERS = {
    "inin-ratelimit-allowed": "300",
    "inin-ratelimit-count": "12",
    "inin-ratelimit-reset": "61",
}


def test_headers_are_read() -> None:
    """The three headers make an allowance."""
    assert Allowance.of(HEADERS) == Allowance(300, 12, 61)


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("value", ["", "-1", "many", "1.5", "٣", "9" * 10, None])
def test_malformed_headers_are_ignored(name: str, value: str | None) -> None:
    """A missing or odd header makes no allowance."""
    given = HEADERS | {name: value} if value is not None else HEADERS.keys() - {name}
    headers = given if isinstance(given, dict) else {key: HEADERS[key] for key in given}
    assert Allowance.of(headers) is None


def test_a_limit_of_none_is_ignored() -> None:
    """An allowance of zero requests makes no sense."""
    assert Allowance.of(HEADERS | {"inin-ratelimit-allowed": "0"}) is None


def test_the_gate_waits() -> None:
    """Who passes the gate has waited as long as the schedule says, holds included."""
    clock = FakeClock()
    pacer = Pacer(clock)
    pacer.learn(Allowance(allowed=2, used=0, reset=60))
    pacer.take(Deadline(clock, 300))
    pacer.take(Deadline(clock, 300))
    pacer.take(Deadline(clock, 300))
    assert clock.now > 1060
    pacer.hold(90)
    pacer.take(Deadline(clock, 300))
    assert clock.waits[-1] == 90


def test_a_hold_that_comes_while_one_waits() -> None:
    """A hold counts for those who are waiting already."""

    class HoldingClock(FakeClock):
        """A clock during whose first wait the API refuses another request."""

        def wait(self, seconds: float) -> None:
            super().wait(seconds)
            if len(self.waits) == 1:
                pacer.hold(50)

    clock = HoldingClock()
    pacer = Pacer(clock)
    pacer.hold(10)
    pacer.take(Deadline(clock, 300))
    assert clock.waits == [10, 50]


def test_the_gate_keeps_the_order() -> None:
    """Threads pass the gate in the order in which they came."""
    clock = BlockingClock()
    pacer = Pacer(clock)
    pacer.hold(1)
    passed: list[int] = []

    def pass_gate(number: int) -> None:
        pacer.take(Deadline(clock, 300))
        passed.append(number)

    threads = []
    for number in range(5):
        thread = threading.Thread(target=pass_gate, args=(number,))
        thread.start()
        threads.append(thread)
        while len(pacer._queue) <= number:
            clock.breathe()
    clock.go.set()
    for thread in threads:
        thread.join()
    assert passed == [0, 1, 2, 3, 4]


def test_a_stop_empties_the_gate() -> None:
    """When the program stops, everyone who waits at the gate leaves it with Interrupted."""
    clock = BlockingClock()
    pacer = Pacer(clock)
    pacer.hold(1)
    interrupted: list[bool] = []

    def pass_gate() -> None:
        with pytest.raises(Interrupted):
            pacer.take(Deadline(clock, 300))
        interrupted.append(True)

    threads = [threading.Thread(target=pass_gate) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(pacer._queue) < 4:
        clock.breathe()
    clock.stopped = True
    clock.go.set()
    for thread in threads:
        thread.join()
    assert interrupted == [True] * 4
    assert not pacer._queue


class BlockingClock(FakeClock):
    """A clock whose waits begin when it is told to go."""

    def __init__(self) -> None:
        """Let nobody go."""
        super().__init__()
        self.go = threading.Event()

    def breathe(self) -> None:
        """Let the other threads run."""
        threading.Event().wait(0.001)

    def wait(self, seconds: float) -> None:
        """Wait for the signal, then let time pass at once."""
        assert self.go.wait(30)
        super().wait(seconds)


def test_nobody_waits_at_the_gate_in_vain() -> None:
    """Whose turn comes after its deadline receives so at once, and no request is counted for it."""
    clock = FakeClock()
    pacer = Pacer(clock)
    pacer.hold(60)
    with pytest.raises(Timeout):
        pacer.take(Deadline(clock, 300, Deadline(clock, 59)))
    with pytest.raises(Unreachable):
        pacer.take(Deadline(clock, 59))
    assert clock.waits == []
    pacer.take(Deadline(clock, 61))
    assert clock.waits == [60]


def test_the_queue_at_the_gate_ends_too() -> None:
    """Who stands behind another leaves when its own time is over, not when the other's is."""
    clock = BlockingClock()
    pacer = Pacer(clock)
    pacer.hold(1)
    first = threading.Thread(target=pacer.take, args=(Deadline(clock, 300),))
    first.start()
    while not pacer._queue:
        clock.breathe()
    began = FakeClock(step=0.1)
    with pytest.raises(Timeout):
        pacer.take(Deadline(clock, 300, Deadline(began, 0.5)))
    assert len(pacer._queue) == 1
    clock.go.set()
    first.join()

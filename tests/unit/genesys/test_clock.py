"""Tests of the machine's clock and of deadlines."""

import threading

import pytest

from billing_exporter.genesys.clock import Deadline, SystemClock
from billing_exporter.genesys.errors import Interrupted, Timeout, Unavailable, Unreachable
from tools.testkit.recorded_api import FakeClock


def test_wait_ends_at_once_when_stopped() -> None:
    """A wait of an hour ends when the program stops, and so does a wait of nothing."""
    stop = threading.Event()
    clock = SystemClock(stop)
    clock.wait(0)
    clock.wait(0.001)
    stop.set()
    for seconds in (3600, 0, -1):
        with pytest.raises(Interrupted):
            clock.wait(seconds)


def test_clock_tells_both_times() -> None:
    """The clock goes forward, and knows the year."""
    clock = SystemClock(threading.Event())
    assert clock.monotonic() <= clock.monotonic()
    assert clock.wall() > 1_700_000_000


def test_deadline_counts_down() -> None:
    """What is left of a deadline shrinks with time, below zero as well."""
    clock = FakeClock()
    deadline = Deadline(clock, 10)
    assert deadline.left() == 10
    clock.wait(12)
    assert deadline.left() == -2


def test_a_poll_ends_what_it_asked_for() -> None:
    """The sooner of the two deadlines counts, and the error says which it was."""
    clock = FakeClock()
    hasty = Deadline(clock, 300, Deadline(clock, 10))
    patient = Deadline(clock, 10, Deadline(clock, 300))
    assert hasty.check() == patient.check(9) == 10
    for wait in (10, 11):
        with pytest.raises(Timeout):
            hasty.check(wait)
        with pytest.raises(Unreachable):
            patient.check(wait)


def test_an_answer_that_nobody_waited_for_is_late() -> None:
    """Past the poll's deadline no answer is its timeout; before it, and otherwise, it is not."""
    clock = FakeClock()
    deadline = Deadline(clock, 300, Deadline(clock, 10))
    cut, down = Unreachable("no answer"), Unavailable("down")
    assert deadline.cause(cut) is cut
    clock.wait(10)
    assert isinstance(deadline.cause(cut), Timeout)
    assert deadline.cause(down) is down
    assert Deadline(clock, 0).cause(cut) is cut

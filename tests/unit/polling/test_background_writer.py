"""Background disk threads: a disk that hangs costs a poll some seconds once; tasks stay apart."""

import threading
from collections.abc import Callable
from functools import partial

import pytest

from billing_exporter.polling.background_writer import BackgroundWriter, BoundedReader


def _reader(clock: Callable[[], float] = lambda: 0.0) -> BoundedReader:
    return BoundedReader(seconds=0.01, pause=60, clock=clock)


def test_what_is_read_in_time_is_returned() -> None:
    """Results and errors of a read are those of the work."""
    reader = BoundedReader(seconds=60)
    assert reader(lambda: 7) == 7
    with pytest.raises(FileNotFoundError):
        reader(_missing)
    assert reader(lambda: 8) == 8


def test_a_hung_read_is_waited_for_once(caplog: pytest.LogCaptureFixture) -> None:
    """Others fail without being tried until it has ended and the pause is over; logged once."""
    times, released, tried = [0.0], threading.Event(), []
    reader = _reader(lambda: times[0])
    with pytest.raises(TimeoutError):
        reader(released.wait)
    for moment in (0.0, 59.0, 61.0):
        times[0] = moment
        with pytest.raises(TimeoutError):
            reader(lambda: tried.append(1))
    released.set()
    _wait_for_readers()
    times[0] = 61.0
    assert reader(lambda: 7) == 7
    assert tried == []
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_slow_read_is_followed_by_a_pause() -> None:
    """A read that ended late does not make the next ones wait as long."""
    times, released = [0.0], threading.Event()
    reader = _reader(lambda: times[0])
    with pytest.raises(TimeoutError):
        reader(released.wait)
    released.set()
    _wait_for_readers()
    times[0] = 59.0
    with pytest.raises(TimeoutError):
        reader(lambda: 7)


def test_a_task_that_fails_ends_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """A fault in one save is logged, and what is submitted after it is saved."""
    writer = BackgroundWriter()
    done: list[str] = []
    writer.submit("first", _missing)
    assert writer.flush(10)
    writer.submit("second", lambda: done.append("second"))
    assert writer.flush(10)
    assert done == ["second"]
    assert "a task for the disk failed" in caplog.text


def _missing() -> None:
    raise FileNotFoundError


def _wait_for_readers() -> None:
    for thread in threading.enumerate():
        if thread.name == "state reader":
            thread.join(10)


def test_no_task_begins_while_paused() -> None:
    """What is submitted in a pause waits for its end, and is waited for; then all of it is done."""
    writer = BackgroundWriter()
    done: list[int] = []
    with writer.paused():
        for number in (1, 2, 2):
            writer.submit(number, partial(done.append, number))
        assert not writer.flush(0.01)
        assert done == []
    assert writer.flush(10)
    assert done == [1, 2]

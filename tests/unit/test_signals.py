"""Signals: in order, in time, and gone with the block."""

import os
import select
import signal
import threading
import time
from typing import Any

import pytest

from billing_exporter.signals import Signals

TAKEN = (signal.SIGHUP, signal.SIGTERM)


def send(number: int) -> None:
    """Send this process a signal, as another process would."""
    os.kill(os.getpid(), number)


def test_signals_come_in_their_order_and_each_once() -> None:
    """What came before the wait is there at once; then nothing is."""
    with Signals(*TAKEN) as signals:
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP):
            send(number)
        came = [signals.wait(10) for _ in range(3)]
        assert came == [signal.SIGHUP, signal.SIGTERM, signal.SIGHUP]
        assert signals.wait(0.01) is None


def test_a_signal_ends_a_wait_that_has_no_end() -> None:
    """It comes while the main thread waits."""
    with Signals(*TAKEN) as signals:
        later = threading.Timer(0.05, send, (signal.SIGTERM,))
        later.start()
        assert signals.wait() == signal.SIGTERM
        later.join()


def test_a_signal_right_before_the_wait_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python has run its handler, or has not yet: the wait ends all the same. A flag that the
    handler sets would be looked at too early, and the wait would last.
    """
    wait = select.select

    def late(*arguments: Any) -> Any:
        send(signal.SIGTERM)
        return wait(*arguments)

    monkeypatch.setattr("billing_exporter.signals.select.select", late)
    begin = time.monotonic()
    with Signals(*TAKEN) as signals:
        assert signals.wait(60) == signal.SIGTERM
    assert time.monotonic() - begin < 30


def test_what_is_taken_later_is_taken_too() -> None:
    """A signal has its usual effect until then."""
    before = signal.getsignal(signal.SIGTERM)
    with Signals(signal.SIGHUP) as signals:
        assert signal.getsignal(signal.SIGTERM) == before
        signals.take(signal.SIGTERM)
        send(signal.SIGTERM)
        assert signals.wait(10) == signal.SIGTERM


def test_after_the_block_all_is_as_it_was() -> None:
    """Handlers and the descriptor are those of before, also after an error."""
    before = [signal.getsignal(number) for number in TAKEN]
    with pytest.raises(RuntimeError, match="a fault"), Signals(*TAKEN):
        raise RuntimeError("a fault")
    assert [signal.getsignal(number) for number in TAKEN] == before
    assert signal.set_wakeup_fd(-1) == -1

"""Signals to a process that waits for them: none is noticed late."""

import select
import signal
import socket
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from typing import Any, Self


class Signals(AbstractContextManager["Signals"]):
    """Takes signals in the place of their usual effect until the block ends; the main thread's.

    Python runs a handler between two steps of the main thread. A signal that comes right before
    that thread begins to wait, for a lock or in a queue, is handled only when the wait is over.
    What is written to a socket when the signal comes ends the wait whenever that is.
    """

    def __init__(self, *numbers: int) -> None:
        """Take these signals from the beginning of the block on."""
        self._numbers = numbers
        self._former: dict[int, Any] = {}
        self._reader, self._writer = socket.socketpair()

    def __enter__(self) -> Self:
        """Begin to take signals."""
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._former_wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self.take(*self._numbers)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let signals have their usual effect again."""
        for number, handler in self._former.items():
            # Of one that was not installed by Python nothing is known.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.set_wakeup_fd(self._former_wakeup)
        self._reader.close()
        self._writer.close()

    def take(self, *numbers: int) -> None:
        """Take these signals too."""
        for number in numbers:
            self._former[number] = signal.signal(number, _nothing)

    def wait(self, seconds: float | None = None) -> int | None:
        """Return the next signal, in the order in which they came; None where none comes in time.

        Args:
            seconds: how long to wait; None without an end.
        """
        ready, _, _ = select.select([self._reader], [], [], seconds)
        return self._reader.recv(1)[0] if ready else None


def _nothing(number: int, frame: FrameType | None) -> None:
    """Do nothing: that the signal came is read from the socket."""

"""A watchdog that closes the connection of a request whose time is over.

A socket's timeout starts again with every byte, so an answer that drips outlasts any of them. The
watchdog is a thread of its own: wherever a request waits (the handshake, a proxy, the status line,
a header, a chunk's size), its connection is closed at the deadline, which wakes the waiting thread.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

_LOOK_SECONDS = 0.5  # how soon a cancelled call is noticed
_IDLE_SECONDS = 5.0  # after which the thread ends
_MARGIN_SECONDS = 0.02  # so that the deadline has passed by the caller's clock too


class Call:
    """A request under way, whose connection can be closed from another thread."""

    def __init__(self, seconds: float, cancelled: Callable[[], bool]) -> None:
        """Start counting now."""
        self.ends_at = time.monotonic() + seconds + _MARGIN_SECONDS
        self.cancelled = cancelled
        self.is_cut = False
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None

    def use(self, sock: socket.socket) -> None:
        """Take note of the connection that the request uses from now on."""
        # A duplicate: the socket may change hands (TLS) or be closed, and its number be reused.
        handle = socket.socket(fileno=os.dup(sock.fileno()))
        with self._lock:
            self._release()
            self._handle = handle
            if self.is_cut:
                _shut_down(handle)

    def cut(self) -> None:
        """Close the connection, which wakes the thread that waits for it."""
        with self._lock:
            self.is_cut = True
            if self._handle is not None:
                _shut_down(self._handle)

    def end(self) -> None:
        """Leave the connection alone from now on."""
        with self._lock:
            self._release()

    def _release(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


current_call: ContextVar[Call] = ContextVar("current_call")
"""The call of this thread, for the connection that it uses."""


class Watchdog:
    """The thread that cuts calls at their deadlines; it runs while there are calls."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        self._calls: set[Call] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._looks_at = 0.0

    @contextmanager
    def watching(self, seconds: float, cancelled: Callable[[], bool]) -> Iterator[Call]:
        """Cut what the block does over connections after so many seconds, or once cancelled."""
        call = Call(seconds, cancelled)
        self._add(call)
        token = current_call.set(call)
        try:
            yield call
        finally:
            current_call.reset(token)
            with self._changed:
                self._calls.discard(call)
            call.end()

    def _add(self, call: Call) -> None:
        with self._changed:
            self._calls.add(call)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
            elif call.ends_at < self._looks_at:  # waking it for each call would cost more than it
                self._changed.notify_all()

    def _run(self) -> None:
        with self._changed:
            used_at = time.monotonic()
            while self._calls or time.monotonic() < used_at + _IDLE_SECONDS:
                if self._calls:
                    used_at = time.monotonic()
                seconds = self._look()
                self._looks_at = time.monotonic() + seconds
                self._changed.wait(seconds)
            self._thread = None

    def _look(self) -> float:
        """Cut what is over; return the seconds until the next look."""
        now = time.monotonic()
        for call in self._calls:
            if not call.is_cut and (call.ends_at <= now or call.cancelled()):
                call.cut()
        pending = [call.ends_at - now for call in self._calls if not call.is_cut]
        return min((_LOOK_SECONDS, *pending))


def _shut_down(sock: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        sock.shutdown(socket.SHUT_RDWR)

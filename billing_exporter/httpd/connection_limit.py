"""Limit of open connections: which one is closed when a new one needs its place."""

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_MOST_CONNECTIONS = 512
_FEWEST_CONNECTIONS = 8
_OWN_DESCRIPTORS = 24  # files, listeners, and what the interpreter holds


def connections_for_descriptors() -> int:
    """Return how many clients may be connected, so that descriptors are left for the API."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return max(_FEWEST_CONNECTIONS, min(_MOST_CONNECTIONS, (limit - _OWN_DESCRIPTORS) // 2))


class Client(Protocol):
    """What the crowd may do with a connection. Neither call waits."""

    def hurry(self) -> None:
        """Let the request that is being answered be the last; wake who waits for one."""

    def cut(self) -> None:
        """Break the connection; wake who reads or writes."""

    def close(self) -> None:
        """Give the connection back to the system."""


class Crowd:
    """The connected clients, those who wait for a request apart from those being answered.

    Both groups are in the order in which their members came to them. A client is cut only
    while it is a member and closed only when it leaves, so that no call can reach a
    descriptor that the system has given to somebody else.
    """

    def __init__(self, limit: int) -> None:
        """Admit at most ``limit`` clients at a time."""
        self._limit = limit
        self._lock = threading.Lock()
        self._waiting: dict[Client, None] = {}
        self._answered: dict[Client, None] = {}
        self._leaving: set[Client] = set()

    def __len__(self) -> int:
        """Return how many clients hold a place."""
        return len(self._waiting) + len(self._answered)

    def enter(self, client: Client) -> None:
        """Admit a client.

        When the place is full, the one who has waited longest without a whole request is cut;
        when nobody waits, the one whose answer has taken longest.
        """
        with self._lock:
            if len(self) >= self._limit:
                self._cut_oldest(self._waiting or self._answered)
            self._waiting[client] = None

    def make_room(self) -> None:
        """Cut the client who has waited longest without a whole request, if there is one."""
        with self._lock:
            if self._waiting:
                self._cut_oldest(self._waiting)

    @contextmanager
    def answering(self, client: Client) -> Iterator[None]:
        """Count the client among those being answered, and after that as one who waits again."""
        self._move(client, self._waiting, self._answered)
        yield
        self._move(client, self._answered, self._waiting)

    def leave(self, client: Client) -> None:
        """Close the client and free its place."""
        with self._lock:
            self._waiting.pop(client, None)
            self._answered.pop(client, None)
            self._leaving.discard(client)
            client.close()

    def hurry(self) -> None:
        """Hurry every client."""
        with self._lock:
            for client in self._everyone():
                client.hurry()

    def cut(self) -> None:
        """Cut every client."""
        with self._lock:
            for client in self._everyone():
                client.cut()

    def _cut_oldest(self, group: dict[Client, None]) -> None:
        oldest = next(iter(group))
        del group[oldest]
        self._leaving.add(oldest)
        oldest.cut()

    def _everyone(self) -> tuple[Client, ...]:
        return (*self._waiting, *self._answered, *self._leaving)

    def _move(self, client: Client, old: dict[Client, None], new: dict[Client, None]) -> None:
        """Move a client to the end of the other group, unless it was cut meanwhile."""
        with self._lock:
            if client in old:
                del old[client]
                new[client] = None

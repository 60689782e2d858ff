"""Order of locks: two that are taken in both orders can wait for each other for ever.

    python -m tools.reliability.locks ORDERS CONFIGURATION --simulator URL ...

runs ``reliability.exporter`` and writes to the file ORDERS, as JSON, which locks it took while it
held which others. Locks are told apart by the line that makes them, so that one run tells of all
objects of a kind, and a wrong order is found before two threads meet in it.
"""

import json
import linecache
import re
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

# Whose locks are watched: all that an exporter takes but those within Python.
PACKAGES = ("billing_exporter", "logging", "prometheus_client")
_NAME = re.compile(r"\s*(?:self\.)?(\w+)[^=(]*=[^=]")
_FRAMES = 2  # from the maker of a lock to who wants one

Orders = Mapping[str, set[str]]


def circle(orders: Orders) -> list[str]:
    """Return locks each of which was taken while its neighbour was held, in a circle."""
    try:
        TopologicalSorter(orders).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


class Watch:
    """Remembers which locks were taken while which others were held.

    Attributes:
        orders: the locks that were waited for while another was held, by that other.
    """

    def __init__(self) -> None:
        self.orders: defaultdict[str, set[str]] = defaultdict(set)
        self._of_thread = threading.local()

    def taken(self, lock: "WatchedLock", *, waited: bool) -> None:
        """Note that this thread has a lock; where it only tried, it could not wait for ever."""
        held = self._held()
        if waited and lock not in held:
            for other in held:
                self.orders[other.place].add(lock.place)
        held.append(lock)

    def given_back(self, lock: "WatchedLock") -> None:
        """Note that a lock is free; one may free what another took, which is then not noted."""
        if lock in (held := self._held()):
            held.remove(lock)

    def _held(self) -> list["WatchedLock"]:
        held: list[WatchedLock] = self._of_thread.__dict__.setdefault("held", [])
        return held


class WatchedLock:
    """A lock that tells a watch when it is taken and given back.

    Attributes:
        place: the line that made it, and its name there.
    """

    def __init__(self, lock: Any, place: str, watch: Watch) -> None:
        self.place = place
        self._lock = lock
        self._watch = watch

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock."""
        if not self._lock.acquire(blocking, timeout):
            return False
        self._watch.taken(self, waited=blocking)
        return True

    def release(self) -> None:
        """Give the lock back."""
        self._watch.given_back(self)
        self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lock, name)


class WatchedRLock(WatchedLock):
    """A lock that its thread may take again, with what a condition wants of it."""

    def _release_save(self) -> Any:
        self._watch.given_back(self)
        return self._lock._release_save()  # noqa: SLF001 - as threading does

    def _acquire_restore(self, state: Any) -> None:
        self._lock._acquire_restore(state)  # noqa: SLF001 - as threading does
        self._watch.taken(self, waited=True)


@contextmanager
def watched(packages: tuple[str, ...] = PACKAGES) -> Iterator[Watch]:
    """Watch the locks that packages make within the block, as long as the locks live."""
    watch = Watch()
    usual = {"Lock": threading.Lock, "RLock": threading.RLock}
    kinds: dict[str, type[WatchedLock]] = {"Lock": WatchedLock, "RLock": WatchedRLock}

    def making(name: str) -> Callable[[], Any]:
        def make() -> Any:
            place, lock = _place(packages), usual[name]()
            return kinds[name](lock, place, watch) if place else lock

        return make

    for name in usual:
        setattr(threading, name, making(name))
    try:
        yield watch
    finally:
        for name, kind in usual.items():
            setattr(threading, name, kind)


def _place(packages: tuple[str, ...]) -> str:
    """Name the line that wants a lock, empty where it is in none of the packages."""
    frame = sys._getframe(_FRAMES)  # noqa: SLF001 - there is no other way to know who calls
    while frame.f_back is not None and frame.f_globals["__name__"] == "threading":
        frame = frame.f_back
    if frame.f_globals["__name__"].partition(".")[0] not in packages:
        return ""
    file, line = Path(frame.f_code.co_filename), frame.f_lineno
    name = _NAME.match(linecache.getline(str(file), line))
    return f"{file.parent.name}/{file.name}:{line} {name[1] if name else ''}".rstrip()


def main() -> None:
    """Run the exporter and write down its orders."""
    file = Path(sys.argv.pop(1))
    with watched() as watch:
        # What is imported before makes its locks unwatched.
        from tools.reliability import exporter  # noqa: PLC0415

        try:
            exporter.main()
        finally:
            orders = {place: sorted(others) for place, others in watch.orders.items()}
            file.write_text(json.dumps(orders, indent=1))


if __name__ == "__main__":
    main()

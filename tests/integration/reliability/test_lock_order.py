"""Locks are taken in one order: no two threads of an exporter can wait for each other for ever."""

import json
import signal
import threading
from itertools import pairwise

import pytest

from tools.reliability.chaos import Setup, reloads, rotations
from tools.reliability.locks import Orders, circle, watched
from tools.reliability.subprocesses import launched
from tools.testkit.processes import Program, simulating, wait_until
from tools.testkit.scrapes import fetch, steer, wait_until_polled

# What is known to be taken within what: without these the run has shown nothing.
NESTED = (
    ("_turn", "publisher"),  # a poll publishes
    ("publisher", "exposition"),
    ("publisher", "telemetry"),
    ("_changing", "telemetry"),  # a reload forgets who has left
    ("exporter", "_changing"),  # reloads come one by one
)


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Orders:
    """What a whole life of an exporter shows: start, polls that fail and succeed, scrapes, reloads
    that remove an organization and bring it back, a rotated secret, the end.
    """
    folder = tmp_path_factory.mktemp("locks")
    file = folder / "orders.json"
    with simulating("--rate-limit", "0", "--in-progress", "0", "--trustors", "3") as simulator:
        setup = Setup(folder, simulator.url)
        setup.configure(guest=True)
        setup.secret.write_text("demo\n")
        flags = ("--simulator", simulator.url, "--state.dir", str(folder / "state"))
        arguments = (str(file), str(setup.configuration), *flags)
        with launched(folder, *arguments, module="tools.reliability.locks") as exporter:
            wait_until_polled(exporter.url)
            live(setup, exporter)
            assert exporter.end() == 0
    return {place: set(others) for place, others in json.loads(file.read_text()).items()}


def live(setup: Setup, exporter: Program) -> None:
    """Let an exporter have a life."""
    for path in ("metrics", "", "-/ready", "-/healthy"):
        fetch(f"{exporter.url}/{path}", Accept_Encoding="gzip")
    steer(setup.simulator, "faults", ["429:*:retry_after=1,every=3", "html502:*:every=2"])
    steer(setup.simulator, "revoke", {})
    for number, _ in enumerate(reloads(setup), start=1):
        exporter.process.send_signal(signal.SIGHUP)
        wait_until(
            lambda count=number: len(exporter.lines("configuration")) >= count  # type: ignore[misc]
        )
        fetch(f"{exporter.url}/metrics")
    steer(setup.simulator, "faults", [])
    for _ in rotations(setup):
        steer(setup.simulator, "revoke", {})
        fetch(f"{exporter.url}/metrics")
    polls = len(exporter.lines("poll"))
    wait_until(lambda: len(exporter.lines("poll")) > polls)


def test_there_is_one_order(orders: Orders) -> None:
    """No lock is ever waited for while one is held that is elsewhere taken before it."""
    assert circle(orders) == []


def test_the_known_orders_were_seen(orders: Orders) -> None:
    """The run came through each place at which one lock is known to be taken within another."""
    seen = {(outer, inner) for outer, others in orders.items() for inner in others}
    for outer, inner in NESTED:
        assert any(outer in one and inner in other for one, other in seen), (outer, inner)


class Two:
    """Two locks, a condition among them."""

    def __init__(self) -> None:
        self.one = threading.Lock()
        self.other = threading.Condition()


def names(orders: Orders) -> list[tuple[str, str]]:
    """Return the orders by the locks' names alone."""
    pairs = ((outer, inner) for outer, others in orders.items() for inner in others)
    return sorted((outer.split()[-1], inner.split()[-1]) for outer, inner in pairs)


def test_two_orders_are_found() -> None:
    """Two locks that are taken in one order here and in the other there make a circle, even where
    they are of different objects and no thread ever waits.
    """
    with watched(packages=("tests",)) as watch:
        first, second = Two(), Two()
    with first.one, first.other:
        first.other.notify_all()
    assert circle(watch.orders) == []
    with second.other, second.one:
        pass
    found = circle(watch.orders)
    assert names(watch.orders) == [("one", "other"), ("other", "one")]
    assert {*pairwise(place.split()[-1] for place in found)} == {*names(watch.orders)}


def test_what_cannot_wait_is_no_order() -> None:
    """A lock that is only tried, taken again by its own thread, or taken by another thread, is not
    taken within what is held.
    """
    with watched(packages=("tests",)) as watch:
        two, again = Two(), Two()
    with two.one:
        assert again.one.acquire(blocking=False)
        again.one.release()
        thread = threading.Thread(target=again.other.acquire)
        thread.start()
        thread.join()
    with two.other, two.other:
        assert not two.other.wait(timeout=0.01)
    assert names(watch.orders) == []

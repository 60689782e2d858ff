"""What a poll leaves behind: nothing that only the garbage collector could free."""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType

import pytest

from billing_exporter.collectors import Poll
from billing_exporter.collectors.base import side_by_side
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import UsageSettings
from billing_exporter.collectors.usage import UsageCollector
from billing_exporter.genesys import BillingApi
from tests.unit.polling.poller_harness import Number, PollerHarness
from tools.reliability.in_process_exporter import Branch
from tools.reliability.matrix import FAULTS, OPERATIONS, Fault
from tools.testkit.processes import Program, simulating
from tools.testkit.recorded_api import account, client_at, silence
from tools.testkit.scrapes import steer

OURS = tuple(f"billing_exporter.{name}" for name in ("polling", "collectors", "genesys"))


@pytest.fixture(scope="module")
def simulator() -> Iterator[Program]:
    """A simulated Genesys Cloud with two customers."""
    flags = "--trustors", "2", "--rate-limit", "0", "--in-progress", "0"
    with simulating(*flags) as program:
        yield program


@contextmanager
def leftovers() -> Iterator[list[str]]:
    """Collect the calls of the exporter that the block leaves to the garbage collector."""
    found: list[str] = []
    logging.disable()  # pytest keeps what is logged, and errors with it
    gc.collect()
    gc.disable()
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        frames = [each for each in gc.garbage if isinstance(each, FrameType)]
        found += [repr(each) for each in frames if each.f_globals["__name__"].startswith(OURS)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize("fault", [f for f in FAULTS if not f.slow], ids=lambda f: f.text(""))
def test_nothing_is_left(fault: Fault, simulator: Program) -> None:
    """Whatever an answer was, it goes with its poll: an answer can be large, and polls that fail
    are many.
    """
    branch = Branch(simulator.url, lambda: datetime.now(UTC))
    branch.poll()
    texts = [fault.text(operation) for operation in OPERATIONS if operation in fault.on]
    steer(simulator.url, "faults", texts)
    try:
        with leftovers() as found:
            branch.poll()
    finally:
        steer(simulator.url, "faults", [])
        branch.api.close()
    assert found == []


def test_nothing_is_left_by_a_timeout() -> None:
    """What hangs is cut off, and its calls go with it."""
    settings = UsageSettings(timeout=Duration("1s"))
    with silence() as url:
        api = client_at(url)
        harness = PollerHarness(collector=UsageCollector(settings), settings=settings, api=api)
        with leftovers() as found:
            harness.poll()
        api.close()
    assert harness.reported("poll_failure") == {"timeout": 1}
    assert found == []


def test_nothing_is_left_by_a_secret_that_cannot_be_read() -> None:
    """A file that is gone leaves no trace, however often it is looked for."""

    def gone() -> str:
        raise FileNotFoundError

    settings, api = UsageSettings(), BillingApi(account(client_secret=gone))
    harness = PollerHarness(collector=UsageCollector(settings), settings=settings, api=api)
    with leftovers() as found:
        harness.poll()
        harness.poll()
    assert harness.reported("polls_total") == {"unauthorized": 2}
    assert found == []


class BrokenError(Exception):
    """A fault of the exporter."""


def test_nothing_is_left_by_a_crash() -> None:
    """A collector that crashes leaves nothing either, not even where it works side by side."""

    def crash(number: int) -> None:
        raise BrokenError(number)

    def fetch(_: Poll[Number]) -> int:
        return len(list(side_by_side(crash, range(3), 1)))

    harness = PollerHarness(fetch)
    with leftovers() as found:
        harness.poll()
    assert harness.reported("poll_failure") == {"crashed": 1}
    assert found == []

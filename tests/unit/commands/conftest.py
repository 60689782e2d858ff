"""Commands that run in this process, and a simulator that they ask."""

import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

from billing_exporter import cli
from billing_exporter.simulator import Options, Simulator
from tests.unit.commands.calls import TRUSTORS, Call, variables


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No account in the environment; what a command changes in the process is set right after."""
    for name in [name for name in os.environ if name.startswith("GENESYSCLOUD_")]:
        monkeypatch.delenv(name)
    for module, hook in ((sys, "excepthook"), (threading, "excepthook"), (warnings, "showwarning")):
        monkeypatch.setattr(module, hook, getattr(module, hook))
    numbers = signal.SIGTERM, signal.SIGINT, signal.SIGHUP
    handlers = {number: signal.getsignal(number) for number in numbers}
    root, own = logging.getLogger(), logging.getLogger("billing_exporter")
    kept, levels = list(root.handlers), (root.level, own.level)
    yield
    root.handlers[:] = kept
    root.setLevel(levels[0])
    own.setLevel(levels[1])
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def call(capfdbinary: pytest.CaptureFixture[bytes]) -> Call:
    """A command run in this process: its status, standard output and standard error."""

    def main(*arguments: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        status = cli.main(arguments)
        captured = capfdbinary.readouterr()
        return status, captured.out.decode(), captured.err.decode()

    return main


@pytest.fixture(scope="module")
def simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """A simulated Genesys Cloud of a partner with a few trustors."""
    trustors = getattr(request.module, "TRUSTORS", TRUSTORS)
    options = Options(address="127.0.0.1:0", trustors=trustors, in_progress=0, rate_limit=0)
    with Simulator(options) as running:
        yield running


@pytest.fixture
def account(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The simulator as the one organization of the environment."""
    for name, text in variables(simulator).items():
        monkeypatch.setenv(name, text)
    simulator.service.set_faults([])
    return simulator

"""The whole matrix on a real exporter process, whose client really waits.

An organization for each operation, each with a simulator of its own: while a fault holds, every
simulator shows it in its operation alone.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from billing_exporter.simulator import Options, Simulator
from reliability.launching import launched
from reliability.looking import Look
from reliability.matrix import CONCERNED, FAULTS, LOGIN, OPERATIONS, SUCCESS, Case, Fault, cases
from reliability.verdict import faults
from tests.processes import Program
from tests.scrapes import fetch

_PATIENCE_SECONDS = 420.0  # five tries, each of which waits a minute for an answer
_PAUSE_SECONDS = 0.5
_COLLECTORS = {
    "usage": "usage: {}",
    "invoices": "invoices: {}",
    "contracts": "contracts: {}",
    "trustors": "trustors: {zero_rows: true, concurrency: 1}",
}


def suffered(seconds: float, say: Callable[[str], None]) -> Iterator[str]:
    """Let an exporter suffer fault after fault; yield what was not as the matrix says."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        options = Options(address="127.0.0.1:0", trustors=2, in_progress=0, rate_limit=0)
        simulators = {name: stack.enter_context(Simulator(options)) for name in OPERATIONS}
        file = folder / "exporter.yml"
        file.write_text(_configuration(simulators))
        flags = ("--simulator", simulators[LOGIN].url, "--interval", "3s")
        exporter = stack.enter_context(launched(folder, str(file), *flags))
        patient = Patient(simulators, exporter)
        patient.recover()
        until, done = time.monotonic() + seconds, 0
        for fault in FAULTS:
            if time.monotonic() > until:
                say(f"ended early, before {fault.text('*')}")
                return
            began = time.monotonic()
            found = list(patient.suffer(fault))
            done += len(fault.on)
            say(f"{fault.text('')}: {len(fault.on)} operations, {time.monotonic() - began:.0f} s")
            yield from found
        yield from (f"the log has: {line}" for line in exporter.lines("Traceback"))
        say(f"{done} pairs of fault and operation")


def _configuration(simulators: dict[str, Simulator]) -> str:
    lines = ["organizations:"]
    for operation, simulator in simulators.items():
        collectors = ", ".join(_COLLECTORS[name] for name in CONCERNED[operation])
        who = f"api_url: '{simulator.url}', client_id: demo, client_secret: demo"
        lines.append(f"  - {{name: {operation}, {who}, collectors: {{{collectors}}}}}")
    return "\n".join([*lines, ""])


class Patient:
    """An exporter and the simulators that it asks."""

    def __init__(self, simulators: dict[str, Simulator], exporter: Program) -> None:
        self._simulators = simulators
        self._exporter = exporter

    def look(self) -> Look:
        """Scrape it."""
        return Look.of(fetch(f"{self._exporter.url}/metrics").text)

    def recover(self) -> None:
        """End all faults and wait until every poll succeeds."""
        self._show(None)
        self._wait(self.look(), dict.fromkeys(OPERATIONS, SUCCESS))

    def suffer(self, fault: Fault) -> Iterator[str]:
        """Show a fault in all operations at once, and compare with before."""
        before = self._shown_between_polls(fault)
        concerned = [case for case in cases() if case.fault is fault]
        for case in concerned:
            yield from self._compared(case, before)
        self.recover()

    def _shown_between_polls(self, fault: Fault) -> Look:
        """Show a fault while no poll is under way; return how all looked before."""
        while True:
            before = self.look()
            if _is_at_rest(before):
                self._show(fault)
                if _attempts(self.look()) == _attempts(before):
                    return before
                self.recover()
            time.sleep(_PAUSE_SECONDS / 10)

    def _compared(self, case: Case, before: Look) -> Iterator[str]:
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            found = [*faults(case, before, self.look(), case.operation, case.concerned)]
            if not found or time.monotonic() > until:
                yield from found
                return
            time.sleep(_PAUSE_SECONDS)

    def _show(self, fault: Fault | None) -> None:
        for operation, simulator in self._simulators.items():
            shown = fault is not None and operation in fault.on
            simulator.service.set_faults([fault.text(operation)] if fault and shown else [])
            if operation == LOGIN:
                simulator.service.revoke()

    def _wait(self, before: Look, outcomes: dict[str, str]) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until:
            look = self.look()
            if all(self._has_come(look, before, name, end) for name, end in outcomes.items()):
                return
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError(f"no recovery: {self._exporter.stderr[-3000:]}")

    def _has_come(self, look: Look, before: Look, operation: str, outcome: str) -> bool:
        for collector in CONCERNED[operation]:
            labels = {"organization": operation, "collector": collector}
            polls = {**labels, "outcome": outcome}
            grown = (look.own.value("polls_total", **polls) or 0) > (
                before.own.value("polls_total", **polls) or 0
            )
            if not grown or look.own.outcomes(operation).get(collector) != outcome:
                return False
        return True


def _attempts(look: Look) -> dict[tuple[str, ...], float]:
    return look.own.values("last_attempt_timestamp_seconds", "organization", "collector")


def _is_at_rest(look: Look) -> bool:
    ends = look.own.values("last_success_timestamp_seconds", "organization", "collector")
    return _attempts(look) == ends

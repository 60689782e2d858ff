"""The whole matrix on a real exporter process, whose client really waits.

An organization for each operation, each with a simulator of its own: while a fault holds, every
simulator shows it in its operation alone.
"""

import dataclasses
import itertools
import multiprocessing
import re
import tempfile
import time
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path

from billing_exporter.collectors.registry import REGISTRY
from billing_exporter.simulator import Options, Simulator
from tools.reliability.exposition_view import Look
from tools.reliability.matrix import (
    CONCERNED,
    FAULTS,
    LOGIN,
    OPERATIONS,
    SUCCESS,
    Case,
    Fault,
    cases,
    expectations,
)
from tools.reliability.oracle import Answers, asked
from tools.reliability.subprocesses import launched
from tools.reliability.verdict import Sheets, differences, faults, sheets
from tools.testkit.processes import Program
from tools.testkit.scrapes import fetch

_PATIENCE_SECONDS = 420.0  # five tries, each of which waits a minute for an answer
_PAUSE_SECONDS = 0.5
_INTERVAL = "5s"
_RENEWAL_SECONDS = 80.0  # a token that is refused within its first minute is not renewed at once
_FACT = re.compile(r"(level|collector|reason)=(\w+)")
# A customer is asked after another, so that what one answer does to the next receives apart.
# The history that is read behind the polls is compared elsewhere, period by period.
_SETTINGS = {
    "contracts": "{history: 0}",
    "trustors": "{zero_rows: true, concurrency: 1, history: 0}",
}
_COLLECTORS = {name: f"{name}: {_SETTINGS.get(name, '{}')}" for name in REGISTRY}


def inject_all(say: Callable[[str], None], lanes: int, names: Container[str]) -> list[str]:
    """Let exporters suffer fault after fault; return what was not as the matrix says.

    Args:
        say: receives the progress.
        lanes: how many exporters share the faults, each with its simulators in a process of its
            own: the comparisons of one do not hold up the answers to another.
        names: of the faults; without any, all.
    """
    rows = [row for row, fault in enumerate(FAULTS) if not names or fault.name in names]
    pairs = sum(len(_cases_of(FAULTS[row])) for row in rows)
    shares = [share for lane in range(lanes) if (share := rows[lane::lanes])]
    found: list[str] = []
    with (
        multiprocessing.Manager() as manager,
        ProcessPoolExecutor(len(shares), multiprocessing.get_context("spawn")) as pool,
    ):
        progress = manager.Queue()
        running = [pool.submit(_lane, progress.put, share) for share in shares]
        waiting: Collection[Future[list[str]]] = running
        while waiting:
            _, waiting = wait(waiting, _PAUSE_SECONDS)
            while not progress.empty():
                say(progress.get())
        for lane in running:
            found += lane.result()
    say(f"{len(rows)} faults, {pairs} pairs of fault and operation")
    return found


def _lane(say: Callable[[str], None], rows: Iterable[int]) -> list[str]:
    found: list[str] = []
    share = [FAULTS[row] for row in rows]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        options = Options(address="127.0.0.1:0", trustors=2, in_progress=0, rate_limit=0)
        simulators = {name: stack.enter_context(Simulator(options)) for name in OPERATIONS}
        file = folder / "exporter.yml"
        file.write_text(_configuration(simulators))
        flags = ("--simulator", simulators[LOGIN].url, "--interval", _INTERVAL)
        exporter = stack.enter_context(launched(folder, str(file), *flags))
        patient = FaultedExporter(simulators, exporter)
        patient.recover()
        patient.learn()
        for fault in sorted(share, key=lambda fault: fault.lasting):
            began = time.monotonic()
            found += patient.suffer(fault)
            pairs, seconds = len(_cases_of(fault)), time.monotonic() - began
            say(f"{fault.text('')}: {pairs} operations, {seconds:.0f} s")
        found += [f"the log has: {line}" for line in exporter.lines("Traceback")]
    return found


def _configuration(simulators: dict[str, Simulator]) -> str:
    lines = ["organizations:"]
    for operation, simulator in simulators.items():
        collectors = ", ".join(_COLLECTORS[name] for name in CONCERNED[operation])
        who = f"api_url: '{simulator.url}', client_id: demo, client_secret: demo"
        lines.append(f"  - {{name: {operation}, {who}, collectors: {{{collectors}}}}}")
    return "\n".join([*lines, ""])


class FaultedExporter:
    """An exporter and the simulators that it asks."""

    def __init__(self, simulators: dict[str, Simulator], exporter: Program) -> None:
        self._simulators = simulators
        self._exporter = exporter
        self._renewed_at = time.monotonic()
        self._known: dict[str, Answers] = {}

    def look(self) -> Look:
        """Scrape it."""
        return Look.of(fetch(f"{self._exporter.url}/metrics").text)

    def recover(self) -> None:
        """End all faults and wait until every poll succeeds."""
        self._show(None)
        self._wait(self.look(), dict.fromkeys(OPERATIONS, SUCCESS))

    def learn(self) -> None:
        """Ask the simulators what is so while all is well."""
        self._known = {
            name: asked(simulator.url, CONCERNED[name])
            for name, simulator in self._simulators.items()
        }

    def suffer(self, fault: Fault) -> Iterator[str]:
        """Show a fault in all operations at once, and compare with before."""
        before, said = self._shown_between_polls(fault)
        concerned = _cases_of(fault)
        expected = {case.operation: self._expected(case) for case in concerned}
        yield from self._compared(concerned, before, expected)
        for case in concerned:
            yield from differences(case, _warnings(case, self._exporter.stderr[said:]))
        if not fault.lasting:
            self.recover()

    def _shown_between_polls(self, fault: Fault) -> tuple[Look, int]:
        """Show a fault while no poll is under way; return how all looked, and the log's length."""
        while True:
            renewable = time.monotonic() > self._renewed_at + _RENEWAL_SECONDS
            before = self.look()
            if _is_at_rest(before) and (renewable or LOGIN not in fault.on):
                said = len(self._exporter.stderr)
                self._show(fault)
                if _attempts(self.look()) == _attempts(before):
                    return before, said
                self.recover()
            time.sleep(_PAUSE_SECONDS / 10)

    def _expected(self, case: Case) -> dict[str, Sheets]:
        name = case.operation
        return sheets(case, self._simulators[name].url, name, self._known[name])

    def _compared(
        self, waiting: list[Case], before: Look, expected: Mapping[str, Mapping[str, Sheets]]
    ) -> Iterator[str]:
        """Look at all cases again and again; where one hit is all, the next poll covers it."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while waiting:
            look = self.look()
            found = [
                [*faults(it, before, look, it.operation, expected[it.operation])] for it in waiting
            ]
            if time.monotonic() > until:
                yield from itertools.chain(*found)
                return
            waiting = [case for case, wrong in zip(waiting, found, strict=True) if wrong]
            time.sleep(_PAUSE_SECONDS)

    def _show(self, fault: Fault | None) -> None:
        for operation, simulator in self._simulators.items():
            shown = [fault.text(operation)] if fault and operation in fault.on else []
            simulator.service.set_faults(shown)
            if operation == LOGIN and shown:
                simulator.service.revoke()
                self._renewed_at = time.monotonic()

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


def _cases_of(fault: Fault) -> list[Case]:
    """List a fault's cases that a run in real time can decide."""
    return [
        _in_real_time(case)
        for case in cases()
        if case.fault is fault and not _depends_on_chance(case)
    ]


def _depends_on_chance(case: Case) -> bool:
    """Return whether one answer is hit, and it is chance which of two collectors gets it."""
    return case.fault.once and not case.fault.slow and len(case.concerned) > 1


def _in_real_time(case: Case) -> Case:
    """Return what is to be expected of a client with its usual bounds.

    It gives up an answer that stalls, asks again, and is answered where it stalled only once.
    """
    if not (case.fault.slow and case.fault.once):
        return case
    endured = dataclasses.replace(case.fault, reason=None)
    return dataclasses.replace(case, expected=expectations(endured, case.operation))


def _attempts(look: Look) -> dict[tuple[str, ...], float]:
    return look.own.values("last_attempt_timestamp_seconds", "organization", "collector")


def _is_at_rest(look: Look) -> bool:
    ends = look.own.values("last_success_timestamp_seconds", "organization", "collector")
    return _attempts(look) == ends


def _warnings(case: Case, log: str) -> Iterator[tuple[str, str]]:
    """Yield collector and reason of each poll that is said to have failed; it is a warning."""
    for line in log.splitlines():
        if f"organization={case.operation} " not in line or "poll failed" not in line:
            continue
        reported = dict(_FACT.findall(line))
        reason = (
            reported["reason"]
            if reported["level"] == "warn"
            else f"{reported['reason']}, no warning"
        )
        yield reported["collector"], reason

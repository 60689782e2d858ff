"""Months of simulated time under faults, reloads and rotations, watched by a real Prometheus."""

import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tools.reliability.chaos import MAIN, Setup, reloads, rotations, some_faults
from tools.reliability.leak_trend import Figures, Line, line_through
from tools.reliability.outcome import Attempt, Outcome, Scrapes
from tools.reliability.subprocesses import exporting, file_server
from tools.reliability.truth import differences
from tools.reliability.watching import Watcher
from tools.testkit.components import find
from tools.testkit.processes import Program, simulating, wait_until
from tools.testkit.prometheus_server import PrometheusServer, running_prometheus
from tools.testkit.scrapes import Scrape, steer, time_of, wait_until_polled

_WARM_UP = 0.2  # share of a run that is no part of its slopes
_PATIENCE_SECONDS = 150.0  # a client that was told to wait may wait a minute, and twice
_SPANS_MIDNIGHT = "no look was quick enough to lie within one day"
_STEP_SECONDS = 2.0
_CALM_LOOKS = 8  # a second apart
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How a soak goes.

    Attributes:
        seconds: how long disturbances go on.
        scale: simulated seconds in a second.
        seed: of all that is left to chance.
        trustors: how many customers there are.
        faults: chooses what goes wrong next.
        turmoil: seconds of disturbance between two looks at the truth.
    """

    seconds: float
    scale: float = 8640.0
    seed: int = 1
    trustors: int = 12
    faults: Callable[[random.Random], list[str]] = some_faults
    turmoil: float = 20.0


class Soak:
    """A simulator, an exporter and a Prometheus, and what is done to them."""

    def __init__(
        self, plan: Plan, setup: Setup, exporter: Program, watcher: Watcher, say: Say
    ) -> None:
        self._plan = plan
        self._setup = setup
        self._exporter = exporter
        self._watcher = watcher
        self._say = say
        self._chance = random.Random(plan.seed)  # noqa: S311 - no secret
        self.agreements = 0
        self.disagreements: list[str] = []
        self.disturbances: dict[str, int] = {}

    def disturb(self) -> None:
        """Disturb for the planned time, and look at the truth between."""
        until = time.monotonic() + self._plan.seconds
        while time.monotonic() < until:
            self._turmoil(min(time.monotonic() + self._plan.turmoil, until))
            self.compare()

    def compare(self) -> None:
        """Let everything recover, then compare all numbers with the truth."""
        steer(self._setup.simulator, "faults", [])
        found = [_SPANS_MIDNIGHT]

        def agree() -> bool:
            nonlocal found
            now = disagreeing(self._setup.simulator, self._exporter.url)
            if now != [_SPANS_MIDNIGHT]:  # which says nothing about the exporter
                found = now
            return not now

        try:
            wait_until(agree, _PATIENCE_SECONDS)
        except AssertionError:
            self.disagreements += found
            self._say(f"disagreement: {found[0]}")
        else:
            self.agreements += 1
            self._say(_glance(self._watcher.figures))

    def _turmoil(self, until: float) -> None:
        steps = self._steps()
        while time.monotonic() < until:
            done = next(steps, None)
            if done is None:
                return
            self.disturbances[done] = self.disturbances.get(done, 0) + 1
            time.sleep(_STEP_SECONDS)
        for _ in steps:  # what was begun is brought to its end
            time.sleep(_STEP_SECONDS / 4)

    def _steps(self) -> Iterator[str]:
        steer(self._setup.simulator, "faults", self._plan.faults(self._chance))
        yield "faults"
        kind = self._chance.randrange(4)
        if kind == 0:
            for number, done in enumerate(rotations(self._setup)):
                if not number:
                    steer(self._setup.simulator, "revoke", {})
                yield done
        elif kind == 1:
            for done in reloads(self._setup):
                self._exporter.process.send_signal(signal.SIGHUP)
                yield done
        else:
            for _ in range(3):
                steer(self._setup.simulator, "faults", self._plan.faults(self._chance))
                yield "faults"


def _glance(figures: list[Figures]) -> str:
    if not figures:
        return "all numbers are true"
    last = figures[-1]
    return (
        f"{last.seconds:.0f} s: all numbers are true; {last.memory:.1f} MiB, "
        f"{last.threads} threads, {last.descriptors} descriptors"
    )


def disagreeing(simulator: str, exporter: str) -> list[str]:
    """Compare what is shown with what is so; a look that spans midnight is no look."""
    before = steer(simulator, "world")
    scrape = Scrape.of(exporter)
    day = datetime.fromisoformat(before["now"]).date()
    if time_of(simulator).date() != day:
        return [_SPANS_MIDNIGHT]
    midnight = datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()
    moments = scrape.values("last_success_timestamp_seconds", "collector", organization=MAIN)
    if len(moments) < 4 or min(moments.values()) < midnight:  # noqa: PLR2004 - collectors
        return [f"the readings are of another day: {scrape.outcomes(MAIN)}"]
    return differences(before, scrape, MAIN, closed=False)


def soak(plan: Plan, say: Say) -> Outcome:
    """Run a soak as planned.

    Raises:
        FileNotFoundError: There is no Prometheus 3.
    """
    program = find("prometheus-3")
    if program is None:
        raise FileNotFoundError("no Prometheus 3: run `python -m tools.testkit.components fetch`")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        quick = ("--rate-limit", "0", "--in-progress", "0", "--trustors", str(plan.trustors))
        simulator = stack.enter_context(simulating(*quick, "--time-scale", str(plan.scale)))
        setup = Setup(folder, simulator.url)
        setup.configure(guest=True)
        setup.secret.write_text("demo\n")
        exporter = stack.enter_context(exporting(setup, plan.scale, folder / "state"))
        wait_until_polled(exporter.url)
        address = exporter.url.removeprefix("http://")
        targets = [address, stack.enter_context(file_server(folder / "files"))]
        plain = {"fallback_scrape_protocol": "PrometheusText0.0.4"}  # what the file server sends
        prometheus = stack.enter_context(running_prometheus(program, targets=targets, scrape=plain))
        prometheus.wait_for("up == 1", lambda rows: len(rows) == len(targets))
        watcher = stack.enter_context(Watcher(exporter.process.pid, exporter.url))
        run = Soak(plan, setup, exporter, watcher, say)
        return _watched(
            run,
            watcher,
            lambda window: [_scrapes(prometheus, target, window) for target in targets],
            exporter,
            setup,
        )


def _watched(
    run: Soak,
    watcher: Watcher,
    scrapes: Callable[[int], list[Scrapes]],
    exporter: Program,
    setup: Setup,
) -> Outcome:
    first, began = time_of(setup.simulator), time.monotonic()
    run.compare()
    before = _calm(watcher)
    run.disturb()
    run.compare()
    after = _calm(watcher)
    of_exporter, of_files = scrapes(int(time.monotonic() - began))
    return Outcome(
        simulated=(first.isoformat(), time_of(setup.simulator).isoformat()),
        agreements=run.agreements,
        disagreements=run.disagreements,
        disturbances=run.disturbances,
        scrapes=of_exporter,
        beside=of_files,
        watched=watcher.scrapes,
        faults=watcher.faults,
        tracebacks=exporter.lines("Traceback") + exporter.lines("reason=crashed"),
        polls=_polls(Scrape.of(exporter.url)),
        calm=(before, after),
        lines=_lines(watcher.figures),
    )


def _calm(watcher: Watcher) -> Figures:
    """Return what the process holds between polls, once nothing was done to it for a while.

    A poll under way has threads and connections of its own: what stays is the least that is seen.
    """
    time.sleep(_STEP_SECONDS)
    seen = len(watcher.figures)
    wait_until(lambda: len(watcher.figures) >= seen + _CALM_LOOKS, _PATIENCE_SECONDS)
    looks = watcher.figures[seen:]
    return Figures(
        seconds=looks[-1].seconds,
        memory=looks[-1].memory,
        threads=min(look.threads for look in looks),
        descriptors=min(look.descriptors for look in looks),
    )


def _scrapes(prometheus: PrometheusServer, target: str, seconds: int) -> Scrapes:
    def reported(metric: str) -> dict[float, float]:
        (row,) = prometheus.query(f'{metric}{{instance="{target}"}}[{seconds}s]')
        return {float(at): float(value) for at, value in row["values"]}

    took, up = reported("scrape_duration_seconds"), reported("up")
    moments = sorted(took.keys() & up.keys())  # a scrape can come between two questions
    return Scrapes(tuple(Attempt(at, took[at], succeeded=bool(up[at])) for at in moments))


def _polls(scrape: Scrape) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in scrape.rows("polls_total"):
        outcome = row.labels["outcome"]
        found[outcome] = found.get(outcome, 0) + int(row.value)
    return found


def _lines(figures: list[Figures]) -> dict[str, Line]:
    steady = figures[int(len(figures) * _WARM_UP) :]
    seconds = [each.seconds for each in steady]
    return {
        "memory": line_through(seconds, [each.memory for each in steady]),
        "threads": line_through(seconds, [each.threads for each in steady]),
        "descriptors": line_through(seconds, [each.descriptors for each in steady]),
    }

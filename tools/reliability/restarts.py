"""An exporter that is killed at random moments: the next start shows what was known last."""

import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from tools.reliability.chaos import MAIN, Setup
from tools.reliability.exposition_view import Look
from tools.reliability.matrix import COLLECTORS
from tools.reliability.subprocesses import exporting
from tools.testkit.processes import Program, simulating, wait_until
from tools.testkit.scrapes import fetch

_LONGEST_SECONDS = 1.5
_PAUSE_SECONDS = 0.02
_SCALE = 8640.0  # so that each reading differs from the one before

Lines = dict[str, str]


@dataclass
class Seen:
    """What was shown of each collector, by the time of the reading.

    Of one time there are several, where a poll that was under way showed what it had read.
    """

    readings: dict[str, dict[float, list[Lines]]] = field(
        default_factory=lambda: {name: {} for name in COLLECTORS}
    )

    def note(self, look: Look) -> None:
        """Keep a look in which body and telemetry tell of the same readings."""
        for collector in COLLECTORS:
            at = _moment(look, collector)
            if at is not None:
                shown = self.readings[collector].setdefault(at, [])
                if look.billing[MAIN, collector] not in shown:
                    shown.append(look.billing[MAIN, collector])

    def faults(self, look: Look) -> Iterator[str]:
        """Yield what the first look after a restart lacks or shows wrongly."""
        for collector, known in self.readings.items():
            at = _moment(look, collector)
            if not known:
                continue
            if at is None:
                yield f"{collector} shows nothing after the restart"
            elif at in known and look.billing[MAIN, collector] not in known[at]:
                yield f"{collector} shows another reading of {at} than before"
            elif at < max(known) and sorted(known)[-2:-1] != [at]:
                yield f"{collector} shows the reading of {at}, and {max(known)} was known"


@dataclass(frozen=True)
class Restarts:
    """What was seen.

    Attributes:
        kills: how often the exporter was killed.
        restored: readings that were shown by a first scrape after a restart.
        behind: those of them that had been shown but were not yet on disk when the kill came.
        faults: what was lost or wrong.
    """

    kills: int
    restored: int
    behind: int
    faults: list[str]


def _moment(look: Look, collector: str) -> float | None:
    labels = {"organization": MAIN, "collector": collector}
    if not look.own.value("series", **labels) or (MAIN, collector) not in look.billing:
        return None
    return look.own.value("last_success_timestamp_seconds", **labels)


def killed_again_and_again(kills: int, seed: int) -> Restarts:
    """Kill and restart an exporter of a simulator so many times."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    restored = behind = 0
    faults: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        state = folder / "state"
        quick = ("--rate-limit", "0", "--in-progress", "0", "--trustors", "2")
        simulator = stack.enter_context(simulating(*quick, "--time-scale", f"{_SCALE}"))
        setup = Setup(folder, simulator.url)
        setup.configure(guest=False)
        setup.secret.write_text("demo\n")
        seen = Seen()
        for number in range(kills + 1):
            with _killable(setup, state) as exporter:
                first = _steady_look(exporter)
                faults += [f"restart {number}: {fault}" for fault in seen.faults(first)]
                known = [
                    (max(at), _moment(first, name)) for name, at in seen.readings.items() if at
                ]
                restored += sum(1 for _, at in known if at is not None)
                behind += sum(1 for newest, at in known if at is not None and at < newest)
                seen = Seen()
                seen.note(first)
                if not number:
                    wait_until(lambda: _has_polled_twice(_steady_look(exporter)))
                    wait_until(lambda: _is_saved(state))
                    seen.note(_steady_look(exporter))
                _watch(exporter, seen, chance.random() * _LONGEST_SECONDS)
    return Restarts(kills, restored, behind, faults)


def _has_polled_twice(look: Look) -> bool:
    """Return whether each collector has ended two good polls: the first of them is saved by then.

    What is saved before the end of a first poll has no time of a success yet.
    """
    return all(
        (
            look.own.value("polls_total", organization=MAIN, collector=collector, outcome="success")
            or 0
        )
        > 1
        for collector in COLLECTORS
    )


def _is_saved(state: Path) -> bool:
    """Return whether readings of all collectors are on disk: saves are in the background."""
    return len(list(state.glob("*.reading"))) == len(COLLECTORS)


@contextmanager
def _killable(setup: Setup, state: Path) -> Iterator[Program]:
    """Run an exporter that is killed at the end of the block."""
    with suppress(Killed), exporting(setup, _SCALE, state) as exporter:
        yield exporter
        exporter.process.kill()
        exporter.process.wait()
        raise Killed


class Killed(Exception):  # noqa: N818 - it ends a block, and nothing is broken
    """The exporter was killed as intended."""


def _watch(exporter: Program, seen: Seen, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(OSError, HTTPException):
            seen.note(_steady_look(exporter))
        time.sleep(_PAUSE_SECONDS)


def _steady_look(exporter: Program) -> Look:
    """Look twice until nothing was published between, for telemetry is no part of the body."""
    look = Look.of(fetch(f"{exporter.url}/metrics").text)
    while True:
        again = Look.of(fetch(f"{exporter.url}/metrics").text)
        if look.billing == again.billing and _times(look) == _times(again):
            return again
        look = again


def _times(look: Look) -> list[float | None]:
    return [_moment(look, collector) for collector in COLLECTORS]

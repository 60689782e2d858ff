"""A process that is killed, or refused by the disk, at any step of saving a reading.

    python -m tools.reliability.crash_consistency FOLDER --kills 200

It forks, so it must have no threads and imports nothing that starts one. It prints a line of JSON.
"""

import argparse
import errno
import json
import linecache
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import TrustorState
from billing_exporter.collectors.usage import Charge, UsageData
from billing_exporter.polling import reading_files, reading_store
from billing_exporter.polling.reading_store import StateDirectory
from billing_exporter.state_files import disk

_TRACED = {reading_files.__file__, reading_store.__file__, disk.__file__}
_CUSTOMERS = 40
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_LONGEST_SECONDS = 0.01
_WRITING = frozenset({"append", "stream_file"})
_SUFFIXES = {".reading", ".changes"}
Tracer = Callable[[FrameType, str, Any], Any]


class KilledError(Exception):
    """What was found after a kill is not what must be there."""


@dataclass(frozen=True)
class Report:
    """What was done, and how often the newer of two readings was there after it.

    Attributes:
        steps: calls of a save before which the process was killed.
        refusals: calls of a save that failed.
        kills: kills at random moments.
        newer: how often the reading that was being saved was the one restored.
    """

    steps: int
    refusals: int
    kills: int
    newer: int


def reading(generation: int) -> UsageData:
    """Return a reading all of whose numbers are its generation, of a size that varies with it."""
    size = 1 + generation * 977 % 3000
    charge = Charge("x" * 40, Decimal(generation), generation)
    return UsageData(_at(generation), _at(generation), (charge,) * size)


def customers(generation: int) -> TrustorsData:
    """Return customers of whom one differs in each generation."""
    newest = {each % _CUSTOMERS: each for each in range(generation + 1)}
    return TrustorsData(
        {
            f"id-{number}": TrustorState(f"id-{number}", "x" * 40, "ok", _at(newest.get(number, 0)))
            for number in range(_CUSTOMERS)
        },
        nameless=generation,
    )


def _at(generation: int) -> datetime:
    return _BEGIN + timedelta(minutes=generation)


@dataclass(frozen=True)
class Kind:
    """What is saved: a whole each time, or what changed.

    Attributes:
        collector: the name.
        data: the type.
        made: returns the data of a generation.
        generation: returns the generation of the data.
    """

    collector: str
    data: type[Any]
    made: Callable[[int], Any]
    generation: Callable[[Any], int]


WHOLE = Kind("usage", UsageData, reading, lambda data: data.charges[0].resources or 0)
CHANGES = Kind("trustors", TrustorsData, customers, lambda data: data.nameless)


class Folder:
    """A state directory with one reading in it."""

    def __init__(self, path: Path, kind: Kind) -> None:
        self._path = path
        self._kind = kind
        self.failures: list[str] = []
        self._state = StateDirectory(path, self.failures.append)

    def save(self, generation: int) -> None:
        """Save the reading of a generation."""
        data = self._kind.made(generation)
        self._state.save("acme", self._kind.collector, "origin", _at(generation), data)

    def restored(self) -> int:
        """Return the generation that a start would find.

        Raises:
            KilledError: There is none, or it is not whole.
        """
        failures: list[str] = []
        state = StateDirectory(self._path, failures.append)
        kept = state.restore("acme", self._kind.collector, "origin", self._kind.data)
        if kept is None:
            raise KilledError(f"nothing could be restored: {failures}")
        at, data, _ = kept
        generation = self._kind.generation(data)
        if (at, data) != (_at(generation), self._kind.made(generation)):
            raise KilledError(f"the reading of generation {generation} is not whole")
        return generation


def killed_at_every_step(path: Path, kind: Kind) -> tuple[int, int]:
    """Kill a process at each line that a save runs; return how many, and how often it was newer."""
    folder, newer = Folder(path, kind), 0
    folder.save(0)
    folder.save(1)
    for step in count(1):
        child = os.fork()
        if not child:
            sys.settrace(_at_step(step, _die, within=None))
            folder.save(2)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        found = folder.restored()
        if found not in {1, 2}:
            raise KilledError(f"killed at step {step}, generation {found} was found")
        if not os.WIFSIGNALED(status):
            return step - 1, newer
        newer += found - 1
        folder.save(1)
    raise AssertionError("unreachable")


def refused_at_every_step(path: Path, kind: Kind) -> int:
    """Have the disk refuse at each line that writes; return how many there are."""
    for step in count(1):
        folder = Folder(path, kind)
        folder.save(0)
        folder.save(1)
        sys.settrace(_at_step(step, _refuse, within=_WRITING))
        folder.save(2)
        sys.settrace(None)
        found = folder.restored()
        if not folder.failures:
            return step - 1
        if found not in {1, 2} or folder.failures != ["save"]:
            raise KilledError(f"refused at step {step}: {found}, {folder.failures}")
        if left := [file.name for file in path.iterdir() if file.suffix not in _SUFFIXES]:
            raise KilledError(f"refused at step {step}, {left} was left behind")
    raise AssertionError("unreachable")


def killed_at_random(path: Path, kind: Kind, kills: int, chance: random.Random) -> int:
    """Kill a process that saves again and again; return how often the newer one was there."""
    folder, newer = Folder(path, kind), 0
    folder.save(0)
    for _ in range(kills):
        last = folder.restored()
        heard, reported = os.pipe()
        child = os.fork()
        if not child:
            _save_for_ever(folder, last + 1, reported)
        os.close(reported)
        time.sleep(chance.random() * _LONGEST_SECONDS)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(heard, "rb") as pipe:
            saved = last + len(pipe.read())
        found = folder.restored()
        if found not in {saved, saved + 1}:
            raise KilledError(f"generation {saved} was saved, {found} was found")
        newer += found - saved
    return newer


def _save_for_ever(folder: Folder, generation: int, reported: int) -> None:
    """Save one reading after the other, and tell a byte after each."""
    for following in count(generation):
        folder.save(following)
        os.write(reported, b".")


def _at_step(step: int, act: Callable[[], None], *, within: frozenset[str] | None) -> Tracer:
    """Return a tracer that acts at the given line with a call, of those that a save runs."""
    lines = count(1)

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        file = frame.f_code.co_filename
        if file not in _TRACED:
            return None
        wanted = within is None or frame.f_code.co_name in within
        calls = "(" in linecache.getline(file, frame.f_lineno)
        if event == "line" and wanted and calls and next(lines) == step:
            act()
        return trace

    return trace


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _refuse() -> None:
    sys.settrace(None)
    raise OSError(errno.ENOSPC, "No space left on device")


def main() -> None:
    """Do all of it in a folder and print the report."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.reliability.crash_consistency", description=__doc__
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)  # noqa: S311 - no secret
    steps = refusals = newer = 0
    for kind in (WHOLE, CHANGES):
        folder = arguments.folder / kind.collector
        more, found = killed_at_every_step(folder / "steps", kind)
        steps, newer = steps + more, newer + found
        refusals += refused_at_every_step(folder / "refusals", kind)
        newer += killed_at_random(folder / "random", kind, arguments.kills // 2, chance)
    report = Report(steps, refusals, arguments.kills // 2 * 2, newer)
    sys.stdout.write(json.dumps(vars(report)) + "\n")


if __name__ == "__main__":
    main()

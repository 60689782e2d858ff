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

from billing_exporter.collectors.usage import Charge, UsageData
from billing_exporter.polling import reading_store
from billing_exporter.polling.reading_store import StateDirectory

_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_LONGEST_SECONDS = 0.01
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


def _at(generation: int) -> datetime:
    return _BEGIN + timedelta(minutes=generation)


class Folder:
    """A state directory with one reading in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.failures: list[str] = []
        self._state = StateDirectory(path, self.failures.append)

    def save(self, generation: int) -> None:
        """Save the reading of a generation."""
        self._state.save("acme", "usage", "origin", _at(generation), reading(generation))

    def restored(self) -> int:
        """Return the generation that a start would find.

        Raises:
            KilledError: There is none, or it is not whole.
        """
        failures: list[str] = []
        kept = StateDirectory(self._path, failures.append).restore(
            "acme", "usage", "origin", UsageData
        )
        if kept is None:
            raise KilledError(f"nothing could be restored: {failures}")
        at, data, _ = kept
        generation = data.charges[0].resources or 0
        if (at, data) != (_at(generation), reading(generation)):
            raise KilledError(f"the reading of generation {generation} is not whole")
        return generation


def killed_at_every_step(path: Path) -> tuple[int, int]:
    """Kill a process at each line that a save runs; return how many, and how often it was newer."""
    folder, newer = Folder(path), 0
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


def refused_at_every_step(path: Path) -> int:
    """Have the disk refuse at each line that replaces the file; return how many there are."""
    for step in count(1):
        folder = Folder(path)
        folder.save(1)
        sys.settrace(_at_step(step, _refuse, within="replace_file"))
        folder.save(2)
        sys.settrace(None)
        found = folder.restored()
        if not folder.failures:
            return step - 1
        if found not in {1, 2} or folder.failures != ["save"]:
            raise KilledError(f"refused at step {step}: {found}, {folder.failures}")
        if left := [file.name for file in path.iterdir() if file.suffix != ".reading"]:
            raise KilledError(f"refused at step {step}, {left} was left behind")
    raise AssertionError("unreachable")


def killed_at_random(path: Path, kills: int, chance: random.Random) -> int:
    """Kill a process that saves again and again; return how often the newer one was there."""
    folder, newer = Folder(path), 0
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


def _at_step(step: int, act: Callable[[], None], *, within: str | None) -> Tracer:
    """Return a tracer that acts at the so manieth line with a call that ``state.py`` runs."""
    lines = count(1)

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != reading_store.__file__:
            return None
        wanted = within is None or frame.f_code.co_name == within
        calls = "(" in linecache.getline(reading_store.__file__, frame.f_lineno)
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
    steps, newer = killed_at_every_step(arguments.folder / "steps")
    refusals = refused_at_every_step(arguments.folder / "refusals")
    newer += killed_at_random(arguments.folder / "random", arguments.kills, chance)
    report = Report(steps, refusals, arguments.kills, newer)
    sys.stdout.write(json.dumps(vars(report)) + "\n")


if __name__ == "__main__":
    main()

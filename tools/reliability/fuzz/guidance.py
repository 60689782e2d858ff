"""Runs of the fuzzer that coverage guides, each in a process of its own."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from tools.reliability.fuzz.targets import targets

# As libFuzzer writes: the places in the code that the first inputs reached, and that all reached.
_FIRST = re.compile(r"INITED cov: (\d+)")
_LAST = re.compile(r"#(\d+)\s+DONE\s+cov: (\d+)")


@dataclass(frozen=True)
class Guided:
    """What a guided run did.

    Attributes:
        name: of the target.
        inputs: how many.
        first: places in the code that inputs by chance reached.
        reached: places in the code that were reached in the end.
        found: what broke the law, if anything did.
    """

    name: str
    inputs: int = 0
    first: int = 0
    reached: int = 0
    found: str | None = None


def guided_all(seconds: int) -> Iterator[Guided]:
    """Fuzz each target for so many seconds, and yield the runs as they end."""
    with targets() as every:
        names = [each.name for each in every]
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            command = (
                sys.executable,
                "-m",
                "tools.reliability.fuzz.guided",
                name,
                f"{seconds}",
                folder,
            )
            surroundings = {**os.environ, "TMPDIR": folder}  # it ends without tidying up
            done = subprocess.run(
                command, env=surroundings, capture_output=True, text=True, check=False
            )
        yield _understood(name, done)


def _understood(name: str, done: subprocess.CompletedProcess[str]) -> Guided:
    first, last = _FIRST.search(done.stderr), _LAST.search(done.stderr)
    if done.returncode or first is None or last is None:
        return Guided(name, found=f"{name}: {done.stdout[-4000:]}{done.stderr[-2000:]}")
    return Guided(name, int(last[1]), int(first[1]), int(last[2]))

"""Measurement in processes of their own, in rounds that alternate between contestants.

A contestant is a module that ``python -m`` runs. It either performs work by name when told to, or
serves at a URL until told to stop; the orders come on its standard input. The process that gives
them imports next to nothing, so that no contestant starts out with its memory.
"""

import gc
import json
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import IO, TypeVar

from tools.paths import ROOT

T = TypeVar("T")
_ROOT = ROOT
_STATUS = Path("/proc/self/status")
_PATIENCE = 10.0  # seconds for a process that was told to end


@dataclass(frozen=True)
class Cost:
    """What a piece of work took.

    Attributes:
        wall: seconds on the clock.
        cpu: seconds of the processor, over all threads of the process.
        peak: the most bytes of memory that the process has held so far.
    """

    wall: float
    cpu: float
    peak: int


def cost_of(work: Callable[[], object]) -> Cost:
    """Do a piece of work and say what it took."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Cost(wall, cpu, peak_memory())


def peak_memory() -> int:
    """Return the most bytes of memory that this process has held."""
    if _STATUS.exists():
        # Not ru_maxrss: on Linux a process inherits that from the one that started it.
        return memory_in(_STATUS.read_text(), "VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS counts it in bytes


def memory_in(status: str, field: str) -> int:
    """Return the bytes that a field of a ``/proc/*/status`` says."""
    found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise ValueError(f"the status has no {field}")
    return int(found[1]) * 1024


def median_cost(costs: list[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(
        median(cost.wall for cost in costs),
        median(cost.cpu for cost in costs),
        int(median(cost.peak for cost in costs)),
    )


def interleaved(contestants: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Measure everyone once a round, so that a disturbance of the machine meets all alike."""
    measured: dict[str, list[T]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            measured[name].append(measure())
    return measured


def mebibytes(count: float) -> float:
    """Return bytes as MiB."""
    return count / (1 << 20)


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Worker:
    """A process that performs work by name; to be closed."""

    def __init__(self, module: str, *arguments: object) -> None:
        """Start it and wait until it is prepared."""
        self._process = _started(module, arguments)
        _line(self._process)

    def cost(self, work: str) -> Cost:
        """Let it do a piece of work."""
        orders = _pipe(self._process.stdin)
        orders.write(f"{work}\n")
        orders.flush()
        return Cost(**json.loads(_line(self._process)))

    def close(self) -> None:
        """End it."""
        _end(self._process)


@contextmanager
def service(module: str, *arguments: object) -> Iterator[str]:
    """Run a process that serves; yield its URL."""
    process = _started(module, arguments)
    try:
        yield _line(process)
    finally:
        _end(process)


def perform(works: Mapping[str, Callable[[], object]]) -> None:
    """Be a worker: do what standard input names, line by line, until it closes."""
    print("prepared", flush=True)
    for line in sys.stdin:
        print(json.dumps(asdict(cost_of(works[line.strip()]))), flush=True)


def stay(url: str) -> None:
    """Be a service: tell the URL, and return when standard input closes."""
    print(url, flush=True)
    sys.stdin.read()


def _started(module: str, arguments: tuple[object, ...]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=_ROOT)


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise TypeError("the process has no such pipe")
    return pipe


def _line(process: subprocess.Popen[str]) -> str:
    line = _pipe(process.stdout).readline().strip()
    if not line:
        _end(process)
        raise RuntimeError(f"{process.args!r} ended with status {process.returncode}")
    return line


def _end(process: subprocess.Popen[str]) -> None:
    with _pipe(process.stdin), _pipe(process.stdout):
        pass
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(_PATIENCE)

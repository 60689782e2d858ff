"""Trend of a process figure: what the system reports, and a line through it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figures:
    """What a process held at a moment.

    Attributes:
        seconds: since the start of the run.
        memory: resident, MiB.
        threads: how many.
        descriptors: open files and sockets.
    """

    seconds: float
    memory: float
    threads: int
    descriptors: int


@dataclass(frozen=True)
class Line:
    """The least-squares line through a figure over time.

    Attributes:
        slope: change in an hour.
        mean: the figure on average.
        least: its least value.
        most: its greatest value.
    """

    slope: float
    mean: float
    least: float
    most: float


def figures_of(pid: int, seconds: float) -> Figures:
    """Read what a process holds now.

    Raises:
        OSError: There is no such process.
    """
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    reported = dict(line.split(":", 1) for line in lines)
    return Figures(
        seconds=seconds,
        memory=int(reported["VmRSS"].split()[0]) / 1024,
        threads=int(reported["Threads"]),
        descriptors=sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()),
    )


def line_through(seconds: Sequence[float], values: Sequence[float]) -> Line:
    """Return the line through values over time; no slope where there is no time."""
    count = len(values)
    middle, mean = sum(seconds) / count, sum(values) / count
    spread = sum((moment - middle) ** 2 for moment in seconds)
    pairs = zip(seconds, values, strict=True)
    shared = sum((moment - middle) * (value - mean) for moment, value in pairs)
    return Line(3600 * shared / spread if spread else 0.0, mean, min(values), max(values))

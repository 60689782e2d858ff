"""Outcome of a soak, as a record."""

from dataclasses import dataclass

from tools.reliability.leak_trend import Figures, Line

# How far apart two scrapes may be for what slowed one to have slowed the other.
_TOGETHER_SECONDS = 5.0
# A file server that takes this long for nothing says that the machine has no time.
_SLOW_SECONDS = 0.5


@dataclass(frozen=True)
class Attempt:
    """One scrape: when it was, in Unix time, how long it took, and whether it came to something."""

    at: float
    seconds: float
    succeeded: bool


@dataclass(frozen=True)
class Scrapes:
    """Scrapes of one target by a Prometheus."""

    attempts: tuple[Attempt, ...]

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self.attempts)

    @property
    def lost(self) -> tuple[Attempt, ...]:
        """Those that failed."""
        return tuple(each for each in self.attempts if not each.succeeded)

    @property
    def slowest(self) -> float:
        """Seconds that the slowest one took."""
        return max((each.seconds for each in self.attempts), default=0.0)

    def unexcused(self, beside: "Scrapes") -> tuple[Attempt, ...]:
        """Return those lost while another target of the same Prometheus was well and quick."""
        troubled = [
            each.at
            for each in beside.attempts
            if not each.succeeded or each.seconds > _SLOW_SECONDS
        ]
        return tuple(
            each
            for each in self.lost
            if not any(abs(each.at - other) <= _TOGETHER_SECONDS for other in troubled)
        )


@dataclass(frozen=True)
class Outcome:
    """What a soak saw.

    Attributes:
        simulated: first and last moment of the simulated time.
        agreements: how often all numbers were compared with the truth and equal.
        disagreements: what differed and went on differing.
        disturbances: how many of each kind there were.
        scrapes: scrapes of the exporter by Prometheus.
        beside: scrapes of a file server by the same Prometheus, which show what the machine did.
        watched: scrapes beside Prometheus's.
        faults: what was wrong with those.
        tracebacks: lines of the log that tell of a fault of the exporter.
        polls: outcomes of polls, how many of each.
        calm: what the process held before and after, when all was calm.
        lines: memory, threads and descriptors over time.
    """

    simulated: tuple[str, str]
    agreements: int
    disagreements: list[str]
    disturbances: dict[str, int]
    scrapes: Scrapes
    beside: Scrapes
    watched: int
    faults: list[str]
    tracebacks: list[str]
    polls: dict[str, int]
    calm: tuple[Figures, Figures]
    lines: dict[str, Line]

"""What a soak saw, as a record."""

from dataclasses import dataclass

from reliability.slopes import Figures, Line


@dataclass(frozen=True)
class Scrapes:
    """Scrapes of one target: how many, how many failed, and seconds of the slowest."""

    count: int
    failed: int
    slowest: float


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

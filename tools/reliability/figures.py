"""A soak's outcome as the lines that are printed and published."""

from collections.abc import Iterator

from tools.reliability.leak_trend import Line
from tools.reliability.outcome import Outcome, Scrapes

_MOST_GROWTH = 32.0  # MiB; half of the greatest answer
_UNITS = {"memory": "MiB", "threads": "threads", "descriptors": "descriptors"}


def reported(outcome: Outcome) -> str:
    """Write an outcome as Markdown rows."""
    return "".join(f"| {name} | {text} |\n" for name, text in _rows(outcome))


def failures(outcome: Outcome) -> list[str]:
    """List what a soak must not see, one line for each; nothing where it is as it should be."""
    found = [*outcome.disagreements, *outcome.faults, *outcome.tracebacks]
    lost, beside = len(outcome.scrapes.lost), len(outcome.beside.lost)
    if lost > beside:
        found.append(f"{lost} scrapes failed, and {beside} of the file server beside it")
    unexcused = outcome.scrapes.unexcused(outcome.beside)
    found += [f"a scrape failed while the machine was well: {each}" for each in unexcused]
    before, after = outcome.calm
    if after.threads > before.threads + 2 or after.descriptors > before.descriptors + 4:
        found.append(f"threads or descriptors were left behind: {before} before, {after} after")
    if after.memory > before.memory + _MOST_GROWTH:
        found.append(f"memory grew: {before} before, {after} after")
    return found


def _rows(outcome: Outcome) -> Iterator[tuple[str, str]]:
    before, after = outcome.calm
    yield "simulated time", " to ".join(moment[:16] for moment in outcome.simulated)
    yield "disturbances", _counts(outcome.disturbances)
    yield "polls", _counts(outcome.polls)
    yield "scrapes by Prometheus", _scrapes(outcome.scrapes)
    yield "its scrapes of a file server beside it", _scrapes(outcome.beside)
    yield "scrapes that were read line by line, wrong", f"{outcome.watched}, {len(outcome.faults)}"
    agreements, disagreements = outcome.agreements, len(outcome.disagreements)
    yield "comparisons with the truth that agreed, differences", f"{agreements}, {disagreements}"
    yield "faults of the exporter in its log", str(len(outcome.tracebacks))
    yield "memory before and after, calm", f"{before.memory:.1f} and {after.memory:.1f} MiB"
    yield "threads before and after, calm", f"{before.threads} and {after.threads}"
    yield "descriptors before and after, calm", f"{before.descriptors} and {after.descriptors}"
    for name, line in outcome.lines.items():
        yield f"{name} over time", _line(line, _UNITS[name])


def _scrapes(scrapes: Scrapes) -> str:
    slowest = 1000 * scrapes.slowest
    return f"{scrapes.count}, {len(scrapes.lost)} of them failed, the slowest took {slowest:.0f} ms"


def _line(line: Line, unit: str) -> str:
    return (
        f"{line.slope:+.2f} {unit} an hour, mean {line.mean:.1f}, "
        f"{line.least:.1f} to {line.most:.1f}"
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))

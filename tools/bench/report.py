"""Report of the findings: a Markdown table, with the ratio that carries over to other machines."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Aim:
    """What a finding ought to be; one of the two is given.

    Attributes:
        ratio: ours divided by theirs, at most.
        value: ours in the finding's unit, at most.
    """

    ratio: float | None = None
    value: float | None = None


@dataclass(frozen=True)
class Finding:
    """One comparison of medians.

    Attributes:
        what: the work.
        unit: of both figures: ms, s or MiB.
        ours: our figure.
        against: the baseline's name; empty where there is none.
        theirs: its figure in the same run.
        aim: what is aimed at, if anything.
    """

    what: str
    unit: str
    ours: float
    against: str = ""
    theirs: float | None = None
    aim: Aim | None = None

    @property
    def ratio(self) -> float | None:
        """Ours divided by theirs."""
        return self.ours / self.theirs if self.theirs else None

    @property
    def reached(self) -> bool | None:
        """Whether the aim is reached, if there is one."""
        if self.aim is None:
            return None
        if self.aim.value is not None:
            return self.ours <= self.aim.value
        return self.ratio is not None and self.ratio <= (self.aim.ratio or 0)


_THREE_DIGITS = 100
_COLUMNS = ("what", "ours", "baseline", "its", "ours is", "aim", "reached")


def table(findings: Iterable[Finding]) -> str:
    """Return the findings as a Markdown table."""
    rows = [_COLUMNS, tuple("---" for _ in _COLUMNS), *map(_row, findings)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(finding: Finding) -> tuple[str, ...]:
    return (
        finding.what,
        f"{_figure(finding.ours)} {finding.unit}",
        finding.against,
        "" if finding.theirs is None else f"{_figure(finding.theirs)} {finding.unit}",
        "" if finding.ratio is None else _times(finding.ratio),
        _aim(finding.aim, finding.unit),
        {None: "", True: "yes", False: "no"}[finding.reached],
    )


def _aim(aim: Aim | None, unit: str) -> str:
    if aim is None:
        return ""
    if aim.value is not None:
        return f"at most {_figure(aim.value)} {unit}"
    return f"at least {_times(aim.ratio or 1)}" if (aim.ratio or 1) < 1 else _at_most(aim)


def _at_most(aim: Aim) -> str:
    return f"at most {_figure(aim.ratio or 1)} times as much"


def _times(ratio: float) -> str:
    if ratio < 1:
        return f"{_figure(1 / ratio)} times less"
    return f"{_figure(ratio)} times as much"


def _figure(number: float) -> str:
    """Write about three digits, which is what a noisy machine is good for."""
    if abs(number) >= _THREE_DIGITS:
        return f"{number:,.0f}"
    return f"{number:.3g}"

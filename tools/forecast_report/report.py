"""Tables of a report on the forecast, as Markdown."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from statistics import median

from billing_exporter.forecasting.forecast import CHECKPOINTS
from tools.forecast_report.walk import Outcome

MARKS = "<!-- forecast report -->\n", "<!-- end of forecast report -->\n"
HEAD = (
    "| elapsed | forecasts | linear pace | forecast | within the bounds | width of the bounds |",
    "|---|---|---|---|---|---|",
)


def table(outcomes: Iterable[Outcome]) -> list[str]:
    """Return one row for each checkpoint."""
    every = list(outcomes)
    rows = [
        _row(checkpoint, [one for one in every if one.checkpoint == checkpoint])
        for checkpoint in CHECKPOINTS
    ]
    return [*HEAD, *rows]


def page(text: str, report: str) -> str:
    """Return a page with the report put between its marks."""
    begin, end = MARKS
    pattern = re.escape(begin) + ".*" + re.escape(end)
    return re.sub(pattern, lambda _: f"{begin}\n{report}\n{end}", text, flags=re.DOTALL)


def _row(checkpoint: Decimal, outcomes: Sequence[Outcome]) -> str:
    cells = [
        f"{checkpoint:.0%}".replace("%", " %"),
        f"{len(outcomes):,}",
        _errors([one.linear for one in outcomes]),
        _errors([one.error for one in outcomes]),
        _share([one.inside for one in outcomes if one.inside is not None]),
        _percent([one.width for one in outcomes if one.width is not None], 0),
    ]
    return f"| {' | '.join(cells)} |"


def _errors(errors: Sequence[Decimal]) -> str:
    """Return the median and the largest of nine out of ten."""
    if not errors:
        return "none"
    high = sorted(errors)[-(-9 * len(errors) // 10) - 1]
    return f"{_percent(errors, 1)} ({100 * high:.0f} %)"


def _share(inside: Sequence[bool]) -> str:
    return f"{100 * sum(inside) / len(inside):.0f} %" if inside else "none"


def _percent(values: Sequence[Decimal], digits: int) -> str:
    return f"{100 * median(values):.{digits}f} %" if values else "none"

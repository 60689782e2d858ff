"""Where the dashboards hold thresholds of the alerts, so that the chart can put others there."""

from tools.chart.thresholds import thresholds
from tools.dashboards.rendering import files
from tools.dashboards.thresholds import instead

NUMBER = "@NUMBER@"
_STANDS_FOR = 700001  # a number that no dashboard holds

Lines = dict[str, dict[str, dict[str, str]]]


def marked_lines() -> Lines:
    """Return file -> number of a line -> threshold -> the line with a mark in its place.

    A dashboard is built again for each threshold with another number: the lines that then differ
    are those that hold it, be it a colour, a query or a description.

    Raises:
        ValueError: A line holds two thresholds.
    """
    plain = files()
    marked: Lines = {file: {} for file in plain}
    for one in thresholds():
        with instead({one.name: _STANDS_FOR}):
            others = files()
        for file, text in plain.items():
            lines = zip(text.splitlines(), others[file].splitlines(), strict=True)
            for number, (line, other) in enumerate(lines):
                if line != other:
                    _mark(marked[file], str(number), one.name, other)
    return marked


def _mark(lines: dict[str, dict[str, str]], number: str, name: str, line: str) -> None:
    if number in lines:
        raise ValueError(f"line {number} holds {name} beside {', '.join(lines[number])}")
    lines[number] = {name: line.replace(f"{_STANDS_FOR}", NUMBER)}

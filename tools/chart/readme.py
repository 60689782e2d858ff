"""The chart's README: written by hand up to its tables, which are generated."""

import json
from pathlib import Path
from typing import Any

from tools.alert_rules import thresholds
from tools.chart.values import Value, chart_values

_TEXT = Path(__file__).with_name("README.md.in")


def readme() -> str:
    """Return the README with the tables of values and thresholds in their places."""
    text = _TEXT.read_text()
    return text.replace("@VALUES@\n", _values()).replace("@THRESHOLDS@\n", _thresholds())


def _values() -> str:
    rows = ["| value | default | what it is |", "|---|---|---|"]
    rows += [_row(leaf) for value in chart_values() for leaf in value.leaves()]
    return "\n".join(rows) + "\n"


def _row(value: Value) -> str:
    return f"| `{value.name}` | `{_short(value.default)}` | {_cell(value.description)} |"


def _short(default: Any) -> str:
    """Write a default as YAML's flow style, which is what ``--set-json`` takes too."""
    return json.dumps(default)


def _thresholds() -> str:
    rows = ["| threshold | default | what it is |", "|---|---|---|"]
    rows += [
        f"| `{one.name}` | `{one.default}` | {_cell(one.description)} |" for one in thresholds()
    ]
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

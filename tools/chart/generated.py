"""The chart's generated files: README, schema, and copies of the rules and dashboards."""

import json
from pathlib import Path

from tools.chart import dashboards
from tools.chart.readme import readme
from tools.chart.schema import values_schema
from tools.paths import CHART, RULES

COPIES = CHART / "files"


def files() -> dict[Path, str]:
    """Return each generated file with its text."""
    rules = {COPIES / "rules" / path.name: path.read_text() for path in sorted(RULES.glob("*.yml"))}
    boards = {COPIES / "dashboards" / name: text for name, text in dashboards.files().items()}
    return {
        CHART / "values.schema.json": json.dumps(values_schema(), indent=2) + "\n",
        CHART / "README.md": readme(),
        **rules,
        **boards,
    }


def stale() -> set[Path]:
    """Return the copies whose source is gone."""
    return {path for path in COPIES.rglob("*") if path.is_file()} - files().keys()


def write() -> None:
    """Write the generated files and remove stale copies."""
    for path in stale():
        path.unlink()
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

"""The chart's generated files: what they hold, and writing them."""

import json
from pathlib import Path

from tools.chart.dashboards import marked_lines
from tools.chart.readme import readme
from tools.chart.schema import values_schema
from tools.paths import CHART


def files() -> dict[Path, str]:
    """Return each generated file with what it should hold."""
    return {
        CHART / "values.schema.json": json.dumps(values_schema(), indent=2) + "\n",
        CHART / "README.md": readme(),
        CHART / "files" / "dashboard_thresholds.json": json.dumps(marked_lines(), indent=2) + "\n",
    }


def write() -> None:
    """Write the generated files."""
    for path, text in files().items():
        path.write_text(text)

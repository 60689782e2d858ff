"""The table of other charts in docs/kubernetes.md: each row is rendered from a ``ci`` file."""

import re

from tools.chart.rendering import SHAPES, objects, shape
from tools.chart.values import chart_values
from tools.paths import ROOT

KINDS = {
    "ConfigMap",
    "GrafanaDashboard",
    "NetworkPolicy",
    "Pod",
    "PodDisruptionBudget",
    "PodMonitor",
    "PrometheusRule",
    "ServiceMonitor",
}


def rows() -> list[list[str]]:
    """Read the table's rows as cells."""
    page = (ROOT / "docs" / "kubernetes.md").read_text()
    section = page.split("### What other charts have")[1].split("\n### ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_every_value_of_the_table_exists_and_is_rendered() -> None:
    """Every value that the table names is a value of the chart, and a ``ci`` file sets it."""
    known = {leaf.name for value in chart_values() for leaf in value.leaves()}
    known |= {value.name for value in chart_values()}
    known |= {part.name for value in chart_values() for part in value.parts}
    named = {name for row in rows() for name in re.findall(r"`([a-zA-Z.]+)`", row[-1])}
    assert len(rows()) > 10
    assert named
    assert named <= known
    for name in named:
        assert any(_is_set(shape(one), name.split(".")) for one in SHAPES), name


def _is_set(values: object, path: list[str]) -> bool:
    for step in path:
        if not isinstance(values, dict) or step not in values:
            return False
        values = values[step]
    return True


def test_every_kind_of_the_table_is_rendered() -> None:
    """Each kind of object that the table speaks of is rendered from some ``ci`` file."""
    rendered = {one["kind"] for name in SHAPES for one in objects(shape(name))}
    assert rendered >= KINDS

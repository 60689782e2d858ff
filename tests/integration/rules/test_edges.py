"""Every alert fires just beyond each of its thresholds, and is silent just short of it."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.integration.rules import edges, finance_edges
from tests.integration.rules.edges import NOW, Edge
from tests.integration.rules.rulebook import PROMETHEUS, alerts, groups, promtool
from tools.dashboards.thresholds import threshold

EDGES = (*edges.EDGES, *finance_edges.EDGES)
_NEAR = 0.01  # of the threshold
_FILES = ("thresholds.yml", "records_thresholds.yml")
_THRESHOLD = re.compile(r":threshold_(\w+):value")


def test_every_use_of_a_threshold_has_its_edge() -> None:
    """Each time an alert names a threshold, there is an edge for it."""
    used = Counter((alert, name) for alert in alerts() for name in _thresholds(alert))
    held = Counter((edge.alert, edge.threshold) for edge in EDGES)
    assert set(held) == set(used)
    assert used <= held


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: f"{edge.alert}-{edge.threshold}")
def test_edge(edge: Edge, tmp_path: Path) -> None:
    """A hundredth below a threshold and a hundredth above it, one fires and one does not."""
    number, expr = threshold(edge.threshold), alerts()[edge.alert]["expr"]
    test = {
        "rule_files": [str(PROMETHEUS / "rules" / name) for name in _FILES],
        "group_eval_order": [
            group for name in _FILES for group in groups(PROMETHEUS / "rules" / name)
        ],
        "evaluation_interval": NOW,
        "tests": [
            edge.case(number * (1 - _NEAR), expr, 1 if edge.below else 0),
            edge.case(number * (1 + _NEAR), expr, 0 if edge.below else 1),
        ],
    }
    path = tmp_path / "edge.yml"
    path.write_text(yaml.safe_dump(test), encoding="utf-8")
    done = promtool("promtool-3", "test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


def _thresholds(alert: str) -> list[str]:
    return _THRESHOLD.findall(alerts()[alert]["expr"])

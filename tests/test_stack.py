"""The demo's stack: rules for a faster clock are the same rules with shorter durations."""

import subprocess
from pathlib import Path

import pytest
import yaml

from stack.hurry import hurried, hurried_expression
from tests.components import require

RULES = sorted((Path(__file__).parent.parent / "prometheus" / "rules").glob("*.yml"))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("increase(a_total[1h])", "increase(a_total[15s])"),
        ("a offset 28d == 28 * 86400", "a offset 1680s == 28 * 86400"),
        (
            "avg_over_time(a:b:delta1d[7d:6h] offset 1d)",
            "avg_over_time(a:b:delta1d[420s:15s] offset 60s)",
        ),
        ('a{window="1d"} / 30', 'a{window="1d"} / 30'),
        ("a offset 1m", "a offset 1s"),
    ],
)
def test_only_durations_are_shorter(expression: str, expected: str) -> None:
    """Offsets and ranges follow the clock; numbers, names and labels stay."""
    assert hurried_expression(expression, 1440) == expected


def test_waits_are_shorter() -> None:
    """An alert that waits for hours waits for seconds."""
    rule = {"alert": "A", "expr": "a > 1", "for": "8h", "keep_firing_for": "4h"}
    text = yaml.safe_dump({"groups": [{"name": "g", "interval": "1h", "rules": [rule]}]})
    assert yaml.safe_load(hurried(text, 1440)) == {
        "groups": [
            {
                "name": "g",
                "interval": "2s",
                "rules": [{**rule, "for": "20s", "keep_firing_for": "10s"}],
            }
        ]
    }


@pytest.mark.parametrize("rules", RULES, ids=lambda path: path.stem)
def test_the_shipped_rules_stay_valid(rules: Path, tmp_path: Path) -> None:
    """The real promtool accepts every file of rules in a hurry."""
    path = tmp_path / rules.name
    path.write_text(hurried(rules.read_text(), 1440))
    subprocess.run([require("promtool-3"), "check", "rules", path], check=True, capture_output=True)

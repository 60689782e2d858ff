"""Every threshold is held by the rule tests from both sides."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.rules.rulebook import PROMETHEUS, TEST_FILES, alerts, read
from tools.testkit.components import require

THRESHOLDS = PROMETHEUS / "rules" / "thresholds.yml"
NAMES = [
    rule["record"]
    for group in read(THRESHOLDS)["groups"]
    for rule in group["rules"]
    if "labels" not in rule
]


@pytest.mark.parametrize("factor", [1.5, 0.67])
@pytest.mark.parametrize("name", NAMES)
def test_another_threshold_is_noticed(name: str, factor: float, tmp_path: Path) -> None:
    """With half as much again, or a third less, a rule test fails."""
    text, changed = re.subn(
        rf"(record: {name}\n +expr: vector\()([0-9.]+)",
        lambda found: f"{found[1]}{float(found[2]) * factor:.6f}",
        THRESHOLDS.read_text(encoding="utf-8"),
    )
    assert changed == 1
    thresholds = tmp_path / THRESHOLDS.name
    thresholds.write_text(text, encoding="utf-8")
    threshold = name.removeprefix("genesyscloud_billing")
    users = {alert for alert, rule in alerts().items() if threshold in rule["expr"]}
    copies = [
        _with_other_thresholds(path, cases, thresholds)
        for path in TEST_FILES
        if (cases := [case for case in read(path)["tests"] if _tested(case) & users])
    ]
    command = [str(require("promtool-3")), "test", "rules", *map(str, copies)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "alertname: " in done.stdout + done.stderr, done.stdout + done.stderr


def _tested(case: dict[str, Any]) -> set[str]:
    return {test["alertname"] for test in case.get("alert_rule_test", [])}


def _with_other_thresholds(path: Path, cases: list[Any], thresholds: Path) -> Path:
    """Write some cases of a rule test that loads other thresholds; return where they are."""
    files = [
        str(thresholds if file.endswith(thresholds.name) else path.parent / file)
        for file in read(path)["rule_files"]
    ]
    copy = thresholds.parent / f"test_{path.name}"
    some = {**read(path), "rule_files": files, "tests": cases}
    copy.write_text(yaml.safe_dump(some), encoding="utf-8")
    return copy

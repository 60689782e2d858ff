"""Every threshold is held by the rule tests from both sides."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.rules.rulebook import PROMETHEUS, TEST_FILES, alerts, promtool, read

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
    cases = [(path, case) for path in TEST_FILES for case in read(path)["tests"]]
    outputs = (
        _failure(_with_other_thresholds(path, case, thresholds))
        for path, case in cases
        if _tested(case) & users
    )
    # One case that notices is enough, and the others would only take time.
    assert "alertname: " in next(filter(None, outputs), "")


def _failure(path: Path) -> str:
    """Return what promtool writes where a rule test fails, nothing where it does not."""
    done = promtool("promtool-3", "test", "rules", path)
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout + done.stderr if done.returncode else ""


def _tested(case: dict[str, Any]) -> set[str]:
    return {test["alertname"] for test in case.get("alert_rule_test", [])}


def _with_other_thresholds(path: Path, case: dict[str, Any], thresholds: Path) -> Path:
    """Write one case of a rule test that loads other thresholds; return where it is."""
    files = [
        str(thresholds if file.endswith(thresholds.name) else path.parent / file)
        for file in read(path)["rule_files"]
    ]
    copy = thresholds.parent / f"test_{path.name}"
    one = {**read(path), "rule_files": files, "tests": [case]}
    copy.write_text(yaml.safe_dump(one), encoding="utf-8")
    return copy

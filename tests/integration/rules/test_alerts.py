"""Every alert is whole: tested both ways, explained in a runbook, judged by a named threshold."""

import re

import pytest

from tests.integration.rules.rulebook import (
    PROMETHEUS,
    RUNBOOKS,
    alerts,
    expectations,
    records,
    section,
)
from tools.paths import ROOT

HEADINGS = (
    "What it means",
    "What it costs to ignore",
    "How to check",
    "How to silence",
    "Which threshold to change",
)
_THRESHOLD = re.compile(r"genesyscloud_billing:threshold_(\w+):value")
every_alert = pytest.mark.parametrize("name", alerts())


def test_tested_alerts_exist() -> None:
    """No rule test expects anything of an alert that does not exist: promtool would not mind."""
    assert {name for name, _ in expectations()} <= set(alerts())


@every_alert
def test_alerts_are_tested_both_ways(name: str) -> None:
    """A rule test shows the alert firing, with all it says, and another shows it silent."""
    cases = [fired for alert, fired in expectations() if alert == name]
    assert [] in cases
    firing = [each for fired in cases for each in fired]
    assert firing
    for each in firing:
        assert each["exp_labels"]["severity"] == alerts()[name]["labels"]["severity"]
        assert set(each["exp_annotations"]) == {"summary", "description", "runbook_url"}


@every_alert
def test_alerts_say_what_they_must(name: str) -> None:
    """An alert has a known severity, slack, and annotations with its numbers and names."""
    rule = alerts()[name]
    assert name.startswith("GenesysBilling")
    assert rule["labels"] in (
        {"severity": "critical"},
        {"severity": "warning"},
        {"severity": "info"},
    )
    assert "for" in rule
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    if "absent(" not in rule["expr"]:
        assert "$labels." in rule["annotations"]["summary"]
        assert "{{ " in rule["annotations"]["description"]


@every_alert
def test_runbooks_are_whole(name: str) -> None:
    """An alert's address leads to a page with all five parts, its severity and its thresholds."""
    rule = alerts()[name]
    assert rule["annotations"]["runbook_url"] == f"docs/runbooks/{name}.md"
    page = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {name}\n")
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == list(HEADINGS)
    assert all(section(page, heading) for heading in HEADINGS)
    assert f"Severity `{rule['labels']['severity']}`. It waits {rule['for']}" in page
    assert rule.get("keep_firing_for", "It waits") in page
    assert f"alertname={name} " in section(page, "How to silence")
    named = set(_THRESHOLD.findall(rule["expr"]))
    assert set(_THRESHOLD.findall(section(page, "Which threshold to change"))) == named


def test_no_runbook_is_an_orphan() -> None:
    """Every runbook belongs to an alert."""
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == set(alerts())


def test_thresholds_are_in_one_place() -> None:
    """Every threshold is used, and defined as a plain number in the one file for them."""
    used = {name for rule in alerts().values() for name in _THRESHOLD.findall(rule["expr"])}
    defined = {
        found[1]: rule["expr"]
        for name, rule in records().items()
        if (found := _THRESHOLD.match(name))
    }
    assert set(defined) == used
    assert all(re.fullmatch(r"vector\([0-9.]+\)", expr) for expr in defined.values())
    text = (PROMETHEUS / "rules" / "thresholds.yml").read_text(encoding="utf-8")
    assert text.count("- record:") == len(defined)


def test_the_readme_lists_all() -> None:
    """The page about the rules lists every alert with its severity, every threshold's default."""
    page = (ROOT / "prometheus" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| \[(\w+)\]\(\.\./docs/runbooks/(\w+)\.md\) \| (\w+) \|", page, re.MULTILINE
    )
    assert sorted(rows) == sorted(
        (name, name, rule["labels"]["severity"]) for name, rule in alerts().items()
    )
    defaults = dict(re.findall(r"^\| `(\w+)` \| ([0-9.]+) \|", page, re.MULTILINE))
    assert {name: f"vector({value})" for name, value in defaults.items()} == {
        found[1]: rule["expr"]
        for name, rule in records().items()
        if (found := _THRESHOLD.match(name))
    }

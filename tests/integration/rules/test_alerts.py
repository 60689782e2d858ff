"""Every alert is whole: tested both ways, explained in a runbook, judged by a named threshold."""

import json
import re

import pytest

from tests.integration.rules.rulebook import (
    PROMETHEUS,
    RUNBOOKS,
    alerts,
    expectations,
    groups,
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
_THRESHOLD = re.compile(r":threshold_(\w+):value")
THRESHOLDS = PROMETHEUS / "rules" / "thresholds.yml"
DEFAULTS = {
    rule["record"].split(":")[1].removeprefix("threshold_"): rule["expr"]
    for rule in groups(THRESHOLDS)["genesyscloud_billing_thresholds"]
    if "labels" not in rule
}
ANNOTATIONS = {"summary", "description", "runbook_url", "dashboard_url"}
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
        assert set(each["exp_annotations"]) == ANNOTATIONS


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
    assert set(rule["annotations"]) == ANNOTATIONS
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
    assert {page.stem for page in RUNBOOKS.glob("*.md")} - set(alerts()) == set()


def test_thresholds_are_in_one_place() -> None:
    """Every threshold is used, and defined as a plain number in the one file for them."""
    used = {name for rule in alerts().values() for name in _THRESHOLD.findall(rule["expr"])}
    assert set(DEFAULTS) == used
    every = groups(THRESHOLDS)["genesyscloud_billing_thresholds"]
    assert all(re.fullmatch(r"vector\([0-9.]+\)", rule["expr"]) for rule in every)
    defaults = [rule for rule in every if "labels" not in rule]
    assert len(defaults) == len(DEFAULTS)
    single = [(rule["record"], *rule["labels"].values()) for rule in every if "labels" in rule]
    assert len(single) == len(set(single))
    assert all(set(rule["labels"]) == {"currency"} for rule in every if "labels" in rule)


def test_amounts_are_judged_by_currency() -> None:
    """Every amount that decides has a record by currency, and alerts compare with that one."""
    by_currency = {
        found[1] for name in records() if (found := re.match(r"currency:threshold_(\w+):", name))
    }
    assert by_currency == {name for name in DEFAULTS if name.endswith("_amount")}
    named = "|".join(by_currency)
    for rule in alerts().values():
        assert not re.search(f"genesyscloud_billing:threshold_({named}):", rule["expr"])


def test_critical_is_never_about_one_charge_or_customer() -> None:
    """What wakes somebody is about an exporter, a budget, or an organization and a currency: of the
    latter about all contracts or all customers (`subject`).
    """
    for name, rule in alerts().items():
        if rule["labels"]["severity"] == "critical":
            said = rule["annotations"]["summary"] + rule["annotations"]["description"]
            named = set(re.findall(r"\$labels\.(\w+)", said))
            allowed = {"job", "instance", "organization", "budget", "currency", "subject"}
            assert named <= allowed, name


@every_alert
def test_dashboards_that_alerts_name_exist(name: str) -> None:
    """An alert's dashboard is one of ours, and each of its variables belongs to it."""
    url = alerts()[name]["annotations"]["dashboard_url"]
    found = re.fullmatch(r"d/genesyscloud-billing-(\w+)(?:\?(.*))?", url)
    assert found
    board = json.loads((ROOT / "grafana" / "dashboards" / f"{found[1]}.json").read_text())
    assert board["uid"] == f"genesyscloud-billing-{found[1]}"
    variables = {each["name"] for each in board["templating"]["list"]}
    assert set(re.findall(r"var-(\w+)=", url)) <= variables


# It names the currency of an amount that nobody knows.
_WITHOUT_AMOUNT = {"GenesysBillingUnpaidAmountUnknown"}


@every_alert
def test_numbers_are_written_as_people_read_them(name: str) -> None:
    """No number of an annotation is printed with a fixed count of decimals alone.

    An amount has thousands separators, and no decimals in currencies without them; a quantity has
    no trailing zeros.
    """
    for text in alerts()[name]["annotations"].values():
        for line in re.split(r"}} *{{|\n", text):
            assert line.count('"%.2f"') == 0 or "reReplaceAll" in line
        if "{{ $labels.currency }}" in text and name not in _WITHOUT_AMOUNT:
            assert "JPY" in text


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
    assert {name: f"vector({value})" for name, value in defaults.items()} == DEFAULTS

"""What the chart makes for the Prometheus operator, and when."""

import json
import subprocess
from copy import deepcopy
from pathlib import Path

import jsonschema
import pytest
import yaml

from tools.alert_rules import thresholds
from tools.chart.rendering import ONE, Object, objects, only, rules_folder, shape
from tools.testkit.components import require

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "servicemonitor.json").read_text())


def test_service_monitor() -> None:
    """A ServiceMonitor has only keys that the operator knows, and selects the exporter's Service.

    The schema is an excerpt, written by hand after the operator's API reference: the operator's own
    definition may know of errors that it does not.
    """
    for values in (shape("protected"), {**ONE, "serviceMonitor": {"enabled": True}}):
        found = objects(values)
        monitor, service = only(found, "ServiceMonitor"), only(found, "Service")
        jsonschema.validate(monitor, SCHEMA)
        selected = monitor["spec"]["selector"]["matchLabels"].items()
        assert selected <= service["metadata"]["labels"].items()
        (endpoint,) = monitor["spec"]["endpoints"]
        assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]


def test_own_labels_are_kept() -> None:
    """The operator's own label ``endpoint`` does not push the exporter's aside."""
    (endpoint,) = only(objects(shape("protected")), "ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["honorLabels"] is True


def test_protected_scrape() -> None:
    """Scheme, certificate and password of a scrape are as the values say."""
    (endpoint,) = only(objects(shape("protected")), "ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["scheme"] == "https"
    assert endpoint["tlsConfig"]["serverName"] == "billing-exporter"
    assert endpoint["basicAuth"]["password"] == {"name": "exporter-scrape", "key": "password"}


def groups(**settings: object) -> list[Object]:
    """Render the rules with these settings of ``prometheusRule``."""
    values = {**ONE, "prometheusRule": {"enabled": True, **settings}}
    found: list[Object] = only(objects(values), "PrometheusRule")["spec"]["groups"]
    return found


def source() -> list[Object]:
    """Read the groups of the files that the rules come from, in the files' order."""
    files = sorted(rules_folder().glob("*.yml"))
    return [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]


def test_rules_are_those_of_the_repository() -> None:
    """Without settings every rule is as in its file."""
    assert groups() == source()


def test_thresholds() -> None:
    """A threshold that is set replaces the number of its rule and of no other."""
    wanted = deepcopy(source())
    for rule in (rule for group in wanted for rule in group["rules"]):
        if "labels" in rule and "record" in rule:
            continue  # for one currency: it stays
        if rule.get("record") == "genesyscloud_billing:threshold_overage_amount:value":
            rule["expr"] = "vector(2500000)"
        if rule.get("record") == "genesyscloud_billing:threshold_prepaid_used:value":
            rule["expr"] = "vector(0)"
    assert groups(thresholds={"overage_amount": 2500000, "prepaid_used": 0}) == wanted


def test_alerts() -> None:
    """Alerts can be left out, labelled, and led to runbooks elsewhere; records stay as they are."""
    alerts = [rule for group in source() for rule in group["rules"] if "alert" in rule]
    if not alerts:
        pytest.fail("no alert in prometheus/rules")
    gone, kept = alerts[0]["alert"], alerts[-1]["alert"]
    found = [
        rule
        for group in groups(
            disabledAlerts=[gone],
            alertLabels={"team": "finance", "severity": "page"},
            runbookBaseUrl="https://wiki.example.com/",
            dashboardBaseUrl="https://grafana.example.com/",
        )
        for rule in group["rules"]
    ]
    names = [rule.get("alert") for rule in found]
    assert gone not in names
    rule = found[names.index(kept)]
    assert rule["labels"] == {**alerts[-1]["labels"], "team": "finance", "severity": "page"}
    assert rule["expr"] == alerts[-1]["expr"]
    runbook = alerts[-1]["annotations"]["runbook_url"]
    assert rule["annotations"]["runbook_url"] == f"https://wiki.example.com/{runbook}"
    dashboard = alerts[-1]["annotations"]["dashboard_url"]
    assert rule["annotations"]["dashboard_url"] == f"https://grafana.example.com/{dashboard}"
    records = [one for one in found if "record" in one]
    assert records == [one for group in source() for one in group["rules"] if "record" in one]


@pytest.mark.parametrize("promtool", ["promtool-2", "promtool-3"])
def test_promtool(promtool: str, tmp_path: Path) -> None:
    """Both promtools accept the rules as the chart renders them, with every threshold set."""
    every = {one.name: 123456789 for one in thresholds()}
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": groups(thresholds=every, alertLabels={"a": "b"})}))
    command = [str(require(promtool)), "check", "rules", "--lint-fatal", str(file)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr

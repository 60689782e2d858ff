"""The example for the Alertmanager: real programs route, group and hold back as it says."""

import json
import subprocess
import urllib.request
from typing import Any

import pytest
import yaml

from tests.integration.rules.rulebook import PROMETHEUS, alerts, groups
from tools.testkit.components import require
from tools.testkit.prometheus_server import running_alertmanager

EXAMPLE = PROMETHEUS / "alertmanager.yml"
OPERATIONS = {
    *(
        rule["alert"]
        for group in groups(PROMETHEUS / "rules" / "alerts_exporter.yml").values()
        for rule in group
    ),
    "GenesysBillingFleetUnreadable",
    "GenesysBillingTrustorAccessLost",
    "GenesysBillingTrustorFailing",
    "GenesysBillingTrustorNumbersGone",
}


def _amtool(*arguments: str) -> str:
    command = [str(require("amtool")), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_the_example_is_valid() -> None:
    """Amtool accepts the example."""
    assert "SUCCESS" in _amtool("check-config", str(EXAMPLE))


@pytest.mark.parametrize("name", alerts())
def test_every_alert_reaches_those_who_can_act(name: str) -> None:
    """Operations receive what is about the exporter and its access, finance what is about money."""
    severity = alerts()[name]["labels"]["severity"]
    team = "operations" if name in OPERATIONS else "finance"
    wanted = f"{team}-urgent" if severity == "critical" else team
    labels = (f"alertname={name}", f"severity={severity}", "organization=acme")
    assert _amtool("config", "routes", "test", f"--config.file={EXAMPLE}", *labels) == wanted


def test_inhibitions_name_alerts_that_exist() -> None:
    """Each name in the example is that of an alert."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for rule in yaml.safe_load(text)["inhibit_rules"]:
        (source,) = rule["source_matchers"]
        assert source.split("=")[1].strip('"') in alerts()


def _alert(name: str, **labels: str) -> dict[str, Any]:
    severity = alerts()[name]["labels"]["severity"]
    return {"labels": {"alertname": name, "severity": severity, **labels}}


def test_one_alert_holds_back_what_it_says_already() -> None:
    """A fleet's alert holds back those of its customers, and of no other organization."""
    sent = [
        _alert("GenesysBillingFleetOverageHigh", organization="acme", currency="EUR"),
        _alert("GenesysBillingTrustorOverageBegun", organization="acme", trustor="Umbra"),
        _alert("GenesysBillingTrustorOverageBegun", organization="globex", trustor="Bolt"),
        _alert("GenesysBillingTrustorOverageAmountHigh", organization="acme", trustor="Umbra"),
        _alert("GenesysBillingOverdueAmountHigh", organization="acme", currency="EUR"),
        _alert("GenesysBillingInvoiceOverdue", organization="acme", currency="EUR", invoice="1"),
        _alert("GenesysBillingInvoiceOverdue", organization="acme", currency="USD", invoice="2"),
    ]
    configuration = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    with running_alertmanager(require("alertmanager"), configuration) as server:
        request = urllib.request.Request(
            f"{server.url}/api/v2/alerts",
            data=json.dumps(sent).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200
        found = server.wait_for_alerts(
            lambda rows: sum(row["status"]["state"] == "suppressed" for row in rows) >= 2
        )
    held = {
        (row["labels"]["alertname"], row["labels"]["organization"], row["labels"].get("currency"))
        for row in found
        if row["status"]["inhibitedBy"]
    }
    assert held == {
        ("GenesysBillingTrustorOverageBegun", "acme", None),
        ("GenesysBillingInvoiceOverdue", "acme", "EUR"),
    }
    messages = {
        (receiver["name"], row["labels"]["alertname"])
        for row in found
        for receiver in row["receivers"]
    }
    assert ("finance-urgent", "GenesysBillingOverdueAmountHigh") in messages

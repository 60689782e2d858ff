"""The demo's stack: rules for a faster clock are the same rules with shorter durations."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.demo_stack.hurry import hurried, hurried_expression
from tools.paths import ROOT
from tools.testkit.components import require
from tools.testkit.processes import Program, wait_until
from tools.testkit.scrapes import fetch

RULES = sorted((ROOT / "prometheus" / "rules").glob("*.yml"))


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


def test_waits_have_a_least() -> None:
    """What waits at all waits as long as was asked; what does not wait, does not."""
    rules = [{"alert": "A", "expr": "a > 1", "for": "1h"}, {"alert": "B", "expr": "b > 1"}]
    text = yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]})
    (group,) = yaml.safe_load(hurried(text, 1440, shortest_wait=15))["groups"]
    assert group["rules"] == [{**rules[0], "for": "15s"}, rules[1]]


@pytest.mark.component
@pytest.mark.parametrize("rules", RULES, ids=lambda path: path.stem)
def test_the_shipped_rules_stay_valid(rules: Path, tmp_path: Path) -> None:
    """The real promtool accepts every file of rules in a hurry."""
    path = tmp_path / rules.name
    path.write_text(hurried(rules.read_text(), 1440))
    subprocess.run([require("promtool-3"), "check", "rules", path], check=True, capture_output=True)


@pytest.mark.component
def test_the_stack(tmp_path: Path) -> None:
    """It says where to look and which alerts fire, none about itself; Ctrl-C ends it."""
    for component in ("prometheus-3", "alertmanager"):
        require(component)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "tools.demo_stack", "--address", address]
    with (
        (tmp_path / "stdout").open("wb") as stdout,
        (tmp_path / "stderr").open("wb") as stderr,
        subprocess.Popen(command, stdout=stdout, stderr=stderr) as process,
    ):
        stack = Program(process, tmp_path)
        try:
            wait_until(lambda: "fires: GenesysBilling" in stack.stdout)
            said = stack.stdout
            assert "genesyscloud_billing_up" in fetch(f"http://{address}/metrics").text
            links = re.findall(r"http://\S+", said)
            assert len(links) == 4
            assert [link for link in links if fetch(link).status != 200] == []
            assert stack.end(signal.SIGINT) == 0
        finally:
            process.kill()
    assert f"exporter       http://{address}/" in said
    assert "Alertmanager   http://127.0.0.1:" in said
    assert "GenesysBillingExporterAbsent" not in said
    assert stack.stderr == ""

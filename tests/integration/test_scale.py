"""The page about Prometheus' side of many customers: its examples are valid, federation works."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tools.paths import ROOT
from tools.testkit.components import require
from tools.testkit.prometheus_server import running_prometheus

PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
RULES = """
groups:
  - name: totals
    rules:
      - record: organization_currency:overdue_amount:sum
        labels: {organization: acme, currency: EUR}
        expr: vector(1234.5)
      - record: organization_trustor:contract_left:days
        labels: {organization: acme}
        expr: vector(7)
"""


@pytest.mark.parametrize("component", ["promtool-2", "promtool-3"])
@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_examples_are_valid(component: str, example: str, tmp_path: Path) -> None:
    """Promtool accepts every example, and the folder of rules is the one that the rules name."""
    example = example.replace(
        "/etc/prometheus/genesyscloud-billing", str(ROOT / "prometheus/rules")
    )
    path = tmp_path / "prometheus.yml"
    path.write_text(example, encoding="utf-8")
    command = [str(require(component)), "check", "config", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_federation_takes_the_totals_alone(tmp_path: Path) -> None:
    """A central Prometheus with the page's job has the recorded totals of another one."""
    (job,) = (
        job
        for example in EXAMPLES
        for job in yaml.safe_load(example).get("scrape_configs", [])
        if job.get("metrics_path") == "/federate"
    )
    rules = tmp_path / "rules.yml"
    rules.write_text(RULES, encoding="utf-8")
    program = require("prometheus-3")
    with running_prometheus(program, rules=[rules]) as region:
        targets = [{"targets": [region.url.removeprefix("http://")]}]
        with running_prometheus(program, jobs=[{**job, "static_configs": targets}]) as central:
            rows = central.wait_for("organization_currency:overdue_amount:sum", lambda rows: rows)
            assert [float(row["value"][1]) for row in rows] == [1234.5]
            assert central.query("organization_trustor:contract_left:days") == []

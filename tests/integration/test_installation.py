"""The units and examples for machines without a cluster fit the program."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from billing_exporter.cli import parser
from billing_exporter.commands.flags import DEFAULT_ADDRESS
from tools.paths import ROOT
from tools.testkit.components import require

UNITS = ROOT / "systemd"
LARGEST_EXPOSURE = 2.0  # of 10, by systemd-analyze


def unit(name: str) -> configparser.ConfigParser:
    """Read a unit; of keys that are given twice the last one counts."""
    text = (UNITS / name).read_text().replace("\\\n", "")
    found = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read_string(text)
    return found


def test_the_service_calls_the_program_rightly() -> None:
    """The program knows every flag, state and configuration are in the folders of the unit."""
    service = unit("billing-exporter.service")["Service"]
    _, *arguments = shlex.split(service["ExecStart"])
    parsed = parser().parse_args(arguments)
    assert parsed.systemd_socket
    assert str(parsed.state_dir) == f"/var/lib/{service['StateDirectory']}"
    assert Path(parsed.config_file).parent.name == service["ConfigurationDirectory"]


def test_the_socket_has_the_port() -> None:
    """The socket listens on the exporter's port, and the service requires it."""
    assert unit("billing-exporter.socket")["Socket"]["ListenStream"] == DEFAULT_ADDRESS.strip(":")
    assert unit("billing-exporter.service")["Unit"]["Requires"] == "billing-exporter.socket"


def test_hardening(tmp_path: Path) -> None:
    """The rating of systemd finds little that the service could do."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not installed")
    file = tmp_path / "billing-exporter.service"
    shutil.copy(UNITS / file.name, file)
    rated = subprocess.run(
        [tool, "security", "--offline=true", "--no-pager", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"exposure level for \S+: ([\d.]+)", rated.stdout)
    assert found, rated.stdout + rated.stderr
    assert float(found[1]) <= LARGEST_EXPOSURE


def test_the_collector_scrapes(tmp_path: Path) -> None:
    """The scrape part of the OpenTelemetry example is one that promtool accepts."""
    example = yaml.safe_load((ROOT / "examples/opentelemetry/config.yaml").read_text())
    scrape = example["receivers"]["prometheus"]["config"]
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(scrape))
    command = [str(require("promtool-3")), "check", "config", str(file)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    pipeline = example["service"]["pipelines"]["metrics"]
    for part, names in pipeline.items():
        assert set(names) <= set(example[part])


def test_examples_agree() -> None:
    """Both examples scrape the exporter's port as the same job, and keep its labels."""
    for name in ("alloy/config.alloy", "opentelemetry/config.yaml"):
        text = (ROOT / "examples" / name).read_text()
        assert f"localhost{DEFAULT_ADDRESS}" in text
        assert re.search(r"job_name\s*[=:]\s*\"?genesyscloud-billing\b", text)
        assert re.search(r"honor_labels\s*[=:]\s*true", text)

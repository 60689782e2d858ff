"""The Compose stack is valid, and its parts fit; ``make image-test`` runs it."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from billing_exporter.cli import parser
from billing_exporter.commands.flags import DEFAULT_ADDRESS
from tools.paths import ROOT
from tools.testkit.components import require

FILE = ROOT / "compose.yaml"
SERVICES: dict[str, Any] = yaml.safe_load(FILE.read_text())["services"]
PORT = {"exporter": 10059, "prometheus": 9090, "alertmanager": 9093, "grafana": 3000}


def read(path: str) -> Any:
    """Read a YAML file of the repository."""
    return yaml.safe_load((ROOT / path).read_text())


def mounts(service: str) -> dict[str, Path]:
    """Map the paths in a container to the files of the repository that are mounted there."""
    volumes = [volume.split(":") for volume in SERVICES[service].get("volumes", [])]
    return {parts[1]: ROOT / parts[0] for parts in volumes if parts[0].startswith("./")}


def test_valid() -> None:
    """The file is what the Compose specification allows."""
    tool = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(
        [sys.executable, "-m", *tool], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_mounts() -> None:
    """What is mounted is in the repository, and read-only."""
    for name, service in SERVICES.items():
        assert all(path.exists() for path in mounts(name).values())
        bound = [volume for volume in service.get("volumes", []) if volume.startswith("./")]
        assert all(volume.endswith(":ro") for volume in bound)


def test_nothing_is_open_to_the_network() -> None:
    """Each service publishes its one port, on this machine alone."""
    for name, service in SERVICES.items():
        assert service["ports"] == [f"127.0.0.1:{PORT[name]}:{PORT[name]}"]


def test_images_are_pinned() -> None:
    """Each image that is not built here has a version."""
    pulled = {
        name: service["image"] for name, service in SERVICES.items() if "build" not in service
    }
    for image in pulled.values():
        assert re.search(r":v?[0-9]+\.[0-9]+\.[0-9]+$", image)


def test_exporter() -> None:
    """It runs the demo, or what the file's first lines say for a real account, without rights."""
    exporter = SERVICES["exporter"]
    default = re.fullmatch(r"\$\{EXPORTER:-(.+)\}", exporter["command"])
    real = re.search(r'EXPORTER="(.+)"', FILE.read_text())
    assert default
    assert real
    for command in (default[1], real[1]):
        assert parser().parse_args(shlex.split(command)).listen_address == (DEFAULT_ADDRESS,)
    state = parser().parse_args(shlex.split(real[1])).state_dir
    assert f"state:{state}" in exporter["volumes"]
    assert exporter["read_only"] is True
    assert exporter["cap_drop"] == ["ALL"]
    assert exporter["security_opt"] == ["no-new-privileges:true"]


def test_prometheus_finds_the_others() -> None:
    """Prometheus scrapes the exporter and tells the Alertmanager, by the services' names."""
    config = read("compose/prometheus.yml")
    (scrape,) = config["scrape_configs"]
    assert scrape["static_configs"] == [{"targets": [f"exporter:{PORT['exporter']}"]}]
    (alerting,) = config["alerting"]["alertmanagers"]
    assert alerting["static_configs"] == [{"targets": [f"alertmanager:{PORT['alertmanager']}"]}]
    folder = Path(config["rule_files"][0]).parent
    assert mounts("prometheus")[str(folder)] == ROOT / "prometheus" / "rules"


def test_grafana_finds_prometheus() -> None:
    """Grafana's datasource is this Prometheus, under the id that is used elsewhere too."""
    (source,) = read("compose/datasource.yml")["datasources"]
    assert source["url"] == f"http://prometheus:{PORT['prometheus']}"
    (usual,) = read("grafana/provisioning/datasources/genesyscloud-billing.yaml")["datasources"]
    assert (source["uid"], source["name"]) == (usual["uid"], usual["name"])


def test_grafana_finds_the_dashboards() -> None:
    """The dashboards are mounted where their provider looks for them."""
    (provider,) = read("grafana/provisioning/dashboards/genesyscloud-billing.yaml")["providers"]
    assert mounts("grafana")[provider["options"]["path"]] == ROOT / "grafana" / "dashboards"


@pytest.mark.parametrize("promtool", ["promtool-2", "promtool-3"])
def test_prometheus_configuration(promtool: str, tmp_path: Path) -> None:
    """Promtool accepts Prometheus' configuration together with the rules."""
    config = read("compose/prometheus.yml")
    config["rule_files"] = [str(ROOT / "prometheus" / "rules" / "*.yml")]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    _accepted(require(promtool), "check", "config", str(tmp_path / "prometheus.yml"))


def test_alertmanager_configuration() -> None:
    """Amtool accepts the Alertmanager's configuration."""
    _accepted(require("amtool"), "check-config", str(ROOT / "compose" / "alertmanager.yml"))


def _accepted(*command: str | os.PathLike[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_dependencies_are_waited_for() -> None:
    """Every service that another needs is waited for until its health check passes."""
    for name, service in SERVICES.items():
        assert service["mem_limit"], name
        for other, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            # The exporter's check is part of its image.
            assert other == "exporter" or SERVICES[other]["healthcheck"]["test"]
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()

"""The Compose stack runs: exporter, Prometheus with the rules, Alertmanager.

Grafana is left out: there is no package that its image could be made of. Where the images of
Prometheus and Alertmanager cannot be pulled, they are made of Debian's programs.
"""

import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.image.podman import (
    PATIENCE_SECONDS,
    base,
    build,
    environment,
    has,
    podman,
)
from tools.paths import ROOT
from tools.testkit.components import require
from tools.testkit.processes import wait_until

PROJECT = "billing-exporter-check"
STARTED = {"prometheus": "prometheus-3", "alertmanager": "alertmanager"}
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
EXPORTER_IMAGE = f"localhost/{COMPOSE['services']['exporter']['image']}:latest"


@pytest.fixture(scope="module", autouse=True)
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run the stack, on the ports that the file says."""
    build(EXPORTER_IMAGE)
    for service, component in STARTED.items():
        _provide(service, require(component), tmp_path_factory.mktemp(service))
    compose("up", "--detach", "--no-build", "--no-deps", "exporter", *STARTED)
    try:
        yield
    finally:
        compose("down", "--volumes")
        # One that was being started again when it was taken down is still there.
        left = podman("ps", "--all", "--quiet", f"--filter=name={PROJECT}").split()
        for name in left:
            podman("rm", "--force", "--time=0", "--ignore", name)


def _provide(service: str, program: Path, folder: Path) -> None:
    """Have the image of a service here: pulled, or made of a program of Debian's."""
    image = COMPOSE["services"][service]["image"]
    if not has(image):
        podman("pull", "--quiet", image, check=False)
    if has(image):
        return
    shutil.copy(program, folder / "program")
    (folder / "Dockerfile").write_text(
        f'FROM {base()}\nCOPY program /bin/\nWORKDIR /{service}\nENTRYPOINT ["/bin/program"]\n'
    )
    podman("build", "--isolation=chroot", "--quiet", f"--tag={image}", str(folder))


def compose(*arguments: str) -> None:
    """Run podman-compose; a failure carries its complaint."""
    command = [sys.executable, "-m", "podman_compose", "--project-name", PROJECT, *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    if done.returncode:
        pytest.fail(f"podman-compose {arguments[0]}: {done.stderr[-3000:]}")


def prometheus(path: str) -> Any:
    """Ask the stack's Prometheus; None while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:9090/api/v1/{path}", timeout=5) as answer:
            return json.load(answer)["data"]
    except OSError:
        return None


def test_scraped_by_name() -> None:
    """Prometheus finds the exporter by its service's name and has the demo's customers."""
    wait_until(lambda: (prometheus("query?query=up") or {}).get("result"))
    (target,) = prometheus("targets")["activeTargets"]
    assert target["scrapeUrl"] == "http://exporter:10059/metrics"
    wait_until(
        lambda: prometheus("query?query=genesyscloud_billing_trustor_info")["result"], seconds=120
    )


def test_rules_are_loaded() -> None:
    """Prometheus evaluates the rules, and none of them fails."""
    wait_until(lambda: (prometheus("rules") or {}).get("groups"))

    def evaluated() -> bool:
        rules = [rule for group in prometheus("rules")["groups"] for rule in group["rules"]]
        return all(rule["health"] == "ok" for rule in rules)

    wait_until(evaluated, seconds=120)


def test_alertmanager_is_found() -> None:
    """Prometheus has found the Alertmanager by its service's name."""
    wait_until(lambda: (prometheus("alertmanagers") or {}).get("activeAlertmanagers"))
    (found,) = prometheus("alertmanagers")["activeAlertmanagers"]
    assert found["url"] == "http://alertmanager:9093/api/v2/alerts"

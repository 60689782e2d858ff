"""The image does what it says, under the strictest settings a cluster would run it with."""

import sys
import urllib.request
from collections.abc import Iterator

import pytest

from billing_exporter import __version__
from tests.image.podman import IMAGE, base, build, inspect, log, podman, running
from tools.testkit.components import require
from tools.testkit.processes import wait_until
from tools.testkit.prometheus_server import running_prometheus
from tools.testkit.scrapes import has_polled

LARGEST = 20 * 1000 * 1000  # bytes that the exporter adds to its base


@pytest.fixture(scope="module", autouse=True)
def image() -> None:
    """Build the image once."""
    build(IMAGE)


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[str, str]]:
    """Run the demo; yield the container's name and the address of its port on this machine."""
    with running("demo") as name:
        address = podman("port", name, "10059/tcp")
        wait_until(lambda: _has_polled(f"http://{address}/metrics"))
        yield name, address


def _has_polled(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return has_polled(answer.read().decode())
    except OSError:
        return False


def test_labels() -> None:
    """The image says what it is, in the words of the OCI."""
    labels = inspect(IMAGE)["Config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == "Genesys Cloud Billing Exporter"
    assert labels["org.opencontainers.image.version"] == __version__
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["org.opencontainers.image.base.name"] == base()


def test_size(capsys: pytest.CaptureFixture[str]) -> None:
    """The exporter adds little to its base, and the run says how much."""
    whole, below = inspect(IMAGE)["Size"], inspect(base())["Size"]
    with capsys.disabled():
        sys.stdout.write(f"\nimage {whole / 1e6:.1f} MB, its base {below / 1e6:.1f} MB: {base()}\n")
    assert whole - below < LARGEST


def test_two_builds_are_the_same() -> None:
    """A second build from the same base has the same layers, to the byte."""
    other = IMAGE.replace("latest", "again")
    build(other)
    assert inspect(other)["RootFS"]["Layers"] == inspect(IMAGE)["RootFS"]["Layers"]


def test_rights(demo: tuple[str, str]) -> None:
    """It runs as a numbered user without any capability, and can write nowhere."""
    name, _ = demo
    status = dict(
        line.split(":\t", 1)
        for line in podman("exec", name, "cat", "/proc/1/status").splitlines()
        if ":\t" in line
    )
    assert status["Uid"].split() == ["65532"] * 4
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    for folder in ("/", "/app", "/tmp", "/var/lib/billing-exporter"):  # noqa: S108 - of the container
        assert podman("exec", name, "python", "-c", _TRY, folder) == "Read-only file system"


_TRY = """
import os, sys
try:
    open(sys.argv[1] + "/file", "w")
except OSError as error:
    print(error.strerror)
"""


def test_a_random_user() -> None:
    """It runs as any user of group 0 with a read-only root, as OpenShift runs it."""
    with running("demo", options=("--user=1000660000:0",)) as name:
        address = podman("port", name, "10059/tcp")
        wait_until(lambda: _has_polled(f"http://{address}/metrics"))
        assert podman("exec", name, "id", "--user") == "1000660000"


def test_no_shell_is_used(demo: tuple[str, str]) -> None:
    """The exporter is the first process, and starts and asks itself without a shell."""
    name, _ = demo
    command = podman("exec", name, "cat", "/proc/1/cmdline").split("\0")
    assert command[:4] == ["python", "-m", "billing_exporter", "demo"]
    found = inspect(IMAGE)
    # Where it stands depends on podman's version.
    check = found.get("Healthcheck") or found["Config"]["Healthcheck"]
    assert check["Test"] == ["CMD", "python", "-m", "billing_exporter", "health"]


def test_health_check(demo: tuple[str, str]) -> None:
    """The image's own health check finds the exporter well."""
    name, _ = demo
    assert "unhealthy" not in podman("healthcheck", "run", name)


def test_scraped(demo: tuple[str, str]) -> None:
    """A real Prometheus scrapes the container and has its values."""
    _, address = demo
    with running_prometheus(require("prometheus-3"), targets=[address]) as prometheus:
        rows = prometheus.wait_for("count(genesyscloud_billing_trustor_info)")
    assert int(rows[0]["value"][1]) > 0


def test_state_volume() -> None:
    """The exporter may write into a volume for its state, and ends cleanly when it is stopped."""
    volume = ("--volume=billing-exporter-check-state:/var/lib/billing-exporter",)
    flags = ("serve", "--state.dir=/var/lib/billing-exporter")
    account = (
        "--env=GENESYSCLOUD_API_URL=http://127.0.0.1:9",
        *("--env=GENESYSCLOUD_OAUTHCLIENT_ID=x", "--env=GENESYSCLOUD_OAUTHCLIENT_SECRET=x"),
    )
    try:
        with running(*flags, options=volume + account) as name:
            wait_until(lambda: "msg=serving" in log(name))
            assert podman("exec", name, "python", "-c", _TRY, "/var/lib/billing-exporter") == ""
            podman("stop", "--time=5", name)
            assert inspect(name)["State"]["ExitCode"] == 0
            assert "msg=stopped" in log(name)
    finally:
        podman("volume", "rm", "--force", "billing-exporter-check-state")

"""The chart carries the repository's dashboards and rules, without a copy that could drift."""

import json
import tarfile
from pathlib import Path

import helm_python
import pytest

from helm.values import CHART
from tests.helm.chart import NAMESPACE, ONE, RELEASE, objects, render, rules_folder, shape

DASHBOARDS = CHART.parent.parent / "grafana" / "dashboards"
LARGEST = 1024 * 1024  # bytes that Kubernetes takes in one ConfigMap


def test_every_dashboard_is_there() -> None:
    """Each dashboard is a ConfigMap of its own, whole, with the label that its sidecar wants."""
    maps = [one for one in objects(ONE) if "-dashboard-" in one["metadata"]["name"]]
    found = {
        name.removeprefix("genesyscloud-billing-"): json.loads(text)
        for one in maps
        for name, text in one["data"].items()
    }
    assert found == {path.name: json.loads(path.read_text()) for path in DASHBOARDS.glob("*.json")}
    assert len(maps) == len(found) > 0
    assert {one["metadata"]["labels"]["grafana_dashboard"] for one in maps} == {"1"}
    assert max(len(json.dumps(one)) for one in maps) < LARGEST


def test_dashboards_as_wanted() -> None:
    """Label and annotations are as the values say, and dashboards can be left out."""
    maps = [one for one in objects(shape("existing")) if "-dashboard-" in one["metadata"]["name"]]
    for one in maps:
        assert one["metadata"]["labels"]["dashboards"] == "finance"
        assert one["metadata"]["annotations"] == {"grafana_folder": "Finance"}
    without = objects({**ONE, "dashboards": {"enabled": False}})
    assert not [one for one in without if "-dashboard-" in one["metadata"]["name"]]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the chart as it is given away."""
    return Path(helm_python.package(str(CHART), destination=str(tmp_path_factory.mktemp("chart"))))


def test_package(package: Path) -> None:
    """The package has the files themselves where the repository has links, and no test values."""
    with tarfile.open(package) as archive:
        members = {member.name: member for member in archive.getmembers()}
        for folder in (rules_folder(), DASHBOARDS):
            for path in folder.iterdir():
                member = members[f"billing-exporter/files/{folder.name}/{path.name}"]
                file = archive.extractfile(member)
                assert file is not None
                assert file.read() == path.read_bytes()
    assert not [name for name in members if name.startswith("billing-exporter/ci/")]


def test_package_renders_the_same(package: Path) -> None:
    """The package renders what the folder renders."""
    chart = helm_python.Chart.load_archive(package.read_bytes())
    values = shape("protected")
    assert chart.render(values, name=RELEASE, namespace=NAMESPACE) == render(values)

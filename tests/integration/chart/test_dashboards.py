"""The chart carries the repository's dashboards and rules, without a copy that could drift."""

import json
import tarfile
from pathlib import Path

import helm_python
import pytest

from tools.chart.dashboards import NUMBER, _mark, marked_lines
from tools.chart.rendering import (
    NAMESPACE,
    ONE,
    RELEASE,
    objects,
    only,
    render,
    rules_folder,
    shape,
)
from tools.chart.thresholds import thresholds
from tools.dashboards.rendering import files
from tools.dashboards.thresholds import instead
from tools.paths import CHART

DASHBOARDS = CHART.parent.parent / "grafana" / "dashboards"
LARGEST = 1024 * 1024  # bytes that Kubernetes takes in one ConfigMap


def _dashboards(**chosen: float) -> dict[str, str]:
    """Render the dashboards with these thresholds; the text of each by the name of its file."""
    found = objects({**ONE, "prometheusRule": {"enabled": True, "thresholds": chosen}})
    maps = [one for one in found if "-dashboard-" in one["metadata"]["name"]]
    texts = (each for one in maps for each in one["data"].items())
    return {name.removeprefix("genesyscloud-billing-"): text for name, text in texts}


def test_every_dashboard_is_there() -> None:
    """Each dashboard is a ConfigMap of its own, whole, with the label that its sidecar wants."""
    maps = [one for one in objects(ONE) if "-dashboard-" in one["metadata"]["name"]]
    found = _dashboards()
    assert found == {path.name: path.read_text() for path in DASHBOARDS.glob("*.json")}
    assert len(maps) == len(found) > 0
    assert {one["metadata"]["labels"]["grafana_dashboard"] for one in maps} == {"1"}
    assert max(len(json.dumps(one)) for one in maps) < LARGEST


def test_thresholds_that_are_set() -> None:
    """With every threshold set, the dashboards are as if built for these numbers."""
    chosen = {one.name: 101 + number for number, one in enumerate(thresholds())}
    with instead(chosen):
        wanted = {name: json.loads(text) for name, text in files().items()}
    found = {name: json.loads(text) for name, text in _dashboards(**chosen).items()}
    assert found == wanted
    assert found != {name: json.loads(text) for name, text in files().items()}


def test_one_threshold_moves_alert_and_dashboard() -> None:
    """One value moves the number of an alert, and the colours, queries and words about it."""
    values = {"prometheusRule": {"enabled": True, "thresholds": {"contract_ending_days": 92.5}}}
    groups = only(objects({**ONE, **values}), "PrometheusRule")["spec"]["groups"]
    rules = {rule.get("record"): rule["expr"] for group in groups for rule in group["rules"]}
    assert rules["genesyscloud_billing:threshold_contract_ending_days:value"] == "vector(92.5)"
    moved = _dashboards(contract_ending_days=92.5)
    assert '"value": 92.5' in moved["contracts.json"]
    assert '"value": 60.0' not in moved["contracts.json"]
    assert ">= 0 < 92.5)" in moved["overview.json"]
    assert "Within 92.5 days of the reading" in moved["overview.json"]
    unmoved = _dashboards()
    assert {name for name, text in moved.items() if text != unmoved[name]} == {
        "overview.json",
        "customers.json",
        "contracts.json",
    }


def test_each_marked_line_has_its_mark() -> None:
    """Every line that differs with a threshold has a place for the number."""
    files_of = marked_lines().values()
    lines = [line for file in files_of for of_one in file.values() for line in of_one.items()]
    assert len(lines) > 0
    assert [name for name, line in lines if NUMBER not in line] == []


def test_two_thresholds_in_a_line_are_refused() -> None:
    """A line is marked for one threshold: a second one would be lost."""
    lines = {"7": {"api_used": "x"}}
    with pytest.raises(ValueError, match="line 7 holds prepaid_used beside api_used"):
        _mark(lines, "7", "prepaid_used", "y")


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

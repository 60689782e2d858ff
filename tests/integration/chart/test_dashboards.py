"""The chart's dashboards and rules: those of the repository, as the values want them."""

import json
import re
import shutil
import tarfile
from pathlib import Path

import helm_python
import pytest

from tools.alert_rules import thresholds
from tools.chart.dashboards import _check
from tools.chart.dashboards import files as token_files
from tools.chart.rendering import (
    NAMESPACE,
    ONE,
    RELEASE,
    Object,
    objects,
    only,
    render,
    rules_folder,
    shape,
)
from tools.dashboards.rendering import files
from tools.dashboards.thresholds import instead
from tools.paths import CHART

DASHBOARDS = CHART.parent.parent / "grafana" / "dashboards"
LONGEST_UID = 40  # characters that Grafana takes
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


def test_thresholds_without_exponent() -> None:
    """Large and small thresholds are printed in full, in colours, queries and descriptions."""
    text = "".join(_dashboards(zero_previous_quantity=2000000, overdue_amount=0.00001).values())
    assert "at least 2000000 units" in text
    assert '"value": 0.00001' in text
    assert "e+06" not in text


def test_every_token_is_named_and_replaced() -> None:
    """The chart's dashboards are valid JSON whose tokens name thresholds; rendering leaves none."""
    names = {one.name for one in thresholds()}
    used = set()
    for text in token_files().values():
        json.loads(text)
        used |= set(re.findall(r"@threshold\.([^@]*)@", text))
    assert used
    assert used <= names
    assert not [name for name, text in _dashboards().items() if re.search(r"@[a-z_.]+@", text)]


def test_a_dashboard_with_the_number_of_a_token_is_refused() -> None:
    """A number that stands for a threshold while tokens are written is in no dashboard."""
    with pytest.raises(ValueError, match=r"x\.json holds 700001, which stands for a threshold"):
        _check("x.json", '{"value": 700001}', {"prepaid_used": 700001})


@pytest.mark.parametrize("suffix", ["eu", "a-234567"])
def test_suffix(suffix: str) -> None:
    """With a suffix, file names, uids, tags, titles and all links change together.

    No identity is shared with a release without one, and every link leads to a dashboard that is
    there.
    """
    plain = {name: json.loads(text) for name, text in _dashboards().items()}
    found = objects({**ONE, "dashboards": {"suffix": suffix}})
    maps = [one for one in found if "-dashboard-" in one["metadata"]["name"]]
    files = {name: text for one in maps for name, text in one["data"].items()}
    assert set(files) == {
        f"genesyscloud-billing-{name.removesuffix('.json')}-{suffix}.json" for name in plain
    }
    boards = [json.loads(text) for text in files.values()]
    uids = {board["uid"] for board in boards}
    assert len(uids) == len(boards)
    assert all(uid.endswith(f"-{suffix}") and len(uid) <= LONGEST_UID for uid in uids)
    assert not uids & {board["uid"] for board in plain.values()}
    assert not {b["title"] for b in boards} & {b["title"] for b in plain.values()}
    linked = re.findall(r'/d/([^?"/]+)', "".join(files.values()))
    assert linked
    assert set(linked) <= uids
    for board in boards:
        by_tag = [tag for link in board["links"] for tag in link.get("tags", [])]
        assert by_tag
        assert set(by_tag) <= set(board["tags"])
        assert not set(board["tags"]) & {tag for b in plain.values() for tag in b["tags"]}


@pytest.mark.parametrize(
    ("removed", "values", "message"),
    [
        ("dashboards", {}, "the chart holds no dashboard"),
        ("rules", {}, "the chart holds no thresholds"),
        (
            "rules",
            {"prometheusRule": {"enabled": True}, "dashboards": {"enabled": False}},
            "the chart holds no rules",
        ),
    ],
)
@pytest.mark.parametrize("left", ["nothing", "the text of a link"])
def test_lost_files_are_refused(
    removed: str, values: Object, message: str, left: str, tmp_path: Path
) -> None:
    """A chart whose rules or dashboards were lost on the way is refused with the reason."""
    chart = tmp_path / "billing-exporter"
    shutil.copytree(CHART, chart)
    shutil.rmtree(chart / "files" / removed)
    if left != "nothing":
        (chart / "files" / removed).write_text(f"../../../somewhere/{removed}")
    loaded = helm_python.Chart.load(str(chart))
    with pytest.raises(helm_python.HelmRenderError, match=message):
        loaded.render({**ONE, **values}, name=RELEASE, namespace=NAMESPACE)
    without = {"prometheusRule": {"enabled": False}, "dashboards": {"enabled": False}}
    assert loaded.render({**ONE, **without}, name=RELEASE, namespace=NAMESPACE)


def test_an_empty_rules_file_is_refused(tmp_path: Path) -> None:
    """A file of rules that holds none is named, and nothing is rendered."""
    chart = tmp_path / "billing-exporter"
    shutil.copytree(CHART, chart)
    (chart / "files" / "rules" / "alerts_usage.yml").write_text("../alerts_usage.yml")
    values = {**ONE, "prometheusRule": {"enabled": True}}
    with pytest.raises(helm_python.HelmRenderError, match=r"alerts_usage\.yml holds no rules"):
        helm_python.Chart.load(str(chart)).render(values, name=RELEASE, namespace=NAMESPACE)


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
    """The package has the rules as they are in the repository, and no test values."""
    with tarfile.open(package) as archive:
        members = {member.name: member for member in archive.getmembers()}
        for path in rules_folder().glob("*.yml"):
            file = archive.extractfile(members[f"billing-exporter/files/rules/{path.name}"])
            assert file is not None
            assert file.read() == path.read_bytes()
    boards = {name for name in members if name.startswith("billing-exporter/files/dashboards/")}
    assert {Path(name).name for name in boards} == {path.name for path in DASHBOARDS.iterdir()}
    assert not [name for name in members if name.startswith("billing-exporter/ci/")]


def test_package_renders_the_same(package: Path) -> None:
    """The package renders what the folder renders."""
    chart = helm_python.Chart.load_archive(package.read_bytes())
    values = shape("protected")
    assert chart.render(values, name=RELEASE, namespace=NAMESPACE) == render(values)

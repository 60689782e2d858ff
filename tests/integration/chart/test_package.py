"""The packed chart is that of the repository; packed for a release it knows its addresses."""

import re
import tarfile
from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

from billing_exporter import __version__
from tools.chart.rendering import ONE
from tools.paths import CHART, ROOT
from tools.release.build import copy_source
from tools.release.fill import changes, fill, links
from tools.release.project import Project, project_of

SAMPLE = Project(
    version=__version__,
    repository="https://git.example.com/team/exporter",
    registry="registry.example.com:5000/billing",
    maintainer='Jane "J" Doe',
)
IMAGE = f"registry.example.com:5000/billing/genesyscloud-billing-exporter:{__version__}"


def packed(folder: Path, project: Project) -> Path:
    """Pack the chart of a copy that is filled for a project."""
    copy_source(folder / "source")
    fill(folder / "source", project)
    chart = folder / "source" / CHART.relative_to(ROOT)
    return Path(helm_python.package(str(chart), destination=str(folder)))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the chart packed without addresses."""
    return packed(tmp_path_factory.mktemp("plain"), Project(version=__version__))


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the chart packed for the sample."""
    return packed(tmp_path_factory.mktemp("released"), SAMPLE)


def contents(archive: Path) -> dict[str, bytes]:
    """Read the files of a packed chart by their paths in it."""
    with tarfile.open(archive) as tar:
        files = {member.name: tar.extractfile(member) for member in tar}
        return {name.partition("/")[2]: file.read() for name, file in files.items() if file}


def rendered(archive: Path, values: dict[str, Any]) -> str:
    """Render a packed chart."""
    chart = helm_python.Chart.load(str(archive))
    return "\n".join(chart.render({**ONE, **values}, name="a", namespace="b").values())


def test_nothing_is_missing(plain: Path) -> None:
    """Every file of the chart is in its package but the values that tests render."""
    expected = {
        str(path.relative_to(CHART)): path.read_bytes()
        for path in CHART.rglob("*")
        if path.is_file() and path.parent.name != "ci"
    }
    found = contents(plain)
    for name in ("Chart.yaml", "README.md"):
        del expected[name]
        assert found.pop(name)
    assert found == expected


def test_the_source_has_no_address() -> None:
    """The one setting is empty in the source."""
    assert project_of(ROOT / "pyproject.toml", {}) == Project(version=__version__)


def test_a_released_chart_names_its_image(released: Path) -> None:
    """Installed without a word about the image, it runs the one of its version in the registry."""
    images = set(re.findall(r"image: (.+)", rendered(released, {})))
    assert images == {IMAGE}
    page = contents(released)["README.md"].decode()
    assert '| `image.registry` | `"registry.example.com:5000"` |' in page
    assert '| `image.repository` | `"billing/genesyscloud-billing-exporter"` |' in page


def test_registry_and_repository_are_apart(released: Path) -> None:
    """A mirror takes the place of the registry alone."""
    text = rendered(released, {"global": {"imageRegistry": "mirror.example.com"}})
    assert f"mirror.example.com/{IMAGE.partition('/')[2]}" in text


def test_a_released_chart_has_whole_links_to_runbooks(released: Path) -> None:
    """Every alert's runbook is an address of a page that the repository has."""
    text = rendered(released, {"prometheusRule": {"enabled": True}})
    runbooks = re.findall(r"runbook_url: (\S+)", text)
    base = f"{SAMPLE.repository}/blob/v{__version__}/"
    assert runbooks
    assert all(url.startswith(base) for url in runbooks)
    assert all((ROOT / url.removeprefix(base)).is_file() for url in runbooks)


def test_metadata(released: Path) -> None:
    """Chart repositories find maintainer, addresses, image, links and changes."""
    tree = yaml.safe_load(contents(released)["Chart.yaml"])
    assert tree["maintainers"] == [{"name": 'Jane "J" Doe', "url": SAMPLE.repository}]
    assert tree["home"] == SAMPLE.repository
    assert tree["sources"] == [SAMPLE.repository]
    icon = tree["icon"].removeprefix(f"{SAMPLE.repository}/raw/v{__version__}/")
    assert (ROOT / icon).is_file()
    notes = tree["annotations"]
    assert yaml.safe_load(notes["artifacthub.io/images"]) == [{"name": "exporter", "image": IMAGE}]
    for link in yaml.safe_load(notes["artifacthub.io/links"]):
        path = link["url"].removeprefix(f"{SAMPLE.repository}/blob/v{__version__}/")
        assert (ROOT / path).exists()
    listed = yaml.safe_load(notes["artifacthub.io/changes"])
    assert listed
    assert {one["kind"] for one in listed} <= {"added", "changed", "fixed", "removed"}
    assert all(one["description"] for one in listed)


@pytest.mark.parametrize("project", [SAMPLE, Project(version=__version__)])
def test_pages_have_no_relative_links(project: Project) -> None:
    """Links and pictures of the READMEs work outside the repository, or are left out."""
    for path in ("README.md", "helm/billing-exporter/README.md"):
        text = links((ROOT / path).read_text(), str(Path(path).parent), project)
        targets = re.findall(r"\]\(([^)\s]+)\)", text)
        assert [one for one in targets if not re.match(r"https?://|#", one)] == []
        for target in targets:
            name = target.partition("#")[0].removeprefix(f"{project.repository or '-'}/")
            if name != target.partition("#")[0]:
                assert (ROOT / re.sub(r"^(blob|raw)/v[^/]+/", "", name)).exists(), target


def test_changes_of_a_version() -> None:
    """Each item of a version's part of the changelog is one change of the kind of its heading."""
    text = (
        "# C\n\n## [2.0.0]\n\n### Fixed\n\n- a\n  b\n- c\n\n### Added\n- d\n\n## [1.0.0]\n\n- e\n"
    )
    assert changes(text, "2.0.0") == [
        {"kind": "fixed", "description": "a b"},
        {"kind": "fixed", "description": "c"},
        {"kind": "added", "description": "d"},
    ]
    assert changes(text, "3.0.0") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"repository": "git.example.com/x"},
        {"repository": "https://git.example.com"},
        {"registry": "https://registry.example.com"},
        {"registry": "registry example"},
    ],
)
def test_wrong_addresses(wrong: dict[str, str]) -> None:
    """What is no address is refused by its name."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Project(version="1", **wrong)

"""The packed chart is that of the repository; packed for a release it says where its image is."""

import re
import tarfile
from pathlib import Path

import helm_python
import yaml

from billing_exporter import __version__
from tools.chart.package import package
from tools.chart.rendering import ONE
from tools.paths import CHART

ROOT = CHART.parent.parent
IMAGE = "registry.example.com/billing/genesyscloud-billing-exporter"


def contents(archive: Path) -> dict[str, bytes]:
    """Read the files of a packed chart by their paths in it."""
    with tarfile.open(archive) as packed:
        files = {member.name: packed.extractfile(member) for member in packed}
        return {name.partition("/")[2]: file.read() for name, file in files.items() if file}


def test_nothing_is_missing(tmp_path: Path) -> None:
    """Every file of the chart is in its package but the values that tests render."""
    wanted = {
        str(path.relative_to(CHART)): path.read_bytes()
        for path in CHART.rglob("*")
        if path.is_file() and path.parent.name != "ci"
    }
    found = contents(package(tmp_path))
    # Helm writes the chart's metadata anew.
    assert yaml.safe_load(found.pop("Chart.yaml")) == yaml.safe_load(wanted.pop("Chart.yaml"))
    assert found == wanted


def test_a_published_chart_names_its_image(tmp_path: Path) -> None:
    """Installed without a word about the image, it runs the one of its version in the registry."""
    archive = package(tmp_path, IMAGE)
    rendered = helm_python.Chart.load(str(archive)).render(ONE, name="a", namespace="b")
    images = set(re.findall(r"image: (.+)", "\n".join(rendered.values())))
    assert images == {f"{IMAGE}:{__version__}"}
    assert f'| `image.repository` | `"{IMAGE}"` |' in contents(archive)["README.md"].decode()


def test_the_release_publishes_both_at_one_place() -> None:
    """The release packs the chart with the image's own repository and tags it with its version."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]
    image = jobs["image"]["env"]["IMAGE"]
    (packing,) = (step for step in jobs["dist"]["steps"] if "make dist" in step.get("run", ""))
    assert packing["run"] == 'make dist IMAGE="$IMAGE"'
    assert packing["env"]["IMAGE"] == image
    (build,) = (step for step in jobs["image"]["steps"] if step.get("id") == "build")
    assert build["with"]["tags"] == "${{ env.IMAGE }}:${{ env.VERSION }}"

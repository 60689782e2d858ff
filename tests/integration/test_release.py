"""What is given away is whole: wheel, sdist, the image's versions, one version everywhere."""

import email
import re
import subprocess
import tarfile
import time
import tomllib
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from billing_exporter import __version__
from billing_exporter.monitoring.shipped import PLACES
from tools.paths import ROOT
from tools.release.build import build
from tools.release.project import Project
from tools.testkit.processes import PATIENCE_SECONDS, clean_environment

PACKAGE = ROOT / "billing_exporter"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


SAMPLE = Project(
    version=__version__,
    repository="https://git.example.com/team/exporter",
    registry="registry.example.com/team",
    maintainer="Jane Doe",
)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build sdist and wheel, the wheel from the sdist, as ``make dist`` does."""
    folder = tmp_path_factory.mktemp("dist")
    build(folder, SAMPLE)
    return folder


def only(dist: Path, pattern: str) -> Path:
    """Return the one file of a pattern."""
    (path,) = dist.glob(pattern)
    return path


def sources() -> set[str]:
    """List the package's files by their paths in the repository."""
    paths = (path for path in PACKAGE.rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in paths if "__pycache__" not in path.parts}


def test_wheel(dist: Path) -> None:
    """The wheel holds the package, the copies that it ships and nothing else, with its license."""
    with zipfile.ZipFile(only(dist, "*.whl")) as wheel:
        names = set(wheel.namelist())
        shipped = {name: wheel.read(name) for name in names if "/monitoring/shipped/" in name}
    about = {name for name in names if ".dist-info/" in name}
    assert names - about - shipped.keys() == sources()
    assert shipped == {
        f"billing_exporter/monitoring/shipped/{kind}/{path.name}": path.read_bytes()
        for kind, place in PLACES.items()
        for path in (ROOT / place).iterdir()
    }
    assert any(name.endswith("licenses/LICENSE") for name in about)


def test_two_builds_are_the_same(dist: Path, tmp_path: Path) -> None:
    """A second build of the wheel has the same bytes, whatever the clock and the folder."""
    build(tmp_path, SAMPLE)
    assert only(tmp_path, "*.whl").read_bytes() == only(dist, "*.whl").read_bytes()
    assert only(tmp_path, "*.tar.gz").read_bytes() == only(dist, "*.tar.gz").read_bytes()


def test_metadata(dist: Path) -> None:
    """The package index shows maintainer and addresses, and a page whose links work there."""
    with zipfile.ZipFile(only(dist, "*.whl")) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(wheel.read(name))
    assert metadata["Maintainer"] == "Jane Doe"
    urls = dict(url.split(", ") for url in metadata.get_all("Project-URL", []))
    assert urls["Homepage"] == SAMPLE.repository
    assert urls["Changelog"] == f"{SAMPLE.repository}/blob/v{__version__}/CHANGELOG.md"
    page = str(metadata.get_payload())
    targets = re.findall(r"\]\(([^)\s]+)\)", page)
    assert targets
    assert all(re.match(r"https?://|#", target) for target in targets)
    assert f"{SAMPLE.repository}/raw/v{__version__}/docs/images/status-page.png" in page


def test_sdist(dist: Path) -> None:
    """The sdist holds every file under version control, and besides them its metadata alone."""
    with tarfile.open(only(dist, "*.tar.gz")) as sdist:
        names = {member.name.partition("/")[2] for member in sdist if not member.isdir()}
        links = [member.name for member in sdist if member.issym() or member.islnk()]
    assert links == []
    assert names - versioned() == {"PKG-INFO"}
    assert versioned() - names == set()


def versioned() -> set[str]:
    """List the files that are under version control or would be with the next commit."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: nothing to compare with")
    git = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "--cached", "--others"]
    listed = subprocess.run(
        [*git, "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}


def test_the_wheel_alone_runs_the_demo(dist: Path, tmp_path: Path) -> None:
    """In an empty environment the wheel brings what it needs, and the demo serves its metrics.

    The rules and dashboards that it writes are those of the repository.
    """
    venv.create(tmp_path / "venv", with_pip=True)
    binaries = tmp_path / "venv" / "bin"
    pip = [str(binaries / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "install", only(dist, "*.whl")], check=True, cwd=tmp_path)
    command = [str(binaries / "billing-exporter"), "demo", "--web.listen-address", "127.0.0.1:0"]
    output = tmp_path / "output"
    with (
        output.open("wb") as stdout,
        subprocess.Popen(
            command, stdout=stdout, stderr=stdout, cwd=tmp_path, env=clean_environment()
        ) as demo,
    ):
        try:
            page = _page(demo, output)
            demo.terminate()
            assert demo.wait(PATIENCE_SECONDS) == 0
        finally:
            demo.kill()
    for kind, place in PLACES.items():
        program, out = str(binaries / "billing-exporter"), tmp_path / kind
        subprocess.run([program, kind, "--output", str(out)], check=True, capture_output=True)
        assert {each.name: each.read_bytes() for each in out.iterdir()} == {
            each.name: each.read_bytes() for each in (ROOT / place).iterdir()
        }
    assert f'version="{__version__}"' in page
    assert "genesyscloud_billing_trustor_usage_quantity{" in page


def _page(demo: "subprocess.Popen[bytes]", output: Path) -> str:
    """Wait until the demo has said where it is and has samples; return its metrics."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and demo.poll() is None:
        said = re.search(r"http://\S+/metrics", output.read_text())
        if said and "Ctrl-C ends it." in output.read_text():
            with urllib.request.urlopen(said[0], timeout=PATIENCE_SECONDS) as answer:
                return str(answer.read().decode())
        time.sleep(0.1)
    raise AssertionError(output.read_text())


def test_one_version() -> None:
    """Image, changelog and what the chart runs are of the package's version."""
    chart = yaml.safe_load((ROOT / "helm/billing-exporter/Chart.yaml").read_text())
    assert chart["appVersion"] == __version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", chart["version"])
    assert f"\nARG VERSION={__version__}\n" in (ROOT / "Dockerfile").read_text()
    assert f"\n## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def locked() -> dict[str, Version]:
    """Read the versions that the image is made of."""
    text = (ROOT / "requirements.lock").read_text()
    return {
        canonicalize_name(name): Version(version)
        for name, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, re.MULTILINE)
    }


def test_the_lock_fits() -> None:
    """Every dependency is locked, at a version that the project allows; ``make lock`` fixes it."""
    versions = locked()
    for requirement in map(Requirement, PROJECT["dependencies"]):
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier


def test_the_lock_is_exact() -> None:
    """Every locked version has hashes, and no line says where it came from."""
    text = (ROOT / "requirements.lock").read_text()
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if "==" in entry]
    assert len(entries) == len(locked())
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text


def test_the_base_is_exact() -> None:
    """The image's base is one Python on one Debian, and a release names its digest as well."""
    (base,) = re.findall(r"^ARG BASE=(.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+\.\d+-slim-[a-z]+", base)
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
    steps = {step["id"]: step for step in workflow["jobs"]["image"]["steps"] if "id" in step}
    assert "^ARG BASE=" in steps["base"]["run"]
    assert "BASE=${{ steps.base.outputs.pinned }}\n" in steps["build"]["with"]["build-args"]


def test_the_image_takes_what_it_needs() -> None:
    """The build sees the files that the Dockerfile copies, and no others."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    seen = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(\S+) ", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert lines[1] == "*"
    assert seen == set(copied)
    assert all((ROOT / name).exists() for name in seen)

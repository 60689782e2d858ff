"""The forge's workflows are valid and call what there is; they themselves run elsewhere."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tools.paths import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


@every_file
@pytest.mark.component
def test_valid(path: Path) -> None:
    """The file is what the forge's schema allows."""
    tool = ["check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(
        [sys.executable, "-m", *tool], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@every_file
def test_rights(path: Path) -> None:
    """By default a job may read and nothing else, and none runs without an end."""
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "uses" in job or job["timeout-minutes"] <= 60


PINNED = re.compile(r"uses: ([\w./-]+)@([0-9a-f]{40}) # (v[\d.]+)$")


def test_every_action_is_pinned() -> None:
    """Every action is named by one commit everywhere, with its version beside it."""
    lines = [
        line.strip().removeprefix("- ")
        for path in FILES
        for line in path.read_text().splitlines()
        if re.search(r"\buses: [^.]", line)
    ]
    found = [PINNED.fullmatch(line) for line in lines]
    assert lines
    assert [line for line, match in zip(lines, found, strict=True) if not match] == []
    commits = {(match[1].split("/")[1], match[2]) for match in found if match}
    assert len(commits) == len({name for name, _ in commits})


@every_file
def test_building_and_signing_are_apart(path: Path) -> None:
    """A job that may sign or publish as the project runs nothing of the repository."""
    for name, job in yaml.safe_load(path.read_text())["jobs"].items():
        steps = job.get("steps", [])
        used = [step.get("uses", "") for step in steps]
        if "id-token" in job.get("permissions", {}):
            assert not [one for one in used if "checkout" in one], name
            assert "environment" in job, name
        if any(".ci/" in step.get("run", "") or "make " in step.get("run", "") for step in steps):
            assert "permissions" not in job, name
            assert "secrets" not in repr(job), name


@every_file
def test_secrets_are_in_environments(path: Path) -> None:
    """A job that uses a secret names the environment that holds it."""
    for job in yaml.safe_load(path.read_text())["jobs"].values():
        assert "secrets." not in repr(job) or "environment" in job


def test_the_build_is_pinned() -> None:
    """The tools that build a release are locked with hashes, at versions the project allows."""
    text = (ROOT / "requirements-build.lock").read_text()
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if "==" in entry]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    locked = {entry.split("==")[0].lower(): entry.split("==")[1].split()[0] for entry in entries}
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    for requirement in map(Requirement, groups["build"]):
        assert requirement.specifier.contains(locked[requirement.name.lower()])


@pytest.mark.parametrize(
    ("schema", "file"),
    [("vendor.dependabot", ".github/dependabot.yml")],
)
def test_other_files_are_valid(schema: str, file: str) -> None:
    """Files that the forge reads are what their schemas allow."""
    tool = ["check_jsonschema", "--builtin-schema", schema, str(ROOT / file)]
    done = subprocess.run(
        [sys.executable, "-m", *tool], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_forms() -> None:
    """Every issue form has what the forge needs: name, description, fields with an id and label."""
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
    assert forms
    for path in forms:
        form = yaml.safe_load(path.read_text())
        assert form["name"]
        assert form["description"]
        fields = [field for field in form["body"] if field["type"] != "markdown"]
        assert all(field["id"] and field["attributes"]["label"] for field in fields)


@every_file
def test_targets_exist(path: Path) -> None:
    """What a step calls is a target of the Makefile or a file."""
    text, makefile = path.read_text(), (ROOT / "Makefile").read_text()
    for target in re.findall(r"run: make (\S+)", text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    for script in re.findall(r"run: (\.\S+)", text):
        assert (ROOT / script).is_file()


def test_every_supported_python() -> None:
    """Tests run on each Python that the package names."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == named


def test_the_version_is_found() -> None:
    """The release reads the version with a pattern that fits the file it is in."""
    text = (ROOT / "billing_exporter" / "__init__.py").read_text()
    assert re.search(r'^__version__ = "\d+\.\d+\.\d+"$', text, re.MULTILINE)

"""The forge's workflows are valid and call what there is; they themselves run elsewhere."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

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

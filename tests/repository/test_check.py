"""Tests of ``make check``: which folders belong to it, and that it needs no component."""

import re
import tomllib

import pytest

from tools.paths import ROOT
from tools.testkit.components import require

MAKEFILE = (ROOT / "Makefile").read_text()
FOLDERS = ["tests/unit", "tests/repository"]


def _recipe(target: str) -> str:
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert found, target
    return found[1]


@pytest.mark.parametrize("target", ["check", "coverage"])
def test_folders(target: str) -> None:
    """Unit tests and repository checks belong to it, without what needs a component or long."""
    recipe = _recipe(target)
    assert re.findall(r"tests/\w+", recipe) == FOLDERS
    assert '-m "not component and not slow"' in recipe
    assert "CHECK_ONLY=true" in recipe


def test_the_environment_is_light() -> None:
    """Its environment holds no prebuilt program and not the vendor's SDK."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    names = {re.split("[>=]", package)[0] for package in groups["check"]}
    assert names == {"hypothesis", "pytest", "pytest-cov", "pytest-xdist", "responses"}
    assert "--group check\n" in MAKEFILE


def test_a_component_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that asks for a component fails under it, whether the component is there or not."""
    monkeypatch.setenv("CHECK_ONLY", "true")
    with pytest.raises(pytest.fail.Exception, match="mark the test"):
        require("openssl")


def test_coverage_has_a_floor() -> None:
    """The least share of covered branches is stated, and a lower one fails."""
    coverage = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage"]
    assert coverage["run"]["branch"] is True
    assert coverage["report"]["fail_under"] >= 80

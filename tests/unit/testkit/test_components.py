"""A component is found where it is, and its absence is never silent."""

from pathlib import Path

import pytest

from tools.testkit import components, debian
from tools.testkit.components import COMPONENTS, fetch, find, missing_among, require


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make nothing findable: no variable, no cache, nothing on PATH but the folder ``bin``."""
    for component in COMPONENTS.values():
        monkeypatch.delenv(component.variable, raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("CHECK_ONLY", raising=False)
    monkeypatch.setattr(components, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(debian, "is_debian", lambda: False)


def _program(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho 'prometheus, version {version} (branch: x)'\n")
    path.chmod(0o755)
    return path


def test_the_variable_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program named by its variable is taken as it is, whatever else there is."""
    _program(tmp_path / "bin" / "prometheus", "3.5.3")
    named = _program(tmp_path / "elsewhere", "3.0.0")
    monkeypatch.setenv("PROMETHEUS_3", str(named))
    assert find("prometheus-3") == named


def test_a_variable_that_leads_nowhere_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped override is named, not passed over."""
    monkeypatch.setenv("PROMETHEUS_3", "/nowhere/prometheus")
    with pytest.raises(FileNotFoundError, match="PROMETHEUS_3=/nowhere/prometheus"):
        find("prometheus-3")


@pytest.mark.parametrize(
    ("version", "name"), [("2.42.0", "prometheus-2"), ("3.5.3", "prometheus-3")]
)
def test_a_program_on_path_is_known_by_its_version(tmp_path: Path, version: str, name: str) -> None:
    """A ``prometheus`` on PATH serves as the one whose major version it has, and only as that."""
    program = _program(tmp_path / "bin" / "prometheus", version)
    found = {one: find(one) for one in ("prometheus-2", "prometheus-3")}
    assert found == {"prometheus-2": None, "prometheus-3": None} | {name: program}


def test_an_unpacked_program_is_found() -> None:
    """What ``fetch`` unpacked is found with nothing on PATH."""
    component = COMPONENTS["promtool-2"]
    unpacked = _program(component.folder / component.binary, "2.42.0")
    assert find("promtool-2") == unpacked


def test_a_missing_component_skips_by_name() -> None:
    """The reason of the skip says which component it is and what stays unproved."""
    with pytest.raises(pytest.skip.Exception) as skipped:
        require("amtool")
    assert str(skipped.value).startswith("component amtool is missing: it would prove that ")


def test_a_missing_component_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``CI=true`` absence is a failure, because nobody reads the skips of a green run."""
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="component amtool is missing"):
        require("amtool")


def test_fetching_where_it_cannot_work_says_so_and_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Off Debian every missing component gets its own line, and nothing is raised."""
    fetch(["prometheus-3", "chromium"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["prometheus-3", "chromium"]
    assert all("not fetched: only Debian" in line for line in lines)


def test_fetching_what_is_there_only_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second fetch does nothing but print where the program is."""
    program = _program(tmp_path / "bin" / "promtool", "3.5.3")
    fetch(["promtool-3"])
    assert capsys.readouterr().out.split() == ["promtool-3", str(program)]


def test_a_package_of_another_version_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When the suite has moved on to another major version, that is said, and it is not kept."""
    monkeypatch.setattr(debian, "is_debian", lambda: True)
    monkeypatch.setattr(
        debian, "unpack", lambda _, __, folder: _program(folder / "usr/bin/prometheus", "4.0.0")
    )
    fetch(["prometheus-3"])
    assert "not the one expected" in capsys.readouterr().out
    assert find("prometheus-3") is None


def test_the_summary_knows_each_missing_component_once() -> None:
    """However many tests were skipped for one component, it is named once, in a fixed order."""
    reasons = [COMPONENTS[name].missing for name in ("chromium", "amtool", "chromium")]
    found = missing_among([*reasons, "skipped for another reason"])
    assert [component.name for component in found] == ["amtool", "chromium"]


def test_the_advice_names_a_variable_that_a_shell_can_set() -> None:
    """How to get a component includes the variable that says where it is."""
    for component in COMPONENTS.values():
        assert component.variable.isidentifier()
        assert f"set {component.variable} " in component.advice

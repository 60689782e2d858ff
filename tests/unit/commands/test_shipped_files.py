"""Rules and dashboards for users without a clone: every file, links of their own, import inputs."""

import json
from pathlib import Path

import pytest
import yaml

from billing_exporter.monitoring.links import base_of, with_links
from billing_exporter.monitoring.shipped import PLACES, files
from tests.unit.commands.calls import Call
from tools.paths import ROOT

RUNBOOKS, GRAFANA = "https://git.example.com/team/exporter", "https://grafana.example.com"


@pytest.mark.parametrize("kind", PLACES)
def test_all_files_are_written_as_they_are(kind: str, call: Call, tmp_path: Path) -> None:
    """Without addresses the copies are the files of the repository, byte for byte."""
    status, out, _ = call(kind, "--output", str(tmp_path / "new" / "folder"))
    expected = {path.name: path.read_bytes() for path in (ROOT / PLACES[kind]).iterdir()}
    written = {path.name: path.read_bytes() for path in (tmp_path / "new" / "folder").iterdir()}
    assert status == 0
    assert written == expected
    assert len(out.splitlines()) == len(expected)


def test_links_of_alerts_begin_with_the_given_addresses(call: Call, tmp_path: Path) -> None:
    """Each alert has both links; nothing else of the rules has changed."""
    call(
        *("rules", "--output", str(tmp_path), "--runbook-base-url", f"{RUNBOOKS}/"),
        *("--dashboard-base-url", GRAFANA),
    )
    alerts = 0
    for name, text in files("rules").items():
        written = yaml.safe_load((tmp_path / name).read_text())
        plain = yaml.safe_load(text)
        for group, before in zip(written["groups"], plain["groups"], strict=True):
            for rule, old in zip(group["rules"], before["rules"], strict=True):
                if "alert" not in rule:
                    continue
                alerts += 1
                links = {"runbook_url": RUNBOOKS, "dashboard_url": GRAFANA}
                for link, base in links.items():
                    if link in old["annotations"]:
                        expected = f"{base}/{old['annotations'][link]}"
                        assert rule["annotations"].pop(link) == expected
                        del old["annotations"][link]
                assert rule["annotations"].keys() == old["annotations"].keys()
        assert written == plain
    assert alerts > 20


@pytest.mark.parametrize(
    "url",
    ["git.example.com/x", "ftp://example.com/x", "https://", "https://a b/", "https://[x", ""],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    """The message says what an address looks like."""
    with pytest.raises(ValueError, match=r"expected a URL such as https://git\.example\.com"):
        base_of(url)


def test_a_flag_names_the_address_that_it_refuses(
    call: Call, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    """What was given stands at the end of the message."""
    with pytest.raises(SystemExit, match="2"):
        call("rules", "--output", str(tmp_path), "--runbook-base-url", "x")
    assert b"team/exporter, got x" in capfdbinary.readouterr().err


def test_what_is_no_link_stays() -> None:
    """Only the two annotations change, and only where they are paths of ours."""
    text = "runbook_url: https://elsewhere/docs/x\nexpr: runbook_url: docs/x\n"
    assert with_links(text, runbooks=RUNBOOKS, dashboards=GRAFANA) == text


def test_an_import_asks_for_its_data_source(call: Call, tmp_path: Path) -> None:
    """Each dashboard has Grafana's inputs and requirements, and its variable takes the answer."""
    status, _, _ = call("dashboards", "--output", str(tmp_path), "--import-inputs")
    assert status == 0
    for name, text in files("dashboards").items():
        board, plain = json.loads((tmp_path / name).read_text()), json.loads(text)
        (asked,) = board.pop("__inputs")
        assert (asked["name"], asked["pluginId"]) == ("DS_PROMETHEUS", "prometheus")
        needs = {(each["type"], each["id"]) for each in board.pop("__requires")}
        assert {("grafana", "grafana"), ("datasource", "prometheus")} < needs
        assert board.pop("__elements") == {}
        (source,) = [v for v in board["templating"]["list"] if v["type"] == "datasource"]
        assert source.pop("current")["value"] == "${DS_PROMETHEUS}"
        (before,) = [v for v in plain["templating"]["list"] if v["type"] == "datasource"]
        before.pop("current", None)
        assert board == plain


def test_a_folder_that_cannot_be_written_is_named(call: Call, tmp_path: Path) -> None:
    """The message says which, and the status is 1."""
    (tmp_path / "file").write_text("")
    status, out, err = call("rules", "--output", str(tmp_path / "file"))
    assert (status, out) == (1, "")
    assert err.startswith(f"billing-exporter: {tmp_path / 'file'} cannot be written: ")


def test_an_installation_without_files_is_named(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error says what is missing and where it should be."""
    monkeypatch.setattr("billing_exporter.monitoring.shipped._CHECKOUT", tmp_path)
    status, _, err = call("rules", "--output", str(tmp_path / "out"))
    assert status == 1
    assert err.startswith(f"billing-exporter: the installation has no rules: {tmp_path}")

"""The files that tell Grafana where dashboards and data are."""

from typing import Any

import yaml

from tools.dashboards.pages import FAMILY
from tools.paths import ROOT

_FOLDER = ROOT / "grafana" / "provisioning"


def _read(name: str) -> dict[str, Any]:
    (path,) = (_FOLDER / name).glob("*.yaml")
    tree: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tree


def test_dashboards() -> None:
    """One provider takes the dashboards from a folder of files, into a folder of their name."""
    tree = _read("dashboards")
    (provider,) = tree["providers"]
    assert tree["apiVersion"] == 1
    assert (provider["type"], provider["folder"]) == ("file", FAMILY)
    assert provider["options"]["path"]


def test_datasources() -> None:
    """The data source is a Prometheus that is asked by POST, for queries can be long."""
    tree = _read("datasources")
    (source,) = tree["datasources"]
    assert tree["apiVersion"] == 1
    assert source["type"] == "prometheus"
    assert source["jsonData"]["httpMethod"] == "POST"

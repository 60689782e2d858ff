"""The jsonnet mixin holds the rules and dashboards of the repository, all of them, as they are."""

import json
from typing import Any

import pytest
import yaml

from tools.paths import ROOT

_MIXIN = ROOT / "prometheus" / "mixin.libsonnet"
_SHOWN = """
local mixin = import 'mixin.libsonnet';
{
  alerts: mixin.prometheusAlerts.groups,
  rules: mixin.prometheusRules.groups,
  dashboards: mixin.grafanaDashboards,
}
"""


def _imported(folder: str, name: str) -> tuple[str, bytes]:
    path = (ROOT / folder / name).resolve()
    return str(path), path.read_bytes()


@pytest.fixture(scope="module")
def mixin() -> dict[str, Any]:
    """What go-jsonnet makes of the mixin."""
    reason = "go-jsonnet is missing: it would prove that the mixin can be evaluated"
    jsonnet = pytest.importorskip("_gojsonnet", reason=reason)
    text = jsonnet.evaluate_snippet(
        str(_MIXIN.parent / "shown.jsonnet"),
        _SHOWN,
        import_callback=lambda folder, name: _imported(folder or str(_MIXIN.parent), name),
    )
    shown: dict[str, Any] = json.loads(text)
    return shown


def _groups(*, are_alerts: bool) -> list[dict[str, Any]]:
    files = sorted((ROOT / "prometheus" / "rules").glob("*.yml"))
    return [
        group
        for file in files
        if file.name.startswith("alerts_") is are_alerts
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    ]


def test_it_has_every_rule(mixin: dict[str, Any]) -> None:
    """Alerts and recording rules are those of the files, in the order of their names."""
    assert mixin["alerts"] == _groups(are_alerts=True)
    assert mixin["rules"] == _groups(are_alerts=False)


def test_it_has_every_dashboard(mixin: dict[str, Any]) -> None:
    """Each dashboard is there under a name that other mixins do not have."""
    assert mixin["dashboards"] == {
        f"genesyscloud-billing-{file.name}": json.loads(file.read_text(encoding="utf-8"))
        for file in (ROOT / "grafana" / "dashboards").glob("*.json")
    }


def test_it_names_every_file() -> None:
    """Also where go-jsonnet is missing a new file cannot be forgotten."""
    text = _MIXIN.read_text(encoding="utf-8")
    files = [
        *(ROOT / "prometheus" / "rules").glob("*.yml"),
        *(ROOT / "grafana" / "dashboards").glob("*.json"),
    ]
    assert [file.name for file in files if f"/{file.name}'" not in text] == []

"""Dashboards in Grafana's import format: the import asks for the data source."""

import json
from collections.abc import Iterator
from typing import Any

_INPUT = "DS_PROMETHEUS"
_GRAFANA = "12.1.0"  # the oldest that the dashboards are made for


def importable(text: str) -> str:
    """Return a dashboard that asks for its data source when it is imported."""
    board = json.loads(text)
    chosen = {"selected": True, "text": f"${{{_INPUT}}}", "value": f"${{{_INPUT}}}"}
    for variable in board["templating"]["list"]:
        if variable["type"] == "datasource":
            variable["current"] = chosen
    needs = [
        {"type": "grafana", "id": "grafana", "name": "Grafana", "version": _GRAFANA},
        {"type": "datasource", "id": "prometheus", "name": "Prometheus", "version": "1.0.0"},
        *(
            {"type": "panel", "id": kind, "name": kind, "version": ""}
            for kind in sorted(set(_kinds(board.get("panels", ()))))
        ),
    ]
    asked = {
        "name": _INPUT,
        "label": "Prometheus",
        "description": "The Prometheus that scrapes the exporter",
        "type": "datasource",
        "pluginId": "prometheus",
        "pluginName": "Prometheus",
    }
    head = {"__inputs": [asked], "__elements": {}, "__requires": needs}
    return json.dumps({**head, **board}, indent=2, ensure_ascii=False) + "\n"


def _kinds(panels: Any) -> Iterator[str]:
    for panel in panels:
        if panel["type"] != "row":
            yield panel["type"]
        yield from _kinds(panel.get("panels") or ())

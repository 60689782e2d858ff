"""The dashboards as their files have them: boards, panels, and what they ask Prometheus."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tools.paths import ROOT

FOLDER = ROOT / "grafana" / "dashboards"
RULES = sorted((ROOT / "prometheus" / "rules").glob("*.yml"))

Json = dict[str, Any]

BOARDS: dict[str, Json] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(FOLDER.glob("*.json"))
}


@dataclass(frozen=True)
class Question:
    """One expression that a dashboard sends to Prometheus.

    Attributes:
        place: where it stands, for messages.
        expr: PromQL with Grafana's variables.
        instant: whether it is asked for now alone, not for a range.
        values_are_times: whether its values are Unix times in milliseconds.
    """

    place: str
    expr: str
    instant: bool = False
    values_are_times: bool = False


def panels(board: Json) -> list[Json]:
    """List a dashboard's panels without the headings."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def all_panels() -> Iterator[tuple[str, Json]]:
    """Yield every panel with its place."""
    for name, board in BOARDS.items():
        for panel in panels(board):
            yield f"{name}: {panel['title']}", panel


def questions(name: str) -> Iterator[Question]:
    """Yield what a dashboard's panels and annotations ask."""
    board = BOARDS[name]
    for panel in panels(board):
        for target in panel["targets"]:
            place = f"{name}: {panel['title']} {target['refId']}"
            yield Question(place, target["expr"], instant=target.get("instant", False))
    for each in board["annotations"]["list"]:
        place = f"{name}: {each['name']}"
        yield Question(place, each["expr"], values_are_times=each["useValueForTime"])


def all_questions() -> Iterator[Question]:
    """Yield what all dashboards ask."""
    for name in BOARDS:
        yield from questions(name)

"""The dashboards' files: fresh, whole, and such as Grafana reads them."""

import json
from typing import Any

from grafana.pages import PAGES
from grafana.rendering import files
from grafana.sdk import JSONEncoder, dashboard, plugins
from tests.grafana.boards import BOARDS, FOLDER

UIDS = {
    "overview": "genesyscloud-billing-overview",
    "customers": "genesyscloud-billing-customers",
    "invoices": "genesyscloud-billing-invoices",
    "contracts": "genesyscloud-billing-contracts",
    "health": "genesyscloud-billing-health",
}
VARIABLES = {
    "overview": ["organization", "currency"],
    "customers": ["organization", "trustor", "currency"],
    "invoices": ["organization", "currency"],
    "contracts": ["organization", "contract", "currency"],
    "health": ["organization"],
}


def test_fresh() -> None:
    """The files are what ``python -m grafana`` writes, and there is no other."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert committed == dict(files())


def test_pages() -> None:
    """Every page has its dashboard."""
    assert {page.slug: page.title for page in PAGES} == {
        name: board["title"] for name, board in BOARDS.items()
    }


def test_uids() -> None:
    """The uids never change, for links rest on them, and have at most 40 characters."""
    assert {name: board["uid"] for name, board in BOARDS.items()} == UIDS
    assert all(len(uid) <= 40 for uid in UIDS.values())


def test_round_trip() -> None:
    """The library's own models know every key of every file."""
    plugins.register_default_plugins()
    for name, board in BOARDS.items():
        again = json.loads(json.dumps(dashboard.Dashboard.from_json(board), cls=JSONEncoder))
        assert _lost(board, again, name) == []


def test_round_trip_sees_a_loss() -> None:
    """A key that the models do not know is reported."""
    assert _lost({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]}, "x") == ["x.a.0.c"]


def test_choices() -> None:
    """Each dashboard offers data source and job, and what else fits it, several or all of them."""
    for name, board in BOARDS.items():
        first, *rest = board["templating"]["list"]
        assert (first["type"], first["query"]) == ("datasource", "prometheus")
        assert [each["name"] for each in rest] == ["job", *VARIABLES[name]]
        assert all(each["multi"] and each["includeAll"] for each in rest)


def test_links() -> None:
    """Every dashboard leads to all others and takes choices and time along."""
    for board in BOARDS.values():
        (link,) = board["links"]
        assert all(set(link["tags"]) <= set(other["tags"]) for other in BOARDS.values())
        assert link["includeVars"]
        assert link["keepTime"]
        assert "placement" not in link  # else Grafana hides it in a menu


def test_days_are_utc() -> None:
    """Dates are shown in UTC, for a due date ends at midnight there and not where one reads it."""
    assert {board["timezone"] for board in BOARDS.values()} == {"utc"}


def _lost(before: Any, after: Any, place: str) -> list[str]:
    """List the places of what the second of two trees lacks or has otherwise."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            text
            for key, value in before.items()
            for text in (
                _lost(value, after[key], f"{place}.{key}") if key in after else [f"{place}.{key}"]
            )
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [text for number, pair in pairs for text in _lost(*pair, f"{place}.{number}")]
    return [] if before == after else [place]

"""The dashboards' files: fresh, whole, and such as Grafana reads them."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.integration.dashboards.boards import BOARDS, FOLDER, Json
from tools.dashboards.pages import CUSTOMERS, PAGES
from tools.dashboards.rendering import files
from tools.dashboards.sdk import JSONEncoder, dashboard, plugins
from tools.paths import ROOT

UIDS = {
    "overview": "genesyscloud-billing-overview",
    "customers": "genesyscloud-billing-customers",
    "invoices": "genesyscloud-billing-invoices",
    "contracts": "genesyscloud-billing-contracts",
    "forecast": "genesyscloud-billing-forecast",
    "truth": "genesyscloud-billing-truth",
    "health": "genesyscloud-billing-health",
}
VARIABLES = {
    "overview": ["organization", "group", "currency"],
    "customers": ["organization", "group", "trustor", "currency"],
    "forecast": ["organization", "group", "trustor", "currency"],
    "truth": ["organization"],
    "invoices": ["organization", "currency"],
    "contracts": ["organization", "contract", "currency"],
    "health": ["organization"],
}


def test_fresh() -> None:
    """The files are what ``python -m tools.dashboards`` writes, and there is no other."""
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
        lists = [each for each in rest if each["type"] == "query"]
        assert all(each["multi"] and each["includeAll"] for each in lists)
        groups = [each for each in rest if each not in lists]
        assert [(each["type"], each["name"], each["query"]) for each in groups] == (
            [("textbox", "group", ".*")] if "group" in VARIABLES[name] else []
        )


def test_links() -> None:
    """Every dashboard leads to all others and takes choices and time along."""
    for board in BOARDS.values():
        (link,) = board["links"]
        assert all(set(link["tags"]) <= set(other["tags"]) for other in BOARDS.values())
        assert link["includeVars"]
        assert link["keepTime"]
        assert "placement" not in link  # else Grafana hides it in a menu


def test_links_of_cells() -> None:
    """A link within a panel leads to a dashboard there is and takes its choices and time along."""
    links = [(name, link) for name, board in BOARDS.items() for link in _links_within(board)]
    assert links
    assert [text for name, link in links for text in _faults(link["url"], BOARDS[name])] == []


def test_links_of_cells_see_what_is_lost() -> None:
    """A variable that is not taken along, or that is not there to be taken, is reported."""
    url = CUSTOMERS.with_clicked("trustor")
    for name in ("datasource", "job", "organization", "group", "currency"):
        found = _faults(url.replace(f"&${{{name}:queryparam}}", ""), BOARDS["overview"])
        assert found == [f"loses {name}"]
    assert _faults(url, BOARDS["health"]) == ["health has no currency", "health has no group"]
    assert _faults(url.replace("${__url_time_range}&", ""), BOARDS["overview"]) == ["loses time"]
    assert _faults(url.replace("-customers", "-x"), BOARDS["overview"]) == ["leads nowhere"]


def test_links_of_cells_set_what_was_clicked() -> None:
    """A click chooses one value of a variable and keeps all others that the dashboard has."""
    assert CUSTOMERS.with_clicked("trustor") == (
        "/d/genesyscloud-billing-customers?${__url_time_range}&${datasource:queryparam}"
        "&${job:queryparam}&${organization:queryparam}&${group:queryparam}&${currency:queryparam}"
        "&var-trustor=${__value.raw:percentencode}"
    )


def test_period_starts() -> None:
    """Every dashboard marks where periods began."""
    for name, board in BOARDS.items():
        (mark,) = (each for each in board["annotations"]["list"] if each["name"] == "Period starts")
        assert "_period_start_timestamp_seconds" in mark["expr"], name
        assert mark["enable"], name
        assert mark["useValueForTime"], name
        assert mark["datasource"]["uid"] == "${datasource}", name


def test_pictures() -> None:
    """The README leads to every picture of a dashboard, and each dashboard has one."""
    found = {path.name for path in (ROOT / "docs" / "images").glob("dashboard-*.png")}
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\(docs/images/(dashboard-[\w-]+\.png)\)", text)) == found
    assert {f"dashboard-{page.slug}.png" for page in PAGES} <= found


def test_days_are_utc() -> None:
    """Dates are shown in UTC, for a due date ends at midnight there and not where one reads it."""
    assert {board["timezone"] for board in BOARDS.values()} == {"utc"}


def _links_within(tree: Any) -> Iterator[Json]:
    """Yield what has an address, wherever it stands: links of panels, of fields, of cells."""
    if isinstance(tree, dict):
        if tree.get("url"):
            yield tree
        for each in tree.values():
            yield from _links_within(each)
    if isinstance(tree, list):
        for each in tree:
            yield from _links_within(each)


def _faults(url: str, holder: Json) -> list[str]:
    """List what is wrong with an address that a dashboard holds."""
    path, _, query = url.partition("?")
    target = next((each for each in BOARDS.values() if path == f"/d/{each['uid']}"), None)
    if target is None:
        return ["leads nowhere"]
    parts = query.split("&")
    kept = set(re.findall(r"\$\{(\w+):queryparam\}", query))
    clicked = {part.partition("=")[0].removeprefix("var-") for part in parts if "=" in part}
    (name,) = (slug for slug, board in BOARDS.items() if board is holder)
    return [
        *(f"loses {each}" for each in _variables(target) if each not in kept | clicked),
        *(f"{name} has no {each}" for each in sorted(kept - set(_variables(holder)))),
        *([] if "${__url_time_range}" in parts else ["loses time"]),
    ]


def _variables(board: Json) -> list[str]:
    return [each["name"] for each in board["templating"]["list"]]


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

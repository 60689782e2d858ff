"""The panels: none overlaps, each says what it is, and each is drawn in a known unit."""

from itertools import combinations

import pytest

from tests.integration.dashboards.boards import BOARDS, Json, all_panels, panels
from tools.dashboards.layout import COLUMNS, Line, Section, place
from tools.dashboards.panels import COUNT, figure
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import threshold

BAND = 0.8  # the share of outcomes that a forecast's band is made to hold
# All are checked against Grafana's own list by grafana/viewer.
UNITS = {
    "bytes",
    "currency:financial: :suffix",
    "locale",
    "none",
    "percentunit",
    "s",
    "string",
    "suffix: days",
    "time:YYYY-MM-DD",
}


def _overlap(one: Json, other: Json) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    apart = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (beside or apart)


def test_positions() -> None:
    """No two panels overlap, and none leaves the grid."""
    for board in BOARDS.values():
        positions = [panel["gridPos"] for panel in board["panels"]]
        assert all(at["x"] >= 0 and at["x"] + at["w"] <= COLUMNS for at in positions)
        assert not [pair for pair in combinations(positions, 2) if _overlap(*pair)]


def test_line_must_be_full() -> None:
    """A line whose widths do not add up to the grid is refused."""
    with pytest.raises(ValueError, match="24 columns wide, not 20"):
        place([Section("", [Line(4, [figure("a", "", [], COUNT)], (20,))])])


def test_ids() -> None:
    """No two panels of a dashboard share an id, and no two queries of a panel a name."""
    for board in BOARDS.values():
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
        for panel in panels(board):
            refs = [target["refId"] for target in panel["targets"]]
            assert refs
            assert len(set(refs)) == len(refs)


def test_words() -> None:
    """Every panel has a title, a description and a unit, and asks the chosen data source."""
    for where, panel in all_panels():
        assert panel["title"], where
        assert len(panel["description"]) > 20, where
        assert panel["fieldConfig"]["defaults"]["unit"], where
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, where


def test_titles_differ() -> None:
    """Within a dashboard no two panels have the same title."""
    for board in BOARDS.values():
        titles = [panel["title"] for panel in panels(board)]
        assert len(set(titles)) == len(titles)


def test_units() -> None:
    """Every unit is among those that Grafana was seen to know."""
    used = {panel["fieldConfig"]["defaults"]["unit"] for _, panel in all_panels()}
    for _, panel in all_panels():
        for override in panel["fieldConfig"]["overrides"]:
            used |= {each["value"] for each in override["properties"] if each["id"] == "unit"}
    assert used == UNITS


def test_kinds() -> None:
    """Only kinds of panel that the viewer draws are used, and no pies."""
    assert {panel["type"] for _, panel in all_panels()} == {
        "bargauge",
        "stat",
        "table",
        "timeseries",
    }


def test_figures_and_legends_are_shown() -> None:
    """A figure or bar says which value it reduces to, and lines have a legend."""
    for where, panel in all_panels():
        if panel["type"] in {"bargauge", "stat"}:
            assert panel["options"]["reduceOptions"]["calcs"] == ["lastNotNull"], where
        if panel["type"] == "timeseries":
            assert panel["options"]["legend"]["showLegend"], where


def test_table_arranges_its_columns() -> None:
    """A table names its columns, hides what has no heading, and keeps labels left of numbers."""
    columns = [Column("Used", "a", COUNT), Column("", "b", COUNT)]
    panel = grid("t", "d", [Label("who", "Who"), Label("id")], columns, sort="Used")
    assert panel.transformations is not None
    arranged = panel.transformations[1].options
    assert isinstance(arranged, dict)
    assert arranged["renameByName"] == {"who": "Who", "Value #A": "Used"}
    assert set(arranged["excludeByName"]) == {"Time", "__name__", "id", "Value #B"}
    assert arranged["indexByName"] == {"who": 0, "Value #A": 1}


def test_colours_change_where_alerts_fire() -> None:
    """A threshold is one of the alert rules' numbers, or where something begins or is complete, or
    the aim of a forecast's band.
    """
    names = (
        "api_used",
        "contract_ending_days",
        "contract_imminent_days",
        "export_age_seconds",
        "overdue_amount",
    )
    of_alerts = {threshold(name) for name in (*names, "prepaid_used")}
    days_before_due = -threshold("invoice_due_days")
    for where, panel in all_panels():
        properties = [
            each["value"]
            for override in panel["fieldConfig"]["overrides"]
            for each in override["properties"]
            if each["id"] == "thresholds"
        ]
        for config in (panel["fieldConfig"]["defaults"]["thresholds"], *properties):
            values = {step["value"] for step in config["steps"] if step.get("value") is not None}
            assert values <= {0, 1, days_before_due, BAND, *of_alerts}, where

"""The usage report of the own organization."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from billing_exporter.simulator import World
from billing_exporter.simulator.report import CHARGES, Window, in_progress
from tests.unit.simulator.client import TODAY

NOVEMBER = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))


def test_people_and_devices_are_counted_by_resource(world: World) -> None:
    """Where resources are named, the total is their number, each seen within the window."""
    report = world.report(NOVEMBER, TODAY)
    named = [usage for usage in report["usages"] if usage["resources"]]
    assert len(report["usages"]) == len(CHARGES)
    assert len(named) == 6
    for usage in named:
        assert usage["totalUsage"] == str(len(usage["resources"]))
        assert len({resource["name"] for resource in usage["resources"]}) == len(usage["resources"])
        for resource in usage["resources"]:
            assert "2026-11-01" <= resource["date"] < "2026-11-23"
            assert resource["name"].endswith("@example.com") or resource["name"][:7] == "device-"


def test_totals_run_through_yesterday_and_never_fall(world: World) -> None:
    """A total grows with the days and stays when the window is over."""
    days = (TODAY + timedelta(days=step) for step in (-40, -22, -21, -5, 0, 7, 20, 90))
    totals = [
        [Decimal(usage["totalUsage"]) for usage in world.report(NOVEMBER, day)["usages"]]
        for day in days
    ]
    assert not any(totals[0])
    assert not any(totals[1])
    for before, after in pairwise(totals):
        assert all(a >= b for a, b in zip(after, before, strict=True))
    assert totals[-1] == totals[-2]


def test_the_window_is_respected(world: World) -> None:
    """A shorter window has less use, and the report says which window it is."""
    week = Window(NOVEMBER.start, NOVEMBER.start + timedelta(days=6))
    report = world.report(week, TODAY)
    api = [usage["totalUsage"] for usage in report["usages"] if usage["name"] == "API Resource"]
    whole = [
        u["totalUsage"]
        for u in world.report(NOVEMBER, TODAY)["usages"]
        if u["name"] == "API Resource"
    ]
    assert Decimal(api[0]) < Decimal(whole[0])
    assert report["startDate"] == "2026-11-01T00:00:00.000Z"
    assert report["endDate"] == "2026-11-07T00:00:00.000Z"


def test_a_report_in_the_making_has_no_usage(world: World) -> None:
    """While it is InProgress a report names its window and no usage."""
    assert in_progress(world.seed, NOVEMBER)["status"] == "InProgress"
    assert in_progress(world.seed, NOVEMBER)["usages"] == []

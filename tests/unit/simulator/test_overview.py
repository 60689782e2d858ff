"""An overview is what a captured page looks like."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing_exporter.simulator.history import COUNTED, PARTS
from billing_exporter.simulator.overview import TOKENS, Row, rows
from billing_exporter.simulator.periods import Period, containing, newest
from billing_exporter.simulator.subscriptions import subscription
from billing_exporter.simulator.trustors import Fleet, Trustor
from billing_exporter.simulator.world import World
from tests.unit.simulator.client import TODAY

T = TypeVar("T")

FLEET = Fleet(1, 12)
STATES: dict[str, Trustor] = {trustor.state: trustor for trustor in FLEET}
numbers = some.integers(0, 11)
passed = some.integers(0, 700)


def _overview(world: World, state: str, today: date = TODAY) -> dict[str, Any]:
    return _there(world.overview(STATES[state], 0, today))


def _there(value: T | None) -> T:
    """Return what must be there."""
    assert value is not None
    return value


def _last_day(trustor: Trustor) -> tuple[Period, list[Row]]:
    period = containing(TODAY - timedelta(days=60), trustor.anchor)
    return period, rows(trustor, 1, period, TODAY)


def test_it_has_about_140_rows_and_most_are_zero() -> None:
    """Every overview has 140 rows, more than six in ten of them without use."""
    for trustor in FLEET:
        table = rows(trustor, 1, newest(TODAY, trustor.anchor), TODAY)
        assert len(table) == 140
        assert sum(not row.usage for row in table) > 84


def test_no_row_comes_twice(world: World) -> None:
    """Name, part number and grouping together name one row."""
    keys = Counter(
        (row["name"], row["partNumber"], row["grouping"])
        for row in _overview(world, "within")["usages"]
    )
    assert set(keys.values()) == {1}


def test_it_has_every_grouping_and_quirk_that_was_seen(world: World) -> None:
    """All groupings, a name in two of them, Cyrillic, 0.0001, and rows without numbers."""
    usages = _overview(world, "within")["usages"]
    groupings = {row["grouping"] for row in usages}
    assert len(groupings) == 13
    assert {"fair-use", "rollup", "rollup-usage", "storage-category"} <= groupings
    names = Counter(row["name"] for row in usages)
    assert names["API Resource"] == 2
    tokens = {row["grouping"]: row["name"] for row in usages if row["partNumber"] == TOKENS}
    assert tokens["fair-use"] != tokens["rollup"]
    assert any("\u0421" in row["name"] for row in usages)
    assert any(row["overagePrice"] == "0.0001" for row in usages)
    assert any(row["isThirdParty"] for row in usages)
    empty = [row for row in usages if row["usageQuantity"] == ""]
    assert len(empty) == 4
    assert all(row["overagePrice"] is None and "prepayPrice" not in row for row in empty)


def test_an_allowance_stands_on_its_own_row_or_in_fair_use_or_in_both(world: World) -> None:
    """The customers show all places in which the API may state an allowance, the tokens' in one."""
    places = set()
    for state in ("within", "overage", "spiking"):
        usages = _overview(world, state)["usages"]
        found = {(row["name"], row["grouping"]): row for row in usages}
        own, fair = (found["API Resource", grouping] for grouping in ("resource", "fair-use"))
        stated = [Decimal(own["prepayQuantity"]), Decimal(fair["usageQuantity"])]
        assert len({quantity for quantity in stated if quantity}) == 1
        places.add(tuple(map(bool, stated)))
        assert Decimal(found["AI Experience Tokens", "fair-use"]["usageQuantity"]) == 350
        assert found["AI Experience Tokens Concurrent", "rollup"]["overagePrice"] == "1.00"
    assert places == {(True, True), (False, True), (True, False)}


def test_every_number_is_a_string(world: World) -> None:
    """Quantities and prices are decimal strings without exponent, or empty, null or absent."""
    for row in _overview(world, "overage")["usages"]:
        for key in ("usageQuantity", "prepayQuantity", "overagePrice", "prepayPrice"):
            value = row.get(key)
            assert value is None or (isinstance(value, str) and "E" not in value)
            assert not value or Decimal(value) >= 0


@given(numbers, passed)
def test_use_never_falls_within_a_period(number: int, days: int) -> None:
    """From one day to the next of a period no quantity goes down."""
    trustor = FLEET[number]
    period = containing(TODAY + timedelta(days=days), trustor.anchor)
    for day, following in pairwise(period.start + timedelta(days=n) for n in (0, 3, 9, 20, 31, 90)):
        before, after = rows(trustor, 1, period, day), rows(trustor, 1, period, following)
        assert all((a.usage or 0) >= (b.usage or 0) for a, b in zip(after, before, strict=True))


@given(numbers, passed)
def test_a_closed_period_never_changes(number: int, days: int) -> None:
    """What was said of a period on its last index 0 is said of it ever after."""
    world, trustor = World(1, 12), FLEET[number]
    day = TODAY + timedelta(days=days)
    closed = world.overview(trustor, 1, day)
    if trustor.state != "no_data":
        period = containing(newest(day, trustor.anchor).start - timedelta(days=1), trustor.anchor)
        last = world.overview(trustor, 0, period.end + timedelta(days=2))
        assert closed == last


def test_parts_add_up() -> None:
    """Storage is the sum of its categories, the tokens' rollup the sum of its breakdown."""
    for trustor in FLEET:
        _, table = _last_day(trustor)
        for whole, part in PARTS.items():
            total = next(row.usage for row in table if row.charge.grouping == whole)
            parts = (_there(row.usage) for row in table if row.charge.grouping == part)
            assert total == sum(parts)


def test_history_ends_in_nothing(world: World) -> None:
    """At least 24 periods are there, then none."""
    for trustor in FLEET:
        if trustor.state != "no_data":
            assert world.overview(trustor, 23, TODAY) is not None
            assert world.overview(trustor, trustor.history, TODAY) is None


def test_a_period_includes_its_last_second(world: World) -> None:
    """Periods end at 23:59:59 of their last day, written with or without milliseconds."""
    ends = {
        _there(world.overview(trustor, 0, TODAY))["billingPeriodEndDate"].partition("T")[2]
        for trustor in FLEET
        if trustor.state != "no_data"
    }
    assert ends == {"23:59:59Z", "23:59:59.999Z"}


@pytest.mark.parametrize("days", range(0, 60, 7))
def test_states_show_on_any_day(world: World, days: int) -> None:
    """On any day: overage, a ramp, ends within 60 and 14 days, month to month, a minimum unmet."""
    today = TODAY + timedelta(days=days)
    licence = rows(STATES["overage"], 1, newest(today, STATES["overage"].anchor), today)[0]
    assert _there(licence.usage) > _there(licence.prepaid) > 0
    assert subscription(STATES["ramping"], 1, today).in_ramp
    assert 14 < (_there(subscription(STATES["ending60"], 1, today).end) - today).days <= 60
    assert 0 < (_there(subscription(STATES["ending14"], 1, today).end) - today).days <= 14
    assert subscription(STATES["monthly"], 1, today).end is None
    assert _overview(world, "monthly", today)["subscriptionType"] == "MONTH_TO_MONTH"
    minimum = Decimal(_overview(world, "minimum", today)["minimumMonthlyAmount"])
    table = rows(STATES["minimum"], 1, newest(today, STATES["minimum"].anchor), today)
    paid = sum(
        max(_there(row.usage) - _there(row.prepaid), Decimal(0)) * Decimal(row.charge.price or 0)
        + _there(row.prepaid) * Decimal(row.charge.prepaid_price or 0)
        for row in table
        if row.charge.measure in COUNTED
    )
    assert 0 < paid < minimum


def test_one_within_its_allowance_stays_there() -> None:
    """The first customer ends a period below what it prepaid, in every licence and resource."""
    _, table = _last_day(STATES["within"])
    resources = [row for row in table if row.charge.grouping == "resource" and row.prepaid]
    assert resources
    assert all(_there(row.usage) < _there(row.prepaid) for row in [*resources, table[0]])


def test_one_falls_to_zero() -> None:
    """In each period some charges rest that were used in the one before."""
    trustor = STATES["fell"]
    period, now = _last_day(trustor)
    earlier = containing(period.start - timedelta(days=1), trustor.anchor)
    before = rows(trustor, 1, earlier, TODAY)
    fell = [a for a, b in zip(now, before, strict=True) if b.usage and not a.usage]
    assert len(fell) > 5
    assert bool(now[0].usage) != bool(before[0].usage)


def test_names_hold_what_labels_must_bear() -> None:
    """Names of the first dozen differ, one holds a letter beyond ASCII and one an ampersand."""
    names = [trustor.organization.name for trustor in FLEET]
    assert len(set(names)) == 12
    assert any(not name.isascii() for name in names)
    assert any("&" in name for name in names)
    assert {trustor.currency for trustor in FLEET} == {"USD", "EUR", "GBP"}
    assert len(STATES) == 12


def test_a_large_fleet_has_no_name_twice() -> None:
    """Twenty thousand customers have as many names and ids."""
    fleet = Fleet(1, 20_000)
    assert len({trustor.organization.name for trustor in fleet}) == 20_000
    assert fleet.find(fleet[19_999].organization.id) == fleet[19_999]
    assert fleet.find("nobody") is None
    with pytest.raises(IndexError):
        fleet[20_000]

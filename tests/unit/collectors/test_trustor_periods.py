"""The trustors collector: which billing periods are asked for, and which of their rows are kept."""

import pytest

from tests.unit.collectors.api_stub import OVERVIEW, Cloud, lines
from tests.unit.collectors.partner import (
    DECEMBER,
    NOVEMBER,
    desk,
    put_overview,
    put_trustors,
    row,
    statuses,
    used,
)


def test_the_previous_period_is_fetched_once(cloud: Cloud) -> None:
    """A closed period does not change: it is asked for once, and again when the newest period has
    become the one before.
    """
    put_trustors(cloud, "x")
    path = put_overview(cloud, "x", row("1"))
    put_overview(cloud, "x", row("9"), index=1)
    trustors = desk()
    for _ in range(3):
        text = trustors.poll()
    assert used(text) == ["x current 1", "x previous 9"]
    assert [query["billingPeriodIndex"] for query in cloud.queries(path)] == ["0", "1", "0", "0"]
    put_overview(cloud, "x", row("0.5"), period=DECEMBER)
    put_overview(cloud, "x", row("2"), index=1, period=NOVEMBER)
    assert used(trustors.poll()) == ["x current 0.5", "x previous 2"]
    assert [query["billingPeriodIndex"] for query in cloud.queries(path)][-2:] == ["0", "1"]


def test_periods_without_dates_are_always_asked_for(cloud: Cloud) -> None:
    """An overview that tells no start cannot be recognized: nothing is taken over."""
    put_trustors(cloud, "x")
    path = put_overview(cloud, "x", row())
    for index in ("0", "1"):
        cloud.put(path, {"currency": "USD", "usages": [row()]}, billingPeriodIndex=index)
    trustors = desk()
    trustors.poll()
    trustors.poll()
    assert cloud.count(path) == 4


def test_a_customer_without_history_is_ok(cloud: Cloud) -> None:
    """The end of the history is no failure: what there is is shown, and asked for again."""
    put_trustors(cloud, "x")
    put_overview(cloud, "x", row())
    text = desk().poll()
    assert statuses(text) == {"x": "ok"}
    assert used(text) == ["x current 1"]


def test_a_previous_period_that_fails_is_an_error(cloud: Cloud) -> None:
    """A poll of a customer succeeds in full or not at all: no half-new numbers are shown."""
    put_trustors(cloud, "x")
    put_overview(cloud, "x", row("1"))
    cloud.refuse(f"{OVERVIEW}/id-x", 500, billingPeriodIndex="1")
    assert statuses(desk().poll()) == {"x": "error"}


@pytest.mark.parametrize(
    ("periods", "asked", "shown"),
    [
        (("current",), ["0"], ["x current 1"]),
        (("previous",), ["1"], ["x previous 9"]),
        (("previous", "current"), ["0", "1"], ["x current 1", "x previous 9"]),
    ],
)
def test_the_periods_are_as_configured(
    cloud: Cloud, periods: tuple[str, ...], asked: list[str], shown: list[str]
) -> None:
    """Only the listed periods are asked for and shown, in whatever order they are listed."""
    put_trustors(cloud, "x")
    path = put_overview(cloud, "x", row("1"))
    put_overview(cloud, "x", row("9"), index=1)
    text = desk(periods=periods).poll()
    assert [query["billingPeriodIndex"] for query in cloud.queries(path)] == asked
    assert used(text) == shown
    assert len(lines(text, "trustor_info")) == 1


def test_what_was_read_with_other_periods_is_no_hindrance(cloud: Cloud) -> None:
    """A reading of the previous period alone can be followed by one of both."""
    put_trustors(cloud, "x")
    put_overview(cloud, "x", row("1"))
    put_overview(cloud, "x", row("9"), index=1)
    before, after = desk(periods=("previous",)), desk()
    before.poll()
    after.reading = before.reading
    assert used(after.poll()) == ["x current 1", "x previous 9"]


def test_zero_rows_are_left_out_and_counted(cloud: Cloud) -> None:
    """A row without usage and commitment is not shown unless asked for; an unreadable one is not
    zero.
    """
    put_trustors(cloud, "x")
    zero = row("0", name="zero", prepayQuantity="0.00")
    put_overview(cloud, "x", row(), zero, zero, row(None, name="unknown", prepayQuantity="0"))
    trustors = desk(periods=("current",))
    assert used(trustors.poll()) == ["x current 1"]
    assert trustors.dropped == {"zero": 2, "missing": 1}
    everything = desk(periods=("current",), zero_rows=True)
    assert used(everything.poll()) == ["x current 1", "x current 0"]
    assert everything.dropped == {"missing": 1}


def test_a_fall_to_zero_stays_visible(cloud: Cloud) -> None:
    """A row that is zero now and was not in the period before is shown as zero."""
    put_trustors(cloud, "x")
    put_overview(cloud, "x", row("0"))
    put_overview(cloud, "x", row("9"), index=1)
    trustors = desk()
    for _ in range(2):
        assert used(trustors.poll()) == ["x current 0", "x previous 9"]

"""The trustors collector: which billing periods are asked for, and which of their rows are kept."""

from datetime import timedelta

import pytest

from tests.unit.collectors.api_stub import NOW, OVERVIEW, TRUSTORS, ApiStub, lines
from tests.unit.collectors.partner import (
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    desk,
    put_overview,
    put_trustors,
    row,
    statuses,
    used,
)


def test_the_previous_period_is_fetched_once(cloud: ApiStub) -> None:
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


def test_periods_without_dates_are_always_asked_for(cloud: ApiStub) -> None:
    """An overview that tells no start cannot be recognized: nothing is taken over."""
    put_trustors(cloud, "x")
    path = put_overview(cloud, "x", row())
    for index in ("0", "1"):
        cloud.put(path, {"currency": "USD", "usages": [row()]}, billingPeriodIndex=index)
    trustors = desk()
    trustors.poll()
    trustors.poll()
    assert cloud.count(path) == 4


def test_a_customer_without_history_is_ok(cloud: ApiStub) -> None:
    """The end of the history is no failure: what there is is shown, and asked for again."""
    put_trustors(cloud, "x")
    put_overview(cloud, "x", row())
    text = desk().poll()
    assert statuses(text) == {"x": "ok"}
    assert used(text) == ["x current 1"]


@pytest.mark.parametrize("status", [500, 403, 400])
def test_a_previous_period_that_fails_is_an_error(cloud: ApiStub, status: int) -> None:
    """The current period is shown where the previous one fails, and the customer has an error."""
    put_trustors(cloud, "x")
    put_overview(cloud, "x", row("1"))
    cloud.refuse(f"{OVERVIEW}/id-x", status, billingPeriodIndex="1")
    trustors = desk()
    for usage in ("1", "2"):
        put_overview(cloud, "x", row(usage))
        text = trustors.poll()
        assert (statuses(text), used(text)) == ({"x": "error"}, [f"x current {usage}"])


@pytest.mark.parametrize("status", [404, 500])
def test_a_period_that_was_current_stays_where_the_api_fails(cloud: ApiStub, status: int) -> None:
    """While the period before the new one cannot be read, what was known of it while it ran is
    shown; it is asked for until it has been read after its end.
    """
    put_trustors(cloud, "x")
    path = put_overview(cloud, "x", row("7"))
    put_overview(cloud, "x", row("9"), index=1)
    trustors = desk()
    trustors.poll()
    put_overview(cloud, "x", row("0.5"), period=DECEMBER)
    cloud.refuse(path, status, billingPeriodIndex="1")
    for _ in range(2):
        assert used(trustors.poll()) == ["x current 0.5", "x previous 7"]
    put_overview(cloud, "x", row("8"), index=1, period=NOVEMBER)
    for _ in range(2):
        text = trustors.poll()
        assert (statuses(text), used(text)) == ({"x": "ok"}, ["x current 0.5", "x previous 8"])
    assert [query["billingPeriodIndex"] for query in cloud.queries(path)][-3:] == ["0", "1", "0"]


@pytest.mark.parametrize(
    ("periods", "asked", "shown"),
    [
        (("current",), ["0"], ["x current 1"]),
        (("previous",), ["1"], ["x previous 9"]),
        (("previous", "current"), ["0", "1"], ["x current 1", "x previous 9"]),
    ],
)
def test_the_periods_are_as_configured(
    cloud: ApiStub, periods: tuple[str, ...], asked: list[str], shown: list[str]
) -> None:
    """Only the listed periods are asked for and shown, in whatever order they are listed."""
    put_trustors(cloud, "x")
    path = put_overview(cloud, "x", row("1"))
    put_overview(cloud, "x", row("9"), index=1)
    text = desk(periods=periods).poll()
    assert [query["billingPeriodIndex"] for query in cloud.queries(path)] == asked
    assert used(text) == shown
    assert len(lines(text, "trustor_info")) == 1


def test_what_was_read_with_other_periods_is_no_hindrance(cloud: ApiStub) -> None:
    """A reading of the previous period alone can be followed by one of both."""
    put_trustors(cloud, "x")
    put_overview(cloud, "x", row("1"))
    put_overview(cloud, "x", row("9"), index=1)
    before, after = desk(periods=("previous",)), desk()
    before.poll()
    after.reading = before.reading
    assert used(after.poll()) == ["x current 1", "x previous 9"]


def test_zero_rows_are_left_out_and_counted(cloud: ApiStub) -> None:
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


def test_a_fall_to_zero_stays_visible(cloud: ApiStub) -> None:
    """A row that is zero now and was not in the period before is shown as zero."""
    put_trustors(cloud, "x")
    put_overview(cloud, "x", row("0"))
    put_overview(cloud, "x", row("9"), index=1)
    trustors = desk()
    for _ in range(2):
        assert used(trustors.poll()) == ["x current 0", "x previous 9"]


SEPTEMBER = ("2026-09-01T00:00:00Z", "2026-09-30T23:59:59Z")


LATE = [SEPTEMBER, NOVEMBER, DECEMBER, (SEPTEMBER[0], None), (NOVEMBER[0], None)]


@pytest.mark.parametrize("late", LATE)
def test_a_late_previous_period_is_asked_for_again(
    cloud: ApiStub, late: tuple[str, str | None]
) -> None:
    """A node that lags gives a period before the previous one, or the newest as previous: it is
    not shown, and the next poll asks again until the previous one ends where the newest begins.
    """
    put_trustors(cloud, "x")
    path = put_overview(cloud, "x", row("1"))
    put_overview(cloud, "x", row("9"), index=1, period=late)
    trustors = desk()
    for _ in range(2):
        assert used(trustors.poll()) == ["x current 1"]
    put_overview(cloud, "x", row("5"), index=1)
    for _ in range(2):
        assert used(trustors.poll()) == ["x current 1", "x previous 5"]
    asked = [query["billingPeriodIndex"] for query in cloud.queries(path)]
    assert asked == ["0", "1", "0", "1", "0", "1", "0"]


@pytest.mark.parametrize(
    "period",
    [
        ("2026-10-01T00:00:00Z", "2026-10-25T23:59:59Z"),
        ("2026-10-05T00:00:00Z", "2026-11-04T23:59:59Z"),
        ("2026-10-01T00:00:00Z", None),
        (None, "2026-10-31T23:59:59Z"),
    ],
)
def test_a_previous_period_with_a_gap_is_shown_and_asked_for_again(
    cloud: ApiStub, period: tuple[str, str]
) -> None:
    """Where no period can lie between, or the dates do not say so, the previous one is shown."""
    put_trustors(cloud, "x")
    path = put_overview(cloud, "x", row("1"))
    put_overview(cloud, "x", row("9"), index=1, period=period)
    trustors = desk()
    for _ in range(2):
        assert used(trustors.poll()) == ["x current 1", "x previous 9"]
    if period[1] != "2026-10-31T23:59:59Z":
        assert cloud.count(path) == 4


@pytest.mark.parametrize("end", ["2026-10-31T00:00:00Z", "2026-11-01T00:00:00Z"])
def test_ends_are_written_in_several_ways(cloud: ApiStub, end: str) -> None:
    """A period that ends with its last day or with the next one's first moment is adjacent."""
    put_trustors(cloud, "x")
    path = put_overview(cloud, "x", row("1"))
    put_overview(cloud, "x", row("9"), index=1, period=("2026-10-01T00:00:00Z", end))
    trustors = desk()
    for _ in range(2):
        assert used(trustors.poll()) == ["x current 1", "x previous 9"]
    assert cloud.count(path) == 3


@pytest.mark.parametrize("period", [OCTOBER, (OCTOBER[0], None)])
def test_a_late_newest_period_changes_nothing(
    cloud: ApiStub, period: tuple[str, str | None]
) -> None:
    """When index 0 falls back to a period that ended before the known newest one began, the
    numbers stay, with the time they were read at; one without an end is judged by its start.
    """
    put_trustors(cloud, "x")
    put_overview(cloud, "x", row("1"))
    put_overview(cloud, "x", row("9"), index=1)
    trustors = desk()
    before = trustors.poll()
    put_overview(cloud, "x", row("9"), period=period)
    put_overview(cloud, "x", row("7"), index=1, period=SEPTEMBER)
    assert trustors.poll(NOW + timedelta(hours=6)) == before


def test_a_period_that_ends_in_the_year_9999_ends_no_sweep(cloud: ApiStub) -> None:
    """A period without an end beside one that never ends is judged by nothing else."""
    put_trustors(cloud, "x")
    put_overview(cloud, "x", row("1"), period=("2026-11-01T00:00:00Z", "9999-12-31T23:59:59Z"))
    trustors = desk(periods=("current",))
    trustors.poll()
    put_overview(cloud, "x", row("2"), period=("2026-12-01T00:00:00Z", None))
    assert used(trustors.poll()) == ["x current 2"]


def test_a_newest_period_that_grew_backwards_is_shown(cloud: ApiStub) -> None:
    """A contract that becomes annual has a newest period that began before the known one."""
    put_trustors(cloud, "x")
    put_overview(cloud, "x", row("1"))
    trustors = desk()
    trustors.poll()
    put_overview(cloud, "x", row("2"), period=("2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z"))
    assert used(trustors.poll()) == ["x current 2"]


def test_an_overview_of_another_customer_is_not_shown(cloud: ApiStub) -> None:
    """An overview that names another organization is that customer's error."""
    put_trustors(cloud, "x", "y")
    put_overview(cloud, "x", row("1"))
    other = {"organization": {"id": "id-x"}, "currency": "USD", "usages": [row("7")]}
    cloud.put(f"{OVERVIEW}/id-y", other, billingPeriodIndex="0")
    trustors = desk(periods=("current",))
    text = trustors.poll()
    assert statuses(text) == {"x": "ok", "y": "error"}
    assert used(text) == ["x current 1"]
    assert trustors.left_out == [("unexpected_answer", "overview of trustor id-y")]


def test_a_customer_that_is_renamed_while_it_fails_has_one_name(cloud: ApiStub) -> None:
    """What is kept of a customer that fails is shown under the name that the listing has now."""
    put_trustors(cloud, "x", "y")
    put_overview(cloud, "x", row("1"))
    put_overview(cloud, "y", row("2"))
    trustors = desk(periods=("current",))
    trustors.poll()
    entities = [
        {"id": "id-x", "organization": {"name": "new"}},
        {"id": "id-y", "organization": {"name": "y"}},
    ]
    cloud.put(TRUSTORS, {"entities": entities, "pageCount": 1})
    cloud.refuse(f"{OVERVIEW}/id-x", 500)
    text = trustors.poll()
    assert statuses(text) == {"new": "error", "y": "ok"}
    assert used(text) == ["new current 1", "y current 2"]
    assert 'trustor="x"' not in text

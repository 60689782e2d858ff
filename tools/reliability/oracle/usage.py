"""The own organization's usage, from the report of the window that is to be asked for."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from tools.reliability.oracle.answers import Answers, day, moment, number, text
from tools.reliability.oracle.contracts import LISTING, PAGE
from tools.reliability.oracle.sheet import Sheet
from tools.testkit.truth import JSON

_TO_THE_LAST_MILLISECOND = timedelta(days=1, milliseconds=-1)
Window = tuple[datetime, datetime]


def usage(answers: Answers, _: Answers) -> Sheet:
    """Work out quantities, resources and window."""
    sheet = Sheet()
    report = answers.report(*_window(answers))
    for row in report["usages"]:
        of = (text(row, "name"),)
        sheet.put("usage_quantity", of, number(row, "totalUsage"), needed=True)
        if row.get("resources") is not None:
            sheet.put("usage_resources", of, Decimal(len(row["resources"])))
    sheet.put("usage_period_start_timestamp_seconds", (), moment(report, "startDate"))
    sheet.put("usage_period_end_timestamp_seconds", (), moment(report, "endDate"))
    return sheet


def _window(answers: Answers) -> Window:
    """Return the period that runs of the contract that names the own organization.

    In the days before the next one is listed it is the last one. Without a contract of its own, any
    contract's that runs; else the month.
    """
    _, own = answers.one("/organizations/me")
    contracts = answers.rows(LISTING, PAGE, status="Active")
    of_own = [contract for contract in contracts if own["id"] in _members(contract)]
    windows = [*_not_closed(of_own or contracts)]
    running = [each for each in windows if each[0] <= answers.now <= each[1]]
    ended = [each for each in windows if each[1] < answers.now] if of_own else []
    return max(running or ended, default=_month(answers.now))


def _members(contract: JSON) -> set[str]:
    """Return the ids of the organizations that a contract's plans name."""
    return {each["id"] for plan in contract["plans"] for each in plan["organizations"]}


def _not_closed(contracts: list[JSON]) -> Iterator[Window]:
    for contract in contracts:
        for period in contract["billingPeriods"]:
            start, end = day(period, "dateStart"), day(period, "dateEnd")
            if start and end and text(period, "status").lower() != "closed":
                begin, last = (datetime.combine(each, time(), UTC) for each in (start, end))
                yield begin, last + _TO_THE_LAST_MILLISECOND


def _month(now: datetime) -> Window:
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    days = timedelta(days=monthrange(now.year, now.month)[1] - 1)
    return start, start + days + _TO_THE_LAST_MILLISECOND

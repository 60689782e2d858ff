"""The own organization's usage, from the report of the window that is to be asked for."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from tools.reliability.oracle.answers import Answers, day, moment, number, text
from tools.reliability.oracle.contracts import LISTING, PAGE
from tools.reliability.oracle.sheet import Sheet

_TO_THE_LAST_MILLISECOND = timedelta(days=1, milliseconds=-1)
Window = tuple[datetime, datetime]


def usage(answers: Answers, _: Answers) -> Sheet:
    """Work out quantities, resources and window."""
    sheet = Sheet()
    windows = [each for each in _open(answers) if each[0] <= answers.now <= each[1]]
    report = answers.report(*max(windows, default=_month(answers.now)))
    for row in report["usages"]:
        of = (text(row, "name"),)
        sheet.put("usage_quantity", of, number(row, "totalUsage"), needed=True)
        if row.get("resources") is not None:
            sheet.put("usage_resources", of, Decimal(len(row["resources"])))
    sheet.put("usage_period_start_timestamp_seconds", (), moment(report, "startDate"))
    sheet.put("usage_period_end_timestamp_seconds", (), moment(report, "endDate"))
    return sheet


def _open(answers: Answers) -> Iterator[Window]:
    for contract in answers.rows(LISTING, PAGE, status="Active"):
        for period in contract["billingPeriods"]:
            start, end = day(period, "dateStart"), day(period, "dateEnd")
            if start and end and period["status"] == "Open":
                begin, last = (datetime.combine(each, time(), UTC) for each in (start, end))
                yield begin, last + _TO_THE_LAST_MILLISECOND


def _month(now: datetime) -> Window:
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    days = timedelta(days=monthrange(now.year, now.month)[1] - 1)
    return start, start + days + _TO_THE_LAST_MILLISECOND

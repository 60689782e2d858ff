"""Pace: which charges run ahead of the last period, and which allowances are used up next."""

from tools.dashboards.charges import CHARGE, forecast, used_share, used_up
from tools.dashboards.panels import DATE, QUANTITY, RATIO, Query
from tools.dashboards.queries import CURRENT, Scope, milliseconds
from tools.dashboards.ranking import ranked
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import used, written

_BARS = 10
_ROWS = 20
_EVEN: float = 1
_NAME = "{{trustor}}: {{charge}}"


def ahead(scope: Scope) -> dashboard.Panel:
    """Rank the charges that are furthest ahead of the last period."""
    return ranked(
        "Furthest ahead of the last period",
        _words("highest"),
        Query(f"sort_desc(topk({_BARS}, {_pace(scope)}))", _NAME),
        RATIO,
        steps=((None, "blue"), (_EVEN, "orange")),
    )


def behind(scope: Scope) -> dashboard.Panel:
    """Rank the charges that are furthest behind it."""
    return ranked(
        "Furthest behind the last period",
        _words("lowest"),
        Query(f"sort(bottomk({_BARS}, {_pace(scope)}))", _NAME),
        RATIO,
        full=_EVEN,
    )


def used_up_next(scope: Scope, link: str) -> dashboard.Panel:
    """List the allowances that will be used up before the period ends, the next first.

    Args:
        scope: the choices of the dashboard.
        link: where a click on a customer leads.
    """
    rows = f"bottomk({_ROWS}, {used_up(scope)})"
    among = f"and on ({CHARGE}) {rows}"
    lower, upper = (
        scope.one(f"trustor_forecast_quantity_{which}", by=CHARGE) for which in ("lower", "upper")
    )
    return grid(
        "Allowances that will be used up before the period ends",
        f"The {_ROWS} that are used up next, at the pace of the forecast. From and to: the band of "
        "the quantity at period end.",
        [
            Label("trustor", "Customer", width=210, link=(link, "Show this customer")),
            Label("charge", "Charge", width=230),
            Label("unit", "Unit", width=85),
            *(Label(name) for name in ("organization", "trustor_id", "part_number", "grouping")),
        ],
        [
            Column("Used up on", milliseconds(f"({rows})"), DATE, width=105),
            Column("Used share", f"{used_share(scope)} {among}", RATIO, used(), full=1, width=130),
            Column("From", f"{lower} {among}", QUANTITY),
            Column("Forecast", f"{forecast(scope)} {among}", QUANTITY),
            Column("To", f"{upper} {among}", QUANTITY),
        ],
        sort="Used up on",
        descending=False,
    )


def _words(which: str) -> str:
    floor = written("zero_previous_quantity")
    return (
        "What is used so far, as a share of what would be used by now at the pace of the last "
        f"period; only charges for which that is at least {floor} units. The {_BARS} {which}."
    )


def _pace(scope: Scope) -> str:
    usage = scope.one("trustor_usage_quantity", CURRENT, by=CHARGE)
    expected = scope.one("trustor_expected_quantity", by=CHARGE)
    overage = scope.one("trustor_overage_quantity", CURRENT, by=CHARGE)
    floor = written("zero_previous_quantity")
    return f"({usage} / ({expected} >= {floor}) and {overage})"

"""Forecast: what the period will cost, how sure that is, and how good earlier forecasts were."""

from tools.dashboards import bill, budgets, forecast_quality, month_by_month, pace
from tools.dashboards.frame import build, marked
from tools.dashboards.layout import Line, Section
from tools.dashboards.margin import margins
from tools.dashboards.pages import CUSTOMERS, FORECAST
from tools.dashboards.panels import MONEY, Query, lines
from tools.dashboards.queries import CURRENT, Scope, milliseconds
from tools.dashboards.sdk import dashboard as sdk
from tools.dashboards.tables import Column, Label, grid

PAGE = FORECAST
_SCOPE = Scope(PAGE.variables)


def dashboard() -> sdk.Dashboard:
    """Build the dashboard."""
    customer = CUSTOMERS.with_clicked("trustor")
    sections = (
        Section(
            "",
            (
                Line(7, (bill.headline(_SCOPE), bill.own_headline(_SCOPE)), (14, 10)),
                Line(6, (bill.money(_SCOPE),)),
                Line(10, (_band_over_time(),)),
                Line(12, (_customers(customer),)),
            ),
        ),
        Section(
            "Ahead of the last period, or behind it",
            (
                Line(12, (pace.ahead(_SCOPE), pace.behind(_SCOPE))),
                Line(11, (pace.used_up_next(_SCOPE, customer),)),
            ),
        ),
        Section(
            "Budgets, showback, margin",
            (
                Line(8, (budgets.budgets(_SCOPE),)),
                Line(10, (budgets.showback(_SCOPE), margins(_SCOPE, customer)), (10, 14)),
            ),
        ),
        Section("Month by month", (Line(9, (month_by_month.bills(_SCOPE),)),)),
        Section(
            "How good earlier forecasts were",
            (
                Line(
                    9,
                    (forecast_quality.errors(_SCOPE), forecast_quality.outcomes(_SCOPE)),
                    (15, 9),
                ),
            ),
        ),
    )
    newest = f"max({_SCOPE.select('trustor_period_start_timestamp_seconds', CURRENT)})"
    mark = marked(
        "Period starts", milliseconds(newest), "The newest period of the chosen customers"
    )
    return build(PAGE, sections, [mark])


def _band_over_time() -> sdk.Panel:
    return lines(
        "Bill at period end over time, $currency",
        "How the forecast of the chosen customers' bills and its band came about, in $currency. "
        "Bounds of several customers are added up, which is wider than the band of the sum; choose "
        "one customer for its own. So far: prepaid and overage up to then.",
        [
            Query(f"sum by (currency) ({bill.bound(_SCOPE, 'upper')})", "to"),
            Query(f"sum by (currency) ({bill.at_end(_SCOPE)})", "at period end"),
            Query(f"sum by (currency) ({bill.bound(_SCOPE, 'lower')})", "from"),
            Query(bill.so_far(_SCOPE, "currency"), "so far"),
        ],
        MONEY,
        by_currency=True,
    )


def _customers(link: str) -> sdk.Panel:
    end, last = bill.at_end(_SCOPE), bill.last_period(_SCOPE)
    lower, upper = (bill.bound(_SCOPE, which) for which in ("lower", "upper"))
    return grid(
        "Forecast by customer",
        "Prepaid and overage at the end of each customer's current period, at least its minimum. "
        "From and to: in four of five earlier periods the outcome lay in between; empty where the "
        "customer has fewer than five closed periods. Width: of the band, as a share of the "
        "forecast.",
        [
            Label("trustor", "Customer", width=225, link=(link, "Show this customer")),
            Label("currency", "Currency", width=80),
            *(Label(name) for name in ("organization", "trustor_id")),
        ],
        [
            Column("So far", bill.so_far(_SCOPE, bill.CUSTOMER_MONEY), MONEY),
            Column("From", lower, MONEY),
            Column("At period end", end, MONEY),
            Column("To", upper, MONEY),
            Column("Width", f"({upper} - {lower}) / ({end} > 0)", bill.CHANGE, full=1, width=130),
            Column("Last period", last, MONEY),
            Column("Change", f"{end} / ({last} > 0) - 1", bill.CHANGE, width=90),
        ],
        sort="At period end",
    )

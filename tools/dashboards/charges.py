"""The tables of customers' charges: usage against the allowance."""

from tools.dashboards.panels import DATE, MONEY, QUANTITY, RATIO, Unit
from tools.dashboards.queries import CURRENT, SECONDS_PER_DAY, Scope, milliseconds
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import used

CHARGE = "organization, trustor, trustor_id, charge, part_number, grouping, unit"
_CHARGE_MONEY = f"{CHARGE}, currency"
_WHO = "organization, trustor, trustor_id"
_CUSTOMER = "organization, trustor_id"
_PRICE = Unit("locale", 4)
_WORST_ROWS = 10
_MOST_CUSTOMERS = 20


def worst(scope: Scope, link: str) -> dashboard.Panel:
    """Show the charges with the largest estimated overage, for each currency.

    Args:
        scope: the choices of the dashboard.
        link: where a click on a customer leads.
    """
    amount = scope.one("trustor_estimated_overage_amount", CURRENT, by=_CHARGE_MONEY)
    rows = f"topk by (currency) ({_WORST_ROWS}, {amount} > 0)"
    among = f"and on ({CHARGE}) {rows}"
    return grid(
        "Largest overages",
        f"The {_WORST_ROWS} charges of each currency with the largest estimated overage in the "
        "current period, without tax.",
        [
            Label("trustor", "Customer", width=225, link=(link, "Show this customer")),
            Label("charge", "Charge", width=250),
            Label("unit", "Unit", width=90),
            Label("currency", "Currency", width=80),
            *(Label(name) for name in ("organization", "trustor_id", "part_number", "grouping")),
        ],
        [
            Column("Overage so far", rows, MONEY),
            Column("Unit price", f"{_price(scope)} {among}", _PRICE),
            Column("Overage quantity", f"{_overage(scope)} {among}", QUANTITY, width=130),
            Column("Used", f"{_usage(scope)} {among}", QUANTITY),
            Column("Allowance", f"{_allowance(scope)} {among}", QUANTITY),
        ],
        sort="Overage so far",
    )


def every(scope: Scope) -> dashboard.Panel:
    """Show all charges of the chosen customers, or of the first of them if these are many."""
    among = f"and on ({_CUSTOMER}) {_first(scope)}"
    return grid(
        f"Charges against their allowance, at most {_MOST_CUSTOMERS} customers",
        "The current period of each customer, through the previous day. Of more than "
        f"{_MOST_CUSTOMERS} chosen customers, those with a charge nearest to, or furthest over, "
        "their allowance: what is prepaid and included. Rows of one grouping can repeat those of "
        "another (fair use, roll-ups, storage categories), so do not add them up; there overage "
        "has no meaning and is not shown. Forecast: the quantity at period end. Used up on: the "
        "date when the allowance will be used up at the pace of the forecast; empty where it "
        "lasts, or is used up already.",
        [
            Label("trustor", "Customer", width=140),
            Label("charge", "Charge", width=180),
            Label("grouping", "Grouping", width=110),
            Label("unit", "Unit", width=70),
            Label("currency", "Currency", width=75),
            *(Label(name) for name in ("organization", "trustor_id", "part_number")),
        ],
        [
            Column("Used", f"{_usage(scope)} {among}", QUANTITY),
            Column("Allowance", f"{_allowance(scope)} {among}", QUANTITY),
            Column("Used share", f"{used_share(scope)} {among}", RATIO, used(), full=1, width=110),
            Column("Forecast", f"{forecast(scope)} {among}", QUANTITY),
            Column(
                "Used up on", milliseconds(f"({used_up(scope)})") + f" {among}", DATE, width=100
            ),
            Column("Overage quantity", f"{_overage(scope)} {among}", QUANTITY, width=130),
            Column("Overage amount", f"{_amount(scope)} {among}", MONEY, width=125),
        ],
        sort="Used share",
    )


def _first(scope: Scope) -> str:
    """Return the customers with the highest used shares; those without any come last."""
    shares = f"{used_share(scope)} or 0 * {_usage(scope)}"
    return f"topk({_MOST_CUSTOMERS}, max by ({_CUSTOMER}) ({shares}))"


def used_share(scope: Scope) -> str:
    """Return the used share of the allowance, where overage has a meaning."""
    return f"{_usage(scope)} / ({_allowance(scope)} > 0) and {_overage(scope)}"


def forecast(scope: Scope) -> str:
    """Return the quantity at period end."""
    return scope.one("trustor_forecast_quantity", by=CHARGE)


def used_up(scope: Scope) -> str:
    """Return when an allowance that will not last is used up, at the pace of the forecast."""
    unused = f"({_allowance(scope)} - {_usage(scope)} > 0)"
    to_come = f"({forecast(scope)} - {_usage(scope)})"
    share = f"({unused} / {to_come} < 1 and {_overage(scope)})"
    read = scope.one("trustor_last_success_timestamp_seconds")
    until = f"floor({read} / {SECONDS_PER_DAY}) * {SECONDS_PER_DAY}"
    end = scope.one("trustor_period_end_timestamp_seconds", CURRENT, by=_WHO)
    days = f"{share} * on ({_WHO}) group_left () ({end} - {until})"
    return f"{days} + on ({_WHO}) group_left () ({until})"


def _usage(scope: Scope) -> str:
    return scope.one("trustor_usage_quantity", CURRENT, by=CHARGE)


def _allowance(scope: Scope) -> str:
    """Return what is prepaid and included; few charges have an included quantity of their own."""
    prepaid = scope.one("trustor_prepaid_quantity", CURRENT, by=CHARGE)
    included = scope.one("trustor_included_quantity", CURRENT, by=CHARGE)
    return f"(({prepaid} + {included}) or {prepaid})"


def _overage(scope: Scope) -> str:
    return scope.one("trustor_overage_quantity", CURRENT, by=CHARGE)


def _price(scope: Scope) -> str:
    return scope.one("trustor_overage_price", CURRENT, by=_CHARGE_MONEY)


def _amount(scope: Scope) -> str:
    return scope.one("trustor_estimated_overage_amount", CURRENT, by=_CHARGE_MONEY)

"""Charges of the organization's own contracts, and what their plans agree."""

from tools.dashboards.panels import DATE, MONEY, QUANTITY, RATIO, Query, Unit, lines
from tools.dashboards.queries import CURRENT, SECONDS_PER_DAY, Scope, either, milliseconds
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import used

_CONTRACT = "organization, contract"
_CHARGE = f"{_CONTRACT}, charge, sku, unit"
_PRICE = Unit("locale", 4)


def charges(scope: Scope) -> dashboard.Panel:
    """Show every charge of the open periods against what is prepaid and included."""

    def of(metric: str) -> str:
        return scope.in_open_periods(scope.one(f"charge_{metric}", CURRENT, by=_CHARGE))

    def money(metric: str) -> str:
        by = f"{_CHARGE}, currency"
        return scope.in_open_periods(scope.one(f"charge_{metric}", CURRENT, by=by))

    included = either(of("prepaid_quantity"), of("fair_use_quantity"))
    return grid(
        "Charges against what is included",
        "Open periods only. Included is what is prepaid and fair use. The overage amount is what "
        "the API charges. Forecast: the quantity at period end. Used up on: the date when what is "
        "included will be used up at the pace of the forecast; empty where it lasts, or is used up "
        "already.",
        [
            Label("contract", "Contract", width=120),
            Label("charge", "Charge", width=205),
            Label("unit", "Unit", width=75),
            Label("currency", "Currency", width=75),
            Label("organization"),
            Label("sku"),
        ],
        [
            Column("Used", of("actual_quantity"), QUANTITY, width=90),
            Column("Included", included, QUANTITY, width=85),
            Column(
                "Used share",
                f"{of('actual_quantity')} / (({included}) > 0)",
                RATIO,
                used(),
                full=1,
                width=105,
            ),
            Column("Forecast", _forecast(scope), QUANTITY, width=90),
            Column("Used up on", _used_up(scope, included), DATE, width=105),
            Column("Overage quantity", of("overage_quantity"), QUANTITY, width=135),
            Column("Unit price", money("overage_rate"), _PRICE, width=85),
            Column("Overage amount", money("overage_amount"), MONEY, width=130),
        ],
        sort="Overage amount",
    )


def _forecast(scope: Scope) -> str:
    return scope.in_open_periods(scope.one("charge_forecast_quantity", by=_CHARGE))


def _used_up(scope: Scope, included: str) -> str:
    """Return when what is included will be used up, if it does not last."""
    used = scope.one("charge_actual_quantity", CURRENT, by=_CHARGE)
    share = f"((({included}) - {used} > 0) / ({_forecast(scope)} - {used}) < 1)"
    read = scope.as_of("contracts")
    until = f"floor({read} / {SECONDS_PER_DAY}) * {SECONDS_PER_DAY}"
    end = scope.one("contract_period_end_timestamp_seconds", CURRENT, by=_CONTRACT)
    left = f"({end} - on (organization) group_left () ({until}))"
    date = f"{share} * on ({_CONTRACT}) group_left () {left}"
    return milliseconds(f"({date} + on (organization) group_left () ({until}))")


def over_time(scope: Scope) -> dashboard.Panel:
    """Show the overage of each contract, over time."""
    return lines(
        "Overage of charges and wallets",
        "What the API charges in each contract's open period; falls when a period turns.",
        [Query(overage(scope, "contract, currency"), "{{contract}} ({{currency}})")],
        MONEY,
    )


def overage(scope: Scope, by: str) -> str:
    """Return what the API charges in open periods for overage of charges and wallets."""
    charged, drawn = (
        f"sum by ({by}) ({scope.in_open_periods(scope.one(metric, CURRENT))})"
        for metric in ("charge_overage_amount", "wallet_overage_amount")
    )
    return either(charged, drawn)


def prices(scope: Scope) -> dashboard.Panel:
    """Show what each plan agrees."""
    item = "organization, contract, plan, item"

    def of(metric: str, label: str) -> str:
        return scope.in_open_periods(scope.one(f"plan_item_{metric}", by=f"{item}, {label}"))

    return grid(
        "Items of the plans",
        "Quantity and prices as agreed in contracts with an open period, each in its currency.",
        [
            Label("contract", "Contract", width=150),
            Label("plan", "Plan"),
            Label("item", "Item", width=240),
            Label("unit", "Unit", width=100),
            Label("currency", "Currency", width=80),
            Label("organization"),
        ],
        [
            Column("Quantity", of("quantity", "unit"), QUANTITY),
            Column("Price", of("price", "currency"), _PRICE),
            Column("Discount", of("discount_amount", "currency"), _PRICE),
            Column("Overage price", of("overage_price", "currency"), _PRICE),
        ],
        sort="Contract",
        descending=False,
    )

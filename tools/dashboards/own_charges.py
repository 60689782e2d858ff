"""Charges of the organization's own contracts, and what their plans agree."""

from tools.dashboards.panels import MONEY, QUANTITY, RATIO, Query, Unit, lines
from tools.dashboards.queries import CURRENT, Scope, either
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import used

_CHARGE = "organization, contract, charge, sku, unit"
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
        "Open periods only. Included is what is prepaid and fair use. The amount "
        "is what the API charges for the overage.",
        [
            Label("contract", "Contract", width=150),
            Label("charge", "Charge", width=250),
            Label("unit", "Unit", width=100),
            Label("currency", "Currency", width=80),
            Label("organization"),
            Label("sku"),
        ],
        [
            Column("Used", of("actual_quantity"), QUANTITY),
            Column("Prepaid", of("prepaid_quantity"), QUANTITY),
            Column("Fair use", of("fair_use_quantity"), QUANTITY),
            Column("Used share", f"{of('actual_quantity')} / ({included} > 0)", RATIO, used()),
            Column("Overage", of("overage_quantity"), QUANTITY),
            Column("Price of one", money("overage_rate"), _PRICE),
            Column("Amount", money("overage_amount"), MONEY),
        ],
        sort="Amount",
    )


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

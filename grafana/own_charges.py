"""Charges of the organization's own contracts, and what their plans agree."""

from grafana.panels import MONEY, QUANTITY, RATIO, Query, Unit, lines
from grafana.queries import CURRENT, Scope, either
from grafana.sdk import dashboard
from grafana.tables import Column, Label, grid
from grafana.thresholds import used

_CHARGE = "organization, contract, charge, sku, unit"
_PRICE = Unit("locale", 4)


def charges(scope: Scope) -> dashboard.Panel:
    """Show every charge of the current periods against what is prepaid and included."""

    def of(metric: str) -> str:
        return scope.one(f"charge_{metric}", CURRENT, by=_CHARGE)

    included = either(of("prepaid_quantity"), of("fair_use_quantity"))
    amount = scope.one("charge_overage_amount", CURRENT, by=f"{_CHARGE}, currency")
    rate = scope.one("charge_overage_rate", CURRENT, by=f"{_CHARGE}, currency")
    return grid(
        "Charges against what is included",
        "The newest period of each contract. Included is what is prepaid and fair use. The amount "
        "is what the API charges for the overage.",
        [
            Label("contract", "Contract", width=150),
            Label("charge", "Charge", width=220),
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
            Column("Price of one", rate, _PRICE),
            Column("Overage amount", amount, MONEY),
        ],
        sort="Overage amount",
    )


def over_time(scope: Scope) -> dashboard.Panel:
    """Show the overage of each contract, over time."""
    by = "contract, currency"
    charged = scope.total(by, "charge_overage_amount", CURRENT)
    wallets = scope.total(by, "wallet_overage_amount", CURRENT)
    return lines(
        "Overage of charges and wallets",
        "What the API charges in each contract's newest period; falls when a period turns.",
        [Query(either(charged, wallets), "{{contract}} ({{currency}})")],
        MONEY,
    )


def prices(scope: Scope) -> dashboard.Panel:
    """Show what each plan agrees."""
    item = "organization, contract, plan, item"
    money = f"{item}, currency"
    return grid(
        "Items of the plans",
        "Quantity and prices as agreed in the contracts, each in its currency.",
        [
            Label("contract", "Contract", width=150),
            Label("plan", "Plan"),
            Label("item", "Item", width=240),
            Label("unit", "Unit", width=100),
            Label("currency", "Currency", width=80),
            Label("organization"),
        ],
        [
            Column("Quantity", scope.one("plan_item_quantity", by=f"{item}, unit"), QUANTITY),
            Column("Price", scope.one("plan_item_price", by=money), _PRICE),
            Column("Discount", scope.one("plan_item_discount_amount", by=money), _PRICE),
            Column("Overage price", scope.one("plan_item_overage_price", by=money), _PRICE),
        ],
        sort="Contract",
        descending=False,
    )

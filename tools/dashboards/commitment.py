"""Commitment of the last period: what was paid for and not used, and what a unit really cost."""

from tools.dashboards.charges import CHARGE
from tools.dashboards.panels import MONEY, QUANTITY, RATIO, Query, Unit, figure
from tools.dashboards.queries import PREVIOUS, Scope, either
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid

_CHARGE_MONEY = f"{CHARGE}, currency"
_PRICE = Unit("locale", 4)
_ROWS = 12


def unused_amount(scope: Scope) -> dashboard.Panel:
    """Show what was prepaid for nothing, by currency."""
    return figure(
        "Unused commitment",
        "Prepaid quantity that nobody used in the last period, at its prepaid price; over the "
        "charges in which overage has a meaning.",
        [Query(f"sum by (currency) ({_unused_amount(scope)})", "{{currency}}")],
        Unit(MONEY.id, 0),
    )


def commitment(scope: Scope, link: str) -> dashboard.Panel:
    """Show the charges with the largest unused commitment.

    Args:
        scope: the choices of the dashboard.
        link: where a click on a customer leads.
    """
    rows = f"topk by (currency) ({_ROWS}, {_unused_amount(scope)} > 0)"
    among = f"and on ({CHARGE}) {rows}"
    price = scope.one("trustor_prepaid_price", PREVIOUS, by=_CHARGE_MONEY)
    used = _quantity(scope, "usage")
    prepaid = _quantity(scope, "prepaid")
    return grid(
        "Unused commitment of the last period",
        f"The {_ROWS} charges of each currency with the largest unused commitment in the previous "
        "period: prepaid quantity less what was used, at the prepaid price. Effective unit price: "
        "prepaid and overage amount, divided by what was used; empty where nothing was.",
        [
            Label("trustor", "Customer", width=210, link=(link, "Show this customer")),
            Label("charge", "Charge", width=225),
            Label("unit", "Unit", width=80),
            Label("currency", "Currency", width=75),
            *(Label(name) for name in ("organization", "trustor_id", "part_number", "grouping")),
        ],
        [
            Column("Unused amount", rows, MONEY, width=125),
            Column("Unused", f"{_unused(scope)} {among}", QUANTITY),
            Column("Prepaid", f"{prepaid} {among}", QUANTITY),
            Column("Used", f"{used} {among}", QUANTITY),
            Column("Used share", f"{used} / ({prepaid} > 0) {among}", RATIO, full=1, width=130),
            Column("Unit price", f"{price} {among}", _PRICE),
            Column("Effective unit price", f"{_effective(scope)} {among}", _PRICE, width=150),
        ],
        sort="Unused amount",
    )


def _quantity(scope: Scope, which: str) -> str:
    return scope.one(f"trustor_{which}_quantity", PREVIOUS, by=CHARGE)


def _unused(scope: Scope) -> str:
    unused = f"({_quantity(scope, 'prepaid')} - {_quantity(scope, 'usage')} > 0)"
    return f"({unused} and {_quantity(scope, 'overage')})"


def _unused_amount(scope: Scope) -> str:
    price = scope.one("trustor_prepaid_price", PREVIOUS, by=_CHARGE_MONEY)
    return f"({price} * on ({CHARGE}) group_left () {_unused(scope)})"


def _effective(scope: Scope) -> str:
    paid = either(
        scope.one("trustor_estimated_prepaid_amount", PREVIOUS, by=_CHARGE_MONEY),
        scope.one("trustor_estimated_overage_amount", PREVIOUS, by=_CHARGE_MONEY),
    )
    return f"(({paid}) / on ({CHARGE}) group_left () ({_quantity(scope, 'usage')} > 0))"

"""Margin: what a partner's customers bring at the selling prices of the configuration."""

from tools.dashboards.panels import COUNT, MONEY, RATIO, Steps
from tools.dashboards.queries import Scope
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import BAD, GOOD, SOME

_CUSTOMER = "organization, trustor, trustor_id"
_MONEY_OF_CUSTOMER = f"{_CUSTOMER}, currency"
_EARNS: Steps = ((None, BAD), (0, GOOD))


def margins(scope: Scope, link: str) -> dashboard.Panel:
    """Compare what each customer brings with what it costs."""
    bought, sold, margin = (
        scope.one(f"trustor_{name}_amount", by=_MONEY_OF_CUSTOMER)
        for name in ("bought", "estimated_sold", "estimated_margin")
    )
    unpriced = scope.one("trustor_unpriced_charges", by=_CUSTOMER)
    return grid(
        "Margin by customer",
        "Each customer's newest settled period: what the partner is invoiced for it, what that is "
        "sold for at the selling prices of the configuration, and the difference, as an amount and "
        "as a share of what it is sold for. Charges without margin have no selling price, another "
        "currency or no quantity. Empty without prices in the configuration.",
        [
            Label("trustor", "Customer", width=225, link=(link, "Show this customer")),
            Label("currency", "Currency", width=90),
            *(Label(name) for name in ("organization", "trustor_id")),
        ],
        [
            Column("Bought", bought, MONEY),
            Column("Sold", sold, MONEY),
            Column("Margin", margin, MONEY, _EARNS),
            Column("Margin share", f"{margin} / ({sold} > 0)", RATIO, _EARNS, full=1, width=150),
            Column(
                "Charges without margin",
                f"0 * {bought} + on ({_CUSTOMER}) group_left () {unpriced}",
                COUNT,
                SOME,
            ),
        ],
        sort="Margin",
        descending=False,
    )

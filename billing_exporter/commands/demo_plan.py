"""Plan of the demo: budgets, an allocation, selling prices and thresholds of its partner.

Budgets name customers that every simulated fleet has, so that they fit whatever its size.
"""

from decimal import Decimal

from billing_exporter.budgets.settings import Budget, Group, PlanSettings, Price, Showback

_BUDGETS = (
    Budget(
        name="British Isles",
        amount=Decimal(112_000),
        currency="GBP",
        customers=("Thistle & Anchor Outfitters", "Quarrystone Bank", "Saltmarsh Utilities"),
    ),
    Budget(
        name="Brightmere Insurance",
        amount=Decimal(21_500),
        currency="USD",
        customers=("Brightmere Insurance",),
    ),
    Budget(
        name="Küstenwerk Energie",
        amount=Decimal(42_000),
        currency="EUR",
        customers=("Küstenwerk Energie",),
    ),
    Budget(
        name="Velvet Harbour overage",
        amount=Decimal(12_000),
        currency="USD",
        of="overage",
        customers=("Velvet Harbour Hotels",),
    ),
)
_SHOWBACK = (
    Showback(
        name="line of business",
        groups=(
            Group(to="Finance", customers=("*Insurance", "*Assurance", "*Bank", "*Credit*")),
            Group(to="Retail", customers=("*Retail", "*Outfitters", "*Markets", "*Foods")),
            Group(to="Utilities", customers=("*Utilities", "*Energie", "*Energy", "*Water")),
            Group(to="Travel", customers=("*Hotels", "*Holidays", "*Airways", "*Travel", "*Rail")),
            Group(to="Other"),
        ),
    ),
)
_PRICES = (
    Price(customers=("Quarrystone Bank",), markup=Decimal("-0.02")),
    Price(markup=Decimal("0.12")),
)

PLAN = PlanSettings(
    budgets=_BUDGETS,
    showback=_SHOWBACK,
    prices=_PRICES,
    thresholds={"overage_amount": {"default": Decimal(2_000), "GBP": Decimal(1_500)}},
)

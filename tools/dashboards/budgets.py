"""Budgets, and who pays which part, as the configuration of the exporter has them.

Budgets can span organizations and shards: the recording rules put their parts together.
"""

from tools.dashboards.panels import MONEY, RATIO, Steps
from tools.dashboards.queries import Scope
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import BAD, GOOD

_WITHIN: Steps = ((None, GOOD), (1, BAD))


def budgets(scope: Scope) -> dashboard.Panel:
    """Compare each budget with what is spent and what the forecast says."""
    budget, spent, end = (
        scope.recorded(f"budget_currency:{name}")
        for name in ("amount:max", "estimated_amount:sum", "forecast_amount:sum")
    )
    return grid(
        "Budgets",
        "What counts in each budget so far and at the end of its period, estimated, and both as a "
        "share of it. From the recording rules; empty without budgets in the configuration. The "
        "choices of organization and customer have no part in it.",
        [Label("budget", "Budget"), Label("currency", "Currency", width=90)],
        [
            Column("Budget amount", budget, MONEY),
            Column("So far", spent, MONEY),
            Column("Spent", f"{spent} / ({budget} > 0)", RATIO, _WITHIN, full=1, width=150),
            Column("At period end", end, MONEY),
            Column("Forecast", f"{end} / ({budget} > 0)", RATIO, _WITHIN, full=1, width=150),
        ],
        sort="Forecast",
    )


def showback(scope: Scope) -> dashboard.Panel:
    """List what each group bears."""
    return grid(
        "Showback",
        "Estimated amount of current periods that each group of an allocation bears; unallocated "
        "is what no group matches. From the recording rules.",
        [
            Label("allocation", "Allocation"),
            Label("group", "Group"),
            Label("currency", "Currency", width=90),
        ],
        [
            Column(
                "So far",
                scope.recorded("allocation_group_currency:estimated_amount:sum"),
                MONEY,
                width=130,
            )
        ],
        sort="So far",
    )

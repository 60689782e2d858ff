"""Budgets, and who pays which part, as the configuration of the exporter has them.

Budgets can span organizations and shards: the recording rules put their parts together.
"""

from tools.dashboards.panels import COUNT, MONEY, RATIO, Steps
from tools.dashboards.queries import Scope
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import BAD, GOOD, NOTICE

_WITHIN: Steps = ((None, GOOD), (1, BAD))
_WHOLE: Steps = ((None, GOOD), (1, NOTICE))


def budgets(scope: Scope) -> dashboard.Panel:
    """Compare each budget with what is spent and what the forecast says."""
    budget, spent, end, lower, upper = (
        scope.recorded(f"budget_currency:{name}")
        for name in (
            "amount:max",
            "estimated_amount:sum",
            "forecast_amount:sum",
            "forecast_amount_lower:max",
            "forecast_amount_upper:max",
        )
    )
    lacking = " + on (budget) ".join(
        scope.recorded(f"budget:{name}:sum") for name in ("without_past", "unpriced_charges")
    )
    return grid(
        "Budgets",
        "What counts in each budget so far and at the end of its period, estimated, and both as a "
        "share of it. From and to: the band of the forecast, after five closed periods. Lacks: "
        "charges without a price, and customers or contracts of which the API does not give a "
        "closed period; the amounts are too small by those. From the recording rules; empty "
        "without budgets in the configuration. The choices of organization and customer have no "
        "part in it.",
        [Label("budget", "Budget"), Label("currency", "Currency", width=90)],
        [
            Column("Budget amount", budget, MONEY),
            Column("So far", spent, MONEY),
            Column("Spent", f"{spent} / ({budget} > 0)", RATIO, _WITHIN, full=1, width=150),
            Column("From", lower, MONEY),
            Column("At period end", end, MONEY),
            Column("To", upper, MONEY),
            Column("Forecast", f"{end} / ({budget} > 0)", RATIO, _WITHIN, full=1, width=150),
            Column(
                "Lacks",
                f"0 * {budget} + on (budget) group_left () ({lacking})",
                COUNT,
                _WHOLE,
                width=80,
            ),
        ],
        sort="Forecast",
    )


def showback(scope: Scope) -> dashboard.Panel:
    """List what each group bears."""
    so_far, end, invoiced = (
        scope.recorded(f"allocation_group_currency:{name}_amount:sum")
        for name in ("estimated", "forecast", "invoiced")
    )
    return grid(
        "Showback",
        "What each group of an allocation bears of the current periods, so far and at their end, "
        "both estimated, and what was invoiced for it in the previous periods. Unallocated is "
        "what no group matches. From the recording rules.",
        [
            Label("allocation", "Allocation"),
            Label("group", "Group"),
            Label("currency", "Currency", width=90),
        ],
        [
            Column("So far", so_far, MONEY),
            Column("At period end", end, MONEY),
            Column("Invoiced last period", invoiced, MONEY),
        ],
        sort="At period end",
    )

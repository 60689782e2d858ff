"""What changed since yesterday: the bills that moved most."""

from tools.dashboards.bill import CUSTOMER, CUSTOMER_MONEY, at_end
from tools.dashboards.panels import MONEY
from tools.dashboards.queries import CURRENT, Scope
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import GOOD, NOTICE

_ROWS = 8


def moved(scope: Scope, link: str) -> dashboard.Panel:
    """Show the customers whose bill at period end moved most since yesterday.

    Args:
        scope: the choices of the dashboard.
        link: where a click on a customer leads.
    """
    same_period = f"{_begins(scope)} == {_begins(scope.day_ago)}"
    change = f"({at_end(scope)} - {at_end(scope.day_ago)} and on ({CUSTOMER}) ({same_period}))"
    rows = f"topk by (currency) ({_ROWS}, abs{change})"

    def among(series: str) -> str:
        return f"{series} and on ({CUSTOMER_MONEY}) {rows}"

    return grid(
        "Bills that moved since yesterday",
        f"The {_ROWS} customers of each currency whose bill at period end differs most from what "
        "it was at the same time yesterday; within one period.",
        [
            Label("trustor", "Customer", width=225, link=(link, "Show this customer")),
            Label("currency", "Currency", width=80),
            *(Label(name) for name in ("organization", "trustor_id")),
        ],
        [
            Column("Change", among(change), MONEY, ((None, GOOD), (1, NOTICE))),
            Column("At period end", among(at_end(scope)), MONEY),
            Column("Yesterday", among(at_end(scope.day_ago)), MONEY),
            Column("Overage so far", among(_overage(scope)), MONEY),
            Column("Overage yesterday", among(_overage(scope.day_ago)), MONEY),
        ],
        sort="Change",
    )


def _begins(scope: Scope) -> str:
    return scope.one("trustor_period_start_timestamp_seconds", CURRENT, by=CUSTOMER)


def _overage(scope: Scope) -> str:
    return scope.total(CUSTOMER_MONEY, "trustor_estimated_overage_amount", CURRENT)

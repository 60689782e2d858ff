"""Unpaid and overdue amounts over time."""

from tools.dashboards.panels import MONEY, Query, lines
from tools.dashboards.queries import OVERDUE, OWED, Scope
from tools.dashboards.sdk import dashboard
from tools.dashboards.thresholds import above


def unpaid(scope: Scope) -> dashboard.Panel:
    """Show the unpaid amount of each currency, due or not."""
    return lines(
        "Unpaid",
        "Sum of all unpaid invoices, in the currency that the line is named after. Credits are "
        "not taken off.",
        [Query(scope.total("currency", "unpaid_amount", OWED), "{{currency}}")],
        MONEY,
    )


def overdue(scope: Scope) -> dashboard.Panel:
    """Show the overdue amount of each currency."""
    return lines(
        "Overdue",
        "Sum of the unpaid invoices past their due date, in the currency that the line is named "
        "after. Invoices whose payment terms state no due date do not count. The dashed line is "
        "where the alert begins.",
        [Query(scope.total("currency", "unpaid_amount", OVERDUE), "{{currency}}")],
        MONEY,
        steps=above("overdue_amount"),
    )

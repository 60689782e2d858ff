"""What the shown numbers leave out: customers that cannot be read, rows, series, due dates."""

from tools.dashboards.panels import COUNT, Query, figure
from tools.dashboards.queries import Scope
from tools.dashboards.ranking import ranked
from tools.dashboards.sdk import dashboard
from tools.dashboards.thresholds import SOME

_DAY = "[1d]"  # polls are hours apart: a shorter window would mostly hold none


def unreadable(scope: Scope) -> dashboard.Panel:
    """Show how many customers cannot be read."""
    failing = scope.one("trustor_status", 'status=~"forbidden|disabled|error"')
    return figure(
        "Not readable",
        "Customers that refuse their overview, are disabled or fail. No total holds them.",
        [Query(f"sum({failing})", "")],
        COUNT,
        steps=SOME,
    )


def unread(scope: Scope) -> dashboard.Panel:
    """Show how many customers have not been read yet."""
    return figure(
        "Not read yet",
        "Listed customers without a reading, or with one that is too old. Totals over customers "
        "are absent meanwhile.",
        [Query(f"sum({scope.one('trustors_without_reading')})", "")],
        COUNT,
        steps=SOME,
    )


def series(scope: Scope) -> dashboard.Panel:
    """Show how many series were dropped."""
    return figure(
        "Series left out",
        "Series that are not exposed because max_series of the collector was reached.",
        [Query(f"sum({scope.together('series_left_out')})", "")],
        COUNT,
        steps=SOME,
    )


def rows(scope: Scope) -> dashboard.Panel:
    """Rank the reasons for which rows gave no sample."""
    dropped = scope.select("rows_dropped_total", 'reason!="zero"')
    counted = f"sum by (collector, reason) (increase({dropped}{_DAY}))"
    return ranked(
        "Rows without a sample in the last day",
        "Rows, or numbers in them, that gave no sample, by collector and reason; over all polls of "
        "the last day. Rows of zeros that are left out as configured do not count. The metric "
        "reference explains each reason.",
        Query(f"sort_desc({counted})", "{{collector}}: {{reason}}"),
        COUNT,
    )


def customers(scope: Scope) -> dashboard.Panel:
    """Rank the states that customers are in."""
    states = scope.total("status", "trustor_status")
    return ranked(
        "Customers by state",
        "Only customers whose state is ok are in the totals.",
        Query(f"sort_desc({states})", "{{status}}"),
        COUNT,
    )


def due(scope: Scope) -> dashboard.Panel:
    """Rank the ages of unpaid invoices, with those that have none."""
    unpaid = scope.total("overdue", "unpaid_invoices")
    return ranked(
        "Unpaid invoices by age",
        "unknown: the payment terms state no due date, so the invoice never counts as overdue. "
        "credit: an amount below 0, which has no age.",
        Query(f"sort_desc({unpaid})", "{{overdue}}"),
        COUNT,
    )

"""The large figures that more than one dashboard begins with."""

from tools.dashboards.panels import COUNT, SECONDS, Query, figure
from tools.dashboards.queries import CURRENT, OVERDUE, UNPAID, Scope
from tools.dashboards.sdk import dashboard
from tools.dashboards.thresholds import SOME, written

_CUSTOMER = "organization, trustor_id"
_FLOOR = "currency:threshold_small_amount:value"
_INVOICE = "organization, invoice"
_CONTRACT = "organization, contract"


def customers_in_overage(scope: Scope) -> dashboard.Panel:
    """Show how many customers have an overage worth money."""
    amount = scope.total(f"{_CUSTOMER}, currency", "trustor_estimated_overage_amount", CURRENT)
    customers = f"count by ({_CUSTOMER})"
    above_floor = f"{amount} > on (currency) group_left () {_FLOOR}"
    return figure(
        "Customers in overage",
        "Customers whose estimated overage in the current period is above the floor of its "
        f"currency ({written('small_amount')} unless the rules or the exporter say otherwise).",
        [Query(f"count({customers} ({above_floor})) or 0 * count({customers} ({amount}))", "")],
        COUNT,
        steps=SOME,
    )


def contracts_ending(scope: Scope) -> dashboard.Panel:
    """Show how many contracts, the organization's and its customers', end soon."""
    own = scope.one("contract_end_timestamp_seconds")
    customers = scope.one("trustor_contract_end_timestamp_seconds")
    days = written("contract_ending_days")
    queries = [
        Query(_ending(scope.days_until(own, "contracts"), days), "own"),
        Query(_ending(scope.days_until(customers, "trustors"), days), "customers"),
    ]
    return figure(
        "Contracts ending soon",
        f"Within {days} days of the reading: the organization's own contracts, and those of "
        "customers. Ended ones do not count.",
        queries,
        COUNT,
        steps=SOME,
    )


def _ending(left: str, days: str) -> str:
    return f"count({left} >= 0 < {days}) or 0 * count({left})"


def wallets_short(scope: Scope) -> dashboard.Panel:
    """Show how many wallets will be empty before their period ends."""
    runway = scope.recorded("organization_contract_wallet:runway:days")
    left = scope.recorded("organization_contract:period_left:days")
    short = f"{runway} < on ({_CONTRACT}) group_left () ({left} > 0)"
    return figure(
        "Wallets running out",
        "Wallets whose balance does not last to the end of the open period at the average pace "
        "so far (from the recording rules).",
        [Query(f"count({short}) or 0 * count({left})", "")],
        COUNT,
        steps=SOME,
    )


def invoices_overdue(scope: Scope) -> dashboard.Panel:
    """Show how many invoices are past their due date."""
    return figure(
        "Invoices overdue",
        "Unpaid invoices past the due date that their payment terms state.",
        [Query(f"sum({scope.one('unpaid_invoices', OVERDUE)})", "")],
        COUNT,
        steps=SOME,
    )


def invoices_due(scope: Scope) -> dashboard.Panel:
    """Show how many invoices fall due soon."""
    days = written("invoice_due_days")
    unpaid = scope.one("invoice_amount", UNPAID, by=_INVOICE)
    due = f"({scope.one('invoice_due_timestamp_seconds')} and on ({_INVOICE}) {unpaid})"
    left = scope.days_until(due, "invoices")
    return figure(
        "Invoices due soon",
        f"Unpaid invoices that fall due within {days} days of the reading.",
        [Query(_ending(left, days), "")],
        COUNT,
        steps=SOME,
    )


def oldest_data(scope: Scope) -> dashboard.Panel:
    """Show how old the oldest reading is."""
    times = scope.least("last_success_timestamp_seconds")
    return figure(
        "Oldest data",
        "Time since the oldest of the shown readings was polled. Billing data itself is of the "
        "previous day. See Exporter health for each collector.",
        [Query(f"clamp_min(time() - min({times}), 0)", "")],
        SECONDS,
    )

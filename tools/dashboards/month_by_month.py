"""Closed periods month by month, from the history that the exporter reads on its first day."""

from tools.dashboards.bars import monthly
from tools.dashboards.queries import Scope, renamed
from tools.dashboards.sdk import dashboard

_DAYS = 400
_NAMED = 5  # customers or contracts in a bar; the others are one part of it
_OTHERS = "others"


def bills(scope: Scope) -> dashboard.Panel:
    """Show what customers' closed periods came to, by the month in which they began."""
    return monthly(
        "Customers month by month, $currency",
        f"Estimated prepaid and overage of closed periods in $currency, by the month in which a "
        f"period began; the {_NAMED} largest customers by name. Without minimum amounts, tax and "
        "telephony. The newest bar grows until the period of every customer has closed.",
        _parts(scope.one("trustor_history_estimated_amount"), "trustor"),
        "trustor",
        _DAYS,
    )


def overages(scope: Scope) -> dashboard.Panel:
    """Show the overage of own contracts' closed periods."""
    return monthly(
        "Own contracts' overage month by month, $currency",
        "Charged overage of closed periods in $currency, by the month in which a period began; "
        f"the {_NAMED} largest contracts by name.",
        _parts(scope.one("contract_history_overage_amount"), "contract"),
        "contract",
        _DAYS,
    )


def _parts(history: str, label: str) -> str:
    """Return the amounts by month of the largest, and of all others together."""
    largest = f"topk({_NAMED}, sum by ({label}, currency) ({history}))"
    months = renamed(history, "period_start", "month", "([0-9-]{7}).*")
    named = f"sum by (month, {label}, currency) ({months} and on ({label}, currency) {largest})"
    rest = f"sum by (month, currency) ({months} unless on ({label}, currency) {largest})"
    return f'{named} or label_replace({rest}, "{label}", "{_OTHERS}", "", "")'

"""Reconciliation: whether the invoices agree with what was used, and what was not compared."""

from tools.dashboards.panels import COUNT, MONEY, Query, figure
from tools.dashboards.queries import Scope
from tools.dashboards.ranking import ranked
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import SOME

_OF = "subject, period, currency"
_SUBJECT = (
    Label("subject", "Of", width=100),
    Label("period", "Period", width=100),
    Label("currency", "Currency", width=90),
)


def pending(scope: Scope) -> dashboard.Panel:
    """List what is used and not invoiced yet."""
    return grid(
        "Used, not yet invoiced",
        "Overage that is used and not invoiced yet, of current and closed periods: the accrual of "
        "a month's end. Customers and contracts can be the same usage: do not add the two.",
        _SUBJECT,
        [Column("Amount", scope.one("reconciliation_pending_amount", by=_OF), MONEY)],
        sort="Of",
        descending=False,
    )


def unbalanced(scope: Scope) -> dashboard.Panel:
    """Show how many invoices do not add up."""
    counted = f"sum({scope.one('unbalanced_invoices')})"
    return figure(
        "Unbalanced invoices",
        "Invoices whose lines do not come to their amount.",
        [Query(f"{counted} or 0 * count({scope.one('up')})", "")],
        COUNT,
        steps=SOME,
    )


def states(scope: Scope) -> dashboard.Panel:
    """Rank the states of the compared charges."""
    counted = scope.total("subject, state", "reconciled_charges")
    return ranked(
        "Charges by how they compare",
        "Charges of closed periods: matched with the invoice within the tolerance; difference; "
        "only_invoiced; only_used; pending, where the bill may still come; not_comparable.",
        Query(f"sort_desc({counted} > 0)", "{{subject}}: {{state}}"),
        COUNT,
    )


def left_out(scope: Scope) -> dashboard.Panel:
    """List the amounts of invoice lines that were not compared."""
    return grid(
        "Invoice lines that were not compared",
        "Amounts by reason, such as advance (prepaid, billed before it is used), no_charge "
        "(telephony, taxes), no_sku, shared (several contracts fit), not_read (a period or "
        "organization that was not read). With them no invoiced amount is lost.",
        [
            Label("reason", "Reason"),
            Label("period", "Period", width=100),
            Label("currency", "Currency", width=90),
        ],
        [
            Column(
                "Amount",
                scope.total("reason, period, currency", "reconciliation_left_out_amount"),
                MONEY,
                width=140,
            )
        ],
        sort="Amount",
    )


def amounts(scope: Scope) -> dashboard.Panel:
    """Compare invoiced and used amounts of the closed periods."""

    def of(metric: str) -> str:
        return scope.total(_OF, f"reconciliation_{metric}_amount")

    def because(cause: str) -> str:
        amount = scope.total(_OF, "reconciliation_difference_amount", f'cause="{cause}"')
        return f"{amount} or 0 * {of('invoiced')}"

    causes = {
        "By quantity": "quantity",
        "By price": "price",
        "Only invoiced": "only_invoiced",
        "Only used": "only_used",
    }
    return grid(
        "Invoiced against used",
        "Overage of closed periods that was compared: what the invoices say, what was used, and "
        "the difference by its cause, without what is within the tolerance. Previous is the last "
        "closed period, older the three before it. `billing-exporter reconcile` prints each "
        "charge.",
        _SUBJECT,
        [
            Column("Invoiced", of("invoiced"), MONEY),
            Column("Used", of("used"), MONEY),
            *(Column(title, because(cause), MONEY) for title, cause in causes.items()),
        ],
        sort="Of",
        descending=False,
    )


def change(scope: Scope) -> dashboard.Panel:
    """Show why customers' last settled periods differ from those before."""
    by, metric = "trustor, currency", "trustor_estimated_change_amount"

    def because(cause: str) -> str:
        amount = scope.total(by, metric, f'cause="{cause}"')
        return f"{amount} or 0 * {scope.total(by, metric)}"

    causes = ("Quantity", "Price", "Commitment", "New", "Gone")
    return grid(
        "Why the last settled period differs from the one before",
        "Estimated amount of each customer's last settled period less the one before, by cause. "
        "The causes add up to the whole change.",
        [Label("trustor", "Customer", width=240), Label("currency", "Currency", width=90)],
        [
            Column("Change", scope.total(by, metric), MONEY),
            *(Column(cause, because(cause.lower()), MONEY) for cause in causes),
        ],
        sort="Change",
    )

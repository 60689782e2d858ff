"""Finance metrics, declared as data: reconciliation, change, margin, budgets and showback.

They are computed from several readings, so they belong to no collector.
"""

from billing_exporter.metrics.family import Metric, Subject

SECTION = "finance"
"""Name under which the exposition keeps those that have the label ``organization``."""

_bill = Subject("closed billing periods and invoices")

RECONCILED_CHARGES = _bill.total(
    "reconciled_charges",
    ("subject", "period", "state"),
    "Charges of closed periods by how they compare with the invoices: matched, difference, "
    "only_invoiced, only_used, pending or not_comparable. Period older is the three before the "
    "previous one.",
)
INVOICED = _bill.total(
    "reconciliation_invoiced_amount",
    ("subject", "period", "currency"),
    "Invoiced amount of the charges that were compared, in the currency.",
)
USED = _bill.total(
    "reconciliation_used_amount",
    ("subject", "period", "currency"),
    "Used amount of the charges that were compared: overage, in the currency.",
)
DIFFERENCE = _bill.total(
    "reconciliation_difference_amount",
    ("subject", "period", "currency", "cause"),
    "Invoiced less used, in the currency, by cause: quantity, price, only_invoiced or only_used; "
    "what is within the tolerance is left out.",
)
LEFT_OUT = _bill.total(
    "reconciliation_left_out_amount",
    ("period", "currency", "reason"),
    "Amount of invoice lines that were not compared, in the currency, by reason.",
)
PENDING = _bill.total(
    "reconciliation_pending_amount",
    ("subject", "period", "currency"),
    "Overage that is used and not invoiced yet, in the currency: the accrual of a month's end. "
    "Period current is the running one. A contract and its customers state the same overage: "
    "subjects do not add up.",
)
CONTRACT_DIFFERENCE = _bill.total(
    "contract_reconciliation_difference_amount",
    ("contract", "period", "currency"),
    "Invoiced less used of a contract's charges that differ, in the currency; absent without one.",
)
TRUSTOR_DIFFERENCE = _bill.total(
    "trustor_reconciliation_difference_amount",
    ("trustor", "trustor_id", "period", "currency"),
    "Invoiced less used of a customer's charges that differ, in the currency; absent without one.",
)
UNBALANCED = _bill.total(
    "unbalanced_invoices",
    ("currency",),
    "Invoices whose lines do not add up to their amount.",
)
CHANGE = _bill.total(
    "trustor_estimated_change_amount",
    ("trustor", "trustor_id", "currency", "cause"),
    "Estimated: last settled period less the one before, in the currency, by cause: quantity, "
    "price, commitment, new or gone charges. The causes add up to the whole change.",
)
BOUGHT = _bill.total(
    "trustor_bought_amount",
    ("trustor", "trustor_id", "period", "currency"),
    "What the partner is invoiced for a customer's settled period, credits included, in the "
    "currency; only charges that have a selling price.",
)
SOLD = _bill.total(
    "trustor_estimated_sold_amount",
    ("trustor", "trustor_id", "period", "currency"),
    "Estimated: invoiced quantities of a customer's settled period at the selling prices of the "
    "configuration, in the currency.",
)
MARGIN = _bill.total(
    "trustor_estimated_margin_amount",
    ("trustor", "trustor_id", "period", "currency"),
    "Estimated: sold less bought of a customer's settled period, in the currency.",
)
UNPRICED = _bill.total(
    "trustor_unpriced_charges",
    ("trustor", "trustor_id"),
    "Invoiced charges of the previous period that have no margin: no selling price, another "
    "currency, or no quantity.",
)

BILL: tuple[Metric, ...] = _bill.metrics()
"""With the label ``organization``."""

_plan = Subject("current and closed periods, in the terms of the configuration", common=())

BUDGET = _plan.fact("budget_amount", ("budget", "currency"), "Budget, in the currency.")
BUDGET_ESTIMATED = _plan.total(
    "budget_estimated_amount",
    ("budget", "currency"),
    "Estimated: what counts in the budget's period so far, in the currency.",
)
BUDGET_FORECAST = _plan.total(
    "budget_forecast_amount",
    ("budget", "currency"),
    "Estimated: what will count at the end of the budget's period, in the currency.",
)
BUDGET_LOWER = _plan.fact(
    "budget_forecast_amount_lower",
    ("budget", "currency"),
    "Estimated: lower bound of the forecast amount, in the currency, from how its own totals "
    "varied; only where one exporter reads all customers.",
)
BUDGET_UPPER = _plan.fact(
    "budget_forecast_amount_upper",
    ("budget", "currency"),
    "Estimated: upper bound of the forecast amount, in the currency, from how its own totals "
    "varied; only where one exporter reads all customers.",
)
BUDGET_ELAPSED = _plan.fact(
    "budget_elapsed_ratio",
    ("budget",),
    "Share of the budget's period that has passed; of several billing periods the mean, weighted "
    "by their forecast amounts.",
)
BUDGET_MEMBERS = _plan.total(
    "budget_members", ("budget",), "Charges of current periods that the budget's patterns match."
)
BUDGET_UNPRICED = _plan.total(
    "budget_unpriced_charges",
    ("budget",),
    "Charges that the budget's patterns match and that have usage and no price: their amount is "
    "missing in the budget.",
)
BUDGET_WITHOUT_PAST = _plan.total(
    "budget_without_past",
    ("budget",),
    "Customers or contracts that count in the budget and of which a closed period of its quarter "
    "or year came without its numbers (forbidden, not found or incomplete): its amount is missing "
    "in the budget.",
)
BUDGET_WAITING = _plan.fact(
    "budget_waiting",
    ("budget",),
    "1 while customers or contracts that may count in the budget, or closed periods of its quarter "
    "or year, have not been read, or not for longer than max_age: its other metrics are absent but "
    "for budget_amount and thresholds; otherwise 0.",
)
BUDGET_THRESHOLD = _plan.fact(
    "budget_threshold_ratio",
    ("budget", "basis"),
    "Share of the budget from which an alert fires, by basis: spent or forecast.",
)
ALLOCATED = _plan.total(
    "allocated_estimated_amount",
    ("allocation", "group", "currency"),
    "Estimated: amount of current periods that a group bears, in the currency; group unallocated "
    "is what nothing matches. A contract counts with the overage that its customers do not show. "
    "Each shard has its part, which may be negative.",
)
ALLOCATED_FORECAST = _plan.total(
    "allocated_forecast_amount",
    ("allocation", "group", "currency"),
    "Estimated: amount at the end of current periods that a group will bear, in the currency; "
    "contracts count as in allocated_estimated_amount.",
)
ALLOCATED_INVOICED = _plan.total(
    "allocated_invoiced_amount",
    ("allocation", "group", "currency"),
    "Invoiced amount of the previous periods that a group bears, credits included, in the "
    "currency. Each shard has the lines of its customers.",
)
ALLOCATION_WAITING = _plan.fact(
    "allocation_waiting",
    ("allocation",),
    "1 while customers or contracts of any organization, with shards also invoices, have not been "
    "read, or not for longer than max_age: the amounts of the allocation are absent; otherwise 0.",
)
UNMATCHED_PATTERNS = _plan.fact(
    "unmatched_patterns",
    ("section", "name"),
    "Patterns of a budget, an allocation or the prices that match nothing this exporter reads.",
)
THRESHOLD = _plan.fact(
    "threshold_amount",
    ("threshold", "currency"),
    "Threshold of alerts from the configuration, in the currency; it wins over the rules' own. "
    "Currency default is for all others.",
)

PLAN: tuple[Metric, ...] = _plan.metrics()
"""Without the label ``organization``: budgets and allocations can span several."""

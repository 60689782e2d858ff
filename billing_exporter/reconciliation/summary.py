"""Sums over a reconciliation, by currency: what was not compared, and what is still to come."""

from collections import defaultdict
from decimal import Context, Decimal

from billing_exporter.reconciliation.records import ZERO, Reason, Reconciliation

_EXACT = Context(prec=60)


def left_out_amounts(found: Reconciliation) -> dict[tuple[str, Reason], Decimal]:
    """Add up what was invoiced and not compared, by currency and reason.

    With what was compared, and the credits that belong to it, this is all that was invoiced.
    """
    sums: defaultdict[tuple[str, Reason], Decimal] = defaultdict(Decimal)
    for left in found.left_out:
        key = left.line.currency, left.reason
        sums[key] = _EXACT.add(sums[key], left.line.amount or ZERO)
    for each in found.comparisons:
        if each.state == "not_comparable" and (each.lines or each.credited_amount):
            key = each.currency, "not_comparable"
            billed = _EXACT.add(each.invoiced_amount, each.credited_amount)
            sums[key] = _EXACT.add(sums[key], billed)
    return dict(sums)


def pending_amounts(found: Reconciliation) -> dict[str, Decimal]:
    """Add up what was used and is not invoiced yet, by currency: the accrual of a month's end."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in found.comparisons:
        if each.state == "pending":
            owed = _EXACT.subtract(each.used_amount or ZERO, each.invoiced_amount)
            sums[each.currency] = _EXACT.add(sums[each.currency], max(ZERO, owed))
    return dict(sums)

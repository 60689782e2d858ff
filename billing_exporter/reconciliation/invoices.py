"""Invoices whose lines do not add up to their amount."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from billing_exporter.reconciliation import tolerance
from billing_exporter.reconciliation.records import ZERO, Line


class Invoice(msgspec.Struct, frozen=True):
    """An invoice whose lines were all read, by what it says it comes to."""

    id: str
    currency: str
    amount: Decimal | None


class Unbalanced(msgspec.Struct, frozen=True):
    """An invoice and what its lines come to instead."""

    invoice: Invoice
    lines_amount: Decimal


def unbalanced(
    invoices: Iterable[Invoice], lines: Iterable[Line], share: Decimal = tolerance.DEFAULT_SHARE
) -> list[Unbalanced]:
    """Return the invoices whose lines do not add up to them, beyond the tolerance.

    An invoice without an amount, or with a line without one, cannot be judged.
    """
    of: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        of[line.invoice].append(line)
    found = []
    for invoice in invoices:
        amounts = [line.amount for line in of[invoice.id]]
        if invoice.amount is None or None in amounts:
            continue
        total = sum((amount for amount in amounts if amount is not None), ZERO)
        allowed = tolerance.of_amount(invoice.currency, invoice.amount, len(amounts), share)
        if abs(total - invoice.amount) > allowed:
            found.append(Unbalanced(invoice, total))
    return found

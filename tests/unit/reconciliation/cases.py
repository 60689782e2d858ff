"""Lines and charges as the tests of the reconciliation write them."""

from datetime import date
from decimal import Decimal
from typing import Any

from billing_exporter.reconciliation.compare import Terms, reconcile
from billing_exporter.reconciliation.records import (
    Comparison,
    Line,
    Read,
    Reconciliation,
    Subject,
    Used,
)

START, END = date(2026, 9, 1), date(2026, 9, 30)
ISSUED, TODAY = date(2026, 10, 3), date(2026, 12, 24)
READ = [Read(frozenset({"org-1", "org-2"}), START, END)]


def line(amount: str | None = "50.00", quantity: str | None = "10", **changes: Any) -> Line:
    """Return a line in arrears for September."""
    usual: dict[str, Any] = {
        "invoice": "INV-1",
        "currency": "EUR",
        "issued": ISSUED,
        "organization": "org-1",
        "sku": "GC-1",
        "name": "Minutes",
        "start": START,
        "end": END,
        "quantity": None if quantity is None else Decimal(quantity),
        "amount": None if amount is None else Decimal(amount),
    }
    return Line(**{**usual, **changes})


def used(quantity: str | None = "10", price: str | None = "5", **changes: Any) -> Used:
    """Return a charge of September with overage."""
    amount = None
    if quantity is not None and price is not None:
        amount = Decimal(quantity) * Decimal(price)
    usual: dict[str, Any] = {
        "of": "C-1",
        "of_id": "c-1",
        "organizations": frozenset({"org-1"}),
        "charge": "Minutes",
        "sku": "GC-1",
        "start": START,
        "end": END,
        "currency": "EUR",
        "quantity": None if quantity is None else Decimal(quantity),
        "price": None if price is None else Decimal(price),
        "amount": amount,
    }
    return Used(**{**usual, **changes})


def compared(
    charges: list[Used],
    lines: list[Line],
    subject: Subject = "contracts",
    today: date = TODAY,
    **terms: Any,
) -> Reconciliation:
    """Reconcile charges and lines."""
    return reconcile(subject, charges, lines, READ, Terms(today, **terms))


def verdict(*arguments: Any, **settings: Any) -> Comparison:
    """Return the one comparison that comes of it."""
    (found,) = compared(*arguments, **settings).comparisons
    return found

"""Overviews, invoices and ledgers as the tests of the accounts write them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from billing_exporter.accounts.ledger import Ledger, Stores
from billing_exporter.accounts.records import ACCOUNTS, BILLS, INDEXES
from billing_exporter.genesys.records import (
    BillingInvoice,
    BillingInvoiceItem,
    BillingProduct,
    NamedEntity,
    SubscriptionOverviewUsage,
    TrusteeBillingOverview,
)
from billing_exporter.metrics.samples import readable
from billing_exporter.state_files.store import MemoryStore

TODAY = date(2026, 11, 28)
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
ISSUED = date(2026, 11, 3)


def stores() -> Stores:
    """Return stores in memory."""
    return Stores(MemoryStore(ACCOUNTS), MemoryStore(BILLS), MemoryStore(INDEXES))


def row(
    used: str | None = "110", prepaid: str = "100", price: str = "2", **changes: Any
) -> SubscriptionOverviewUsage:
    """Return a row of an overview with overage."""
    usual: dict[str, Any] = {
        "name": "Minutes",
        "part_number": "GC-1",
        "grouping": "resource",
        "unit_of_measure_type": "minutes",
        "usage_quantity": None if used is None else Decimal(used),
        "prepay_quantity": Decimal(prepaid),
        "prepay_price": Decimal(1),
        "overage_price": Decimal(price),
    }
    return SubscriptionOverviewUsage(**{**usual, **changes})


def overview(start: date, *rows: SubscriptionOverviewUsage) -> TrusteeBillingOverview:
    """Return the overview of the month that begins on a day."""
    end = (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return TrusteeBillingOverview(
        usages=rows,
        currency="EUR",
        billing_period_start_date=datetime.combine(start, time(), UTC),
        billing_period_end_date=datetime.combine(end, time(23, 59, 59), UTC),
    )


def item(amount: str, quantity: str, start: date, end: date, **of: str) -> BillingInvoiceItem:
    """Return a line of an invoice."""
    organization = of.get("organization", "t-1")
    return BillingInvoiceItem(
        organization=NamedEntity(id=organization) if organization else None,
        product=BillingProduct(sku=of.get("sku", "GC-1"), name="Minutes"),
        date_start=start,
        date_end=end,
        quantity=Decimal(quantity),
        amount=Decimal(amount),
    )


def invoice(amount: str, key: str = "I-1", issued: date = ISSUED) -> BillingInvoice:
    """Return an invoice."""
    return BillingInvoice(
        id=key, date_invoiced=issued, currency_iso_code="EUR", amount=Decimal(amount)
    )


def ledger_of(
    periods: dict[date, list[SubscriptionOverviewUsage]],
    lines: list[BillingInvoiceItem] | None,
    *,
    is_settled: bool = True,
    changed: Callable[[Ledger], None] = lambda _: None,
) -> Ledger:
    """Return the ledger of a partner with one customer, Acme, and one invoice."""
    ledger = Ledger("acme", stores())
    for start, rows in periods.items():
        ledger.customer_period("t-1", "Acme", overview(start, *rows), is_settled=is_settled)
    ledger.keep_only("trustors", ["t-1"])
    total = sum((readable(line.amount) or Decimal(0) for line in lines or ()), Decimal(0))
    bill = invoice(str(total))
    assert ledger.wants_lines(bill, TODAY)
    if lines is not None:
        ledger.lines(bill, lines)
    ledger.keep_only_invoices(["I-1"])
    changed(ledger)
    return ledger

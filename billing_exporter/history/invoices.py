"""Invoices with their lines, as reconciliation needs them."""

from collections.abc import Iterable

from billing_exporter.collectors.base import label
from billing_exporter.genesys.records import BillingInvoice, BillingInvoiceItem
from billing_exporter.metrics.samples import readable
from billing_exporter.reconciliation.invoices import Invoice
from billing_exporter.reconciliation.records import Line


def invoice_of(invoice: BillingInvoice) -> Invoice:
    """Return what an invoice says that it comes to."""
    return Invoice(label(invoice.id), label(invoice.currency_iso_code), readable(invoice.amount))


def lines_of(invoice: BillingInvoice, items: Iterable[BillingInvoiceItem]) -> list[Line]:
    """Return the lines of an invoice, each with what the invoice says of it."""
    return [line_of(invoice, item) for item in items]


def line_of(invoice: BillingInvoice, item: BillingInvoiceItem) -> Line:
    """Return a line of an invoice with what the invoice says of it."""
    return Line(
        invoice=label(invoice.id),
        currency=label(invoice.currency_iso_code),
        issued=invoice.date_invoiced,
        organization=label(item.organization.id if item.organization else None),
        sku=label(item.product.sku if item.product else None),
        name=label(item.product.name if item.product else None) or label(item.description),
        start=item.date_start,
        end=item.date_end,
        quantity=readable(item.quantity),
        amount=readable(item.amount),
    )

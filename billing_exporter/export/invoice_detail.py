"""FOCUS Invoice Detail: one row per charge of an invoice, with terms and status of the invoice."""

import re
from collections.abc import Iterable

from billing_exporter.collectors.base import label
from billing_exporter.collectors.invoices import due_of
from billing_exporter.collectors.payment_status import shown
from billing_exporter.export.accounts import Terms, account_of
from billing_exporter.export.billed import Charge
from billing_exporter.export.cost_and_usage import Placed
from billing_exporter.export.spans import first_moment, moment_after
from billing_exporter.export.tables import Row

_VOID = frozenset({"void", "voided", "cancelled", "canceled"})
_NO_LETTER = re.compile(r"[\W\d_]+")


def rows_of(charges: Iterable[Charge], terms: Terms) -> list[Placed]:
    """Return the rows of charges."""
    return [Placed(charge.period, _row(charge, terms)) for charge in charges]


def _row(charge: Charge, terms: Terms) -> Row:
    invoice = charge.invoice
    assert invoice.date_invoiced is not None  # noqa: S101 - one without a day is left out
    issued, due = first_moment(invoice.date_invoiced), due_of(invoice)
    account, _ = account_of(invoice.bill_to_customer, charge.source)
    is_void = _NO_LETTER.sub("", label(invoice.payment_status)).lower() in _VOID
    return {
        "BilledCost": charge.amount,
        "BillingAccountId": account,
        "BillingCurrency": charge.currency,
        "BillingPeriodStart": first_moment(charge.period.start),
        "BillingPeriodEnd": moment_after(charge.period.end),
        "ChargeCategory": charge.category,
        "InvoiceDetailCreated": issued,
        "InvoiceDetailLastUpdated": issued,
        "InvoiceDetailDescription": charge.description or None,
        "InvoiceDetailId": charge.id,
        "InvoiceId": label(invoice.id),
        "InvoiceIssueDate": issued,
        "InvoiceIssueStatus": "Voided" if is_void else "Issued",
        "InvoiceIssuerName": terms.issuer,
        "PaymentDueDate": None if due is None else first_moment(due),
        "PaymentTerms": label(invoice.payment_terms) or None,
        "PurchaseOrderNumber": label(invoice.customer_po_number) or None,
        "ReferenceInvoiceId": label(invoice.id),
        "x_Organization": charge.source,
        "x_PaymentStatus": shown(invoice.payment_status),
    }

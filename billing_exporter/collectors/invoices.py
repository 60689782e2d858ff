"""Invoices and their lines: what was billed, what is unpaid, and for how long.

Exposes::

    genesyscloud_billing_unpaid_amount{organization="acme",currency="EUR",overdue="31-60d"} 812.5
    genesyscloud_billing_invoice_amount{organization="acme",invoice="i-1",currency="EUR",...} 812.5

An invoice has no due date; it is derived from payment terms that state one (``terms``).
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain, product

import msgspec

from billing_exporter.collectors.base import Details, Poll, label, once_each
from billing_exporter.collectors.payment_terms import due_date
from billing_exporter.collectors.settings import InvoicesSettings, seconds
from billing_exporter.genesys.records import BillingInvoice, BillingInvoiceItem
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.samples import Labels, Samples, extended, labels, unix_time

PAID, UNPAID = "paid", "unpaid"
AGES = ("not_due", "1-30d", "31-60d", "61-90d", "over_90d", "unknown")
_AGE_LIMITS = ((0, "not_due"), (30, "1-30d"), (60, "31-60d"), (90, "61-90d"))


class InvoiceData(msgspec.Struct, frozen=True):
    """An invoice without addresses and payment link; ``lines`` is None where none were asked."""

    invoice: BillingInvoice
    lines: tuple[BillingInvoiceItem, ...] | None


class InvoicesData(msgspec.Struct, frozen=True):
    """All invoices as of a day (UTC)."""

    today: date
    invoices: tuple[InvoiceData, ...]


class Totals(msgspec.Struct, frozen=True):
    """The part that adds up all invoices."""

    today: date
    invoices: tuple[BillingInvoice, ...]


class InvoicesCollector:
    """Polls invoices of the lookback, all unpaid ones, and the lines as configured."""

    name = "invoices"
    metrics = catalogue.INVOICES_METRICS
    data = InvoicesData

    def __init__(self, settings: InvoicesSettings) -> None:
        self._lookback = timedelta(seconds=seconds(settings.lookback))
        self._lines = settings.lines

    def fetch(self, poll: Poll[InvoicesData]) -> InvoicesData:
        """Fetch the listing, then lines; lines of paid invoices are fetched once and kept."""
        today = poll.now.date()
        listed = chain(
            poll.api.invoices(date_start=today - self._lookback),
            poll.api.invoices(payment_status="UnPaid"),
        )
        invoices = once_each(map(_without_people, listed), _identity)
        kept = {}
        if poll.previous is not None:
            kept = {known.invoice.id: known for known in poll.previous.invoices}
        details = Details(poll)
        done = []
        for number, invoice in enumerate(invoices):
            poll.progress(number, len(invoices))
            lines = self._lines_of(poll, details, invoice, kept.get(invoice.id))
            done.append(InvoiceData(invoice, lines))
        poll.progress(len(invoices), len(invoices))
        return InvoicesData(today, tuple(done))

    def parts(self, data: InvoicesData) -> dict[str, Totals | InvoiceData]:
        """The totals are one part, each invoice is one."""
        totals = Totals(data.today, tuple(known.invoice for known in data.invoices))
        each = {
            f"invoice {_identity(known.invoice) or f'without id, {number}'}": known
            for number, known in enumerate(data.invoices)
        }
        return {"all": totals, **each}

    def expose(self, part: Totals | InvoiceData) -> Samples:
        """Say what the totals or one invoice mean."""
        samples = Samples()
        if isinstance(part, Totals):
            _expose_totals(samples, part)
        else:
            _expose_invoice(samples, part)
        return samples

    def _lines_of(
        self,
        poll: Poll[InvoicesData],
        details: Details,
        invoice: BillingInvoice,
        kept: InvoiceData | None,
    ) -> tuple[BillingInvoiceItem, ...] | None:
        key, status = invoice.id, payment_status(invoice)
        wanted = self._lines == "all" or (self._lines == "unpaid" and status == UNPAID)
        if not wanted or key is None:
            return None
        known = kept.lines if kept is not None else None
        if known is not None and status == PAID and kept is not None and _was_paid(kept):
            return known
        lines = details.ask(
            lambda: tuple(once_each(poll.api.invoice_lines(key), lambda line: line.id)),
            f"lines of invoice {key}",
        )
        return known if lines is None else lines


def payment_status(invoice: BillingInvoice) -> str:
    """Return ``paid`` or ``unpaid`` in whatever case the API writes them, else as given."""
    given = label(invoice.payment_status)
    return given.lower() if given.lower() in {PAID, UNPAID} else given or "unknown"


def age(due: date | None, today: date) -> str:
    """Return the bucket of ``AGES`` for an unpaid invoice."""
    if due is None:
        return "unknown"
    days = (today - due).days
    return next((name for limit, name in _AGE_LIMITS if days <= limit), "over_90d")


def _identity(invoice: BillingInvoice) -> str | None:
    return label(invoice.id) or None


def _was_paid(known: InvoiceData) -> bool:
    return payment_status(known.invoice) == PAID


def _without_people(invoice: BillingInvoice) -> BillingInvoice:
    return msgspec.structs.replace(
        invoice, payment_link=None, bill_to_address=None, ship_to_address=None
    )


def due_of(invoice: BillingInvoice) -> date | None:
    """Return the last day to pay the invoice, or None where its terms do not tell."""
    return due_date(invoice.date_invoiced, invoice.payment_terms)


def _expose_totals(samples: Samples, part: Totals) -> None:
    # A bucket that is empty is a known zero: an alert on it must be able to end.
    for currency in {label(invoice.currency_iso_code) for invoice in part.invoices} - {""}:
        for metric, status in product(
            (catalogue.INVOICES, catalogue.INVOICES_AMOUNT), (PAID, UNPAID)
        ):
            samples.sum_up(metric, labels(metric.labels, currency, status), 0)
        for metric, bucket in product((catalogue.UNPAID_INVOICES, catalogue.UNPAID_AMOUNT), AGES):
            samples.sum_up(metric, labels(metric.labels, currency, bucket), 0)
    for invoice in part.invoices:
        currency = label(invoice.currency_iso_code)
        if not currency:
            samples.drop("missing")
            continue
        status = payment_status(invoice)
        of_status = labels(catalogue.INVOICES.labels, currency, status)
        samples.sum_up(catalogue.INVOICES, of_status, 1)
        samples.sum_up(catalogue.INVOICES_AMOUNT, of_status, invoice.amount)
        if status == UNPAID:
            bucket = age(due_of(invoice), part.today)
            of_age = labels(catalogue.UNPAID_AMOUNT.labels, currency, bucket)
            samples.sum_up(catalogue.UNPAID_INVOICES, of_age, 1)
            samples.sum_up(catalogue.UNPAID_AMOUNT, of_age, invoice.amount)


def _expose_invoice(samples: Samples, part: InvoiceData) -> None:
    invoice = part.invoice
    name, currency = label(invoice.id), label(invoice.currency_iso_code)
    if not name:
        samples.drop("missing")
        return
    if currency:
        amount = labels(catalogue.INVOICE_AMOUNT.labels, name, currency, payment_status(invoice))
        samples.add(catalogue.INVOICE_AMOUNT, amount, invoice.amount)
    of_invoice = labels(("invoice",), name)
    samples.add(catalogue.INVOICE_ISSUED, of_invoice, unix_time(invoice.date_invoiced))
    samples.add(catalogue.INVOICE_DUE, of_invoice, unix_time(due_of(invoice), end_of_day=True))
    bill_to = invoice.bill_to_customer
    facts = (
        label(bill_to.name if bill_to else None),
        label(invoice.payment_terms),
        label(invoice.customer_po_number),
        label(invoice.customer_invoice_type),
    )
    samples.add(catalogue.INVOICE_INFO, labels(catalogue.INVOICE_INFO.labels, name, *facts), 1)
    for line, of_line in _labelled(part.lines or (), name):
        unit = label(line.unit_of_measure)
        to = extended(of_line, catalogue.INVOICE_LINE_QUANTITY.labels, unit)
        if line.quantity is not None:
            samples.sum_up(catalogue.INVOICE_LINE_QUANTITY, to, line.quantity)
        if currency:
            to = extended(of_line, catalogue.INVOICE_LINE_AMOUNT.labels, currency)
            samples.sum_up(catalogue.INVOICE_LINE_AMOUNT, to, line.amount)
        else:
            samples.drop("missing")


def _labelled(
    lines: tuple[BillingInvoiceItem, ...], invoice: str
) -> Iterator[tuple[BillingInvoiceItem, Labels]]:
    for line in lines:
        sku = label(line.product.sku if line.product else None)
        name = label(line.product.name if line.product else None) or label(line.description)
        organization = label(line.organization.name if line.organization else None)
        yield line, labels(catalogue.LINE, invoice, sku, name, organization)

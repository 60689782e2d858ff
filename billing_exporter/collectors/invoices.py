"""Invoices and their lines: what was billed, what is unpaid, and for how long.

Exposes::

    genesyscloud_billing_unpaid_amount{organization="acme",currency="EUR",overdue="31-60d"} 812.5
    genesyscloud_billing_invoice_amount{organization="acme",invoice="i-1",currency="EUR",...} 812.5

An invoice has no due date; it is derived from payment terms that state one (``terms``).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import chain

import msgspec

from billing_exporter.collectors.base import Details, Poll, concluded, label, refuse_emptied
from billing_exporter.collectors.invoice_listings import refuse_emptied_listings
from billing_exporter.collectors.payment_status import PAID, UNPAID, is_owed, shown
from billing_exporter.collectors.payment_terms import due_date
from billing_exporter.collectors.settings import InvoicesSettings
from billing_exporter.genesys import BillingApi
from billing_exporter.genesys.decoding import encode
from billing_exporter.genesys.records import BillingInvoice, BillingInvoiceItem
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Labels, Samples, extended, labels, readable, unix_time

AGES = ("not_due", "1-30d", "31-60d", "61-90d", "over_90d", "unknown")
CREDIT = "credit"
_AGE_LIMITS = ((0, "not_due"), (30, "1-30d"), (60, "31-60d"), (90, "61-90d"))


class InvoiceData(msgspec.Struct, frozen=True):
    """An invoice without addresses and payment link.

    Attributes:
        invoice: as listed.
        lines: None where none were asked for, or none could be read for longer than ``max_age``.
    """

    invoice: BillingInvoice
    lines: tuple[BillingInvoiceItem, ...] | None


class InvoicesData(msgspec.Struct, frozen=True):
    """All invoices as of a day (UTC).

    Attributes:
        today: the day of the poll.
        invoices: all that were listed.
        lines_read: when the lines that are known were last read or confirmed, by invoice.
    """

    today: date
    invoices: tuple[InvoiceData, ...]
    lines_read: dict[str, datetime] = {}


class Totals(msgspec.Struct, frozen=True):
    """The part that adds up all invoices."""

    today: date
    invoices: tuple[BillingInvoice, ...]


class _LineTimes(msgspec.Struct, frozen=True):
    read: dict[str, datetime]


InvoicesPart = Totals | tuple[InvoiceData, ...] | _LineTimes


class InvoicesCollector:
    """Polls invoices of the lookback, all unpaid ones, and the lines as configured."""

    name = "invoices"
    metrics = catalogue.INVOICES_METRICS
    data = InvoicesData

    def __init__(self, settings: InvoicesSettings, *, for_ledger: bool = False) -> None:
        """Poll for both, or for the ledger alone: then of lines only what it needs is read."""
        self._lookback = settings.lookback.time
        self._max_age = settings.max_age.time
        self._are_read = settings.lines != "none"
        self._lines = "none" if for_ledger else settings.lines

    def fetch(self, poll: Poll[InvoicesData]) -> InvoicesData:
        """Fetch the listing, then lines; lines of paid invoices are fetched once and kept."""
        today = poll.now.date()
        invoices = self._listed(poll, today)
        known = poll.previous or InvoicesData(today, ())
        kept = {before.invoice.id: before for before in reversed(known.invoices)}
        details = Details(poll)
        done, times = [], {}
        for number, invoice in enumerate(invoices):
            poll.progress(number, len(invoices))
            before, key, lines = kept.get(invoice.id), str(invoice.id), None
            if key not in times:  # of several invoices with one id, one has its lines
                lines = self._lines_of(poll, details, invoice, before)
                if lines is not None:
                    times[key] = poll.now
                    poll.ledger.lines(invoice, lines)
                elif before is not None and key in known.lines_read and self._wants_lines(invoice):
                    lines, times[key] = before.lines, known.lines_read[key]
                self._read_for_ledger(poll, details, invoice)
            done.append(InvoiceData(invoice, lines))
        poll.progress(len(invoices), len(invoices))
        listed = [label(invoice.id) for invoice in invoices]
        lookback = self._lookback if self._are_read else None
        poll.ledger.keep_only_invoices(listed, lookback)
        data = InvoicesData(today, tuple(done), times)
        return concluded(poll, self.fresh(data, poll.now), details)

    def fresh(self, data: InvoicesData, now: datetime) -> InvoicesData:
        """Drop lines that could not be read for longer than ``max_age``."""
        old = {key for key, read in data.lines_read.items() if now - read > self._max_age}
        if not old:
            return data
        invoices = tuple(
            InvoiceData(known.invoice, None) if known.invoice.id in old else known
            for known in data.invoices
        )
        read = {key: at for key, at in data.lines_read.items() if key not in old}
        return InvoicesData(data.today, invoices, read)

    def parts(self, data: InvoicesData) -> dict[str, InvoicesPart]:
        """The totals are one part, all invoices of one id are one, and the times of reading lines.

        As a rule an id has one invoice.
        """
        totals = Totals(data.today, tuple(known.invoice for known in data.invoices))
        each: defaultdict[str, tuple[InvoiceData, ...]] = defaultdict(tuple)
        for number, known in enumerate(data.invoices):
            each[f"invoice {label(known.invoice.id) or f'without id, {number}'}"] += (known,)
        return {"all": totals, "lines": _LineTimes(data.lines_read), **each}

    def expose(self, part: InvoicesPart) -> Samples:
        """Return what the totals, the invoices of one id, or the times of reading mean."""
        samples = Samples()
        if isinstance(part, Totals):
            _expose_totals(samples, part)
        elif isinstance(part, _LineTimes):
            for name, read in part.read.items():
                at = unix_time(read)
                samples.add(catalogue.INVOICE_LINES_LAST_SUCCESS, labels(("invoice",), name), at)
        else:
            for known in part:
                _expose_invoice(samples, known)
        return samples

    def _listed(self, poll: Poll[InvoicesData], today: date) -> list[BillingInvoice]:
        """Return the invoices of both listings.

        Where invoices of one id differ, one may have changed in between: both are read again, and
        what differs then as well are two.
        """
        found = self._listed_once(poll, today)
        ids = [invoice.id for invoice in found if invoice.id]
        return found if len(set(ids)) == len(ids) else self._listed_once(poll, today)

    def _listed_once(self, poll: Poll[InvoicesData], today: date) -> list[BillingInvoice]:
        start = today - self._lookback
        recent = list(map(_without_people, poll.api.invoices(date_start=start)))
        unpaid = list(map(_without_people, poll.api.invoices(payment_status="UnPaid")))
        invoices = _distinct(recent, unpaid)
        if poll.previous is not None:
            known = [each.invoice for each in poll.previous.invoices]
            refuse_emptied_listings(known, start, recent, unpaid)
        return invoices

    def _lines_of(
        self,
        poll: Poll[InvoicesData],
        details: Details,
        invoice: BillingInvoice,
        kept: InvoiceData | None,
    ) -> tuple[BillingInvoiceItem, ...] | None:
        """Return the lines as they are now, or None where they are not wanted or not readable."""
        key = label(invoice.id)
        if not self._wants_lines(invoice) or not key:
            return None
        if kept is not None and kept.lines is not None and _is_paid(invoice) and _was_paid(kept):
            return kept.lines

        def read() -> tuple[BillingInvoiceItem, ...]:
            lines = read_lines(poll.api, key)
            refuse_emptied(kept.lines if kept is not None else None, lines, "invoice")
            return lines

        return details.ask(read, f"lines of invoice {key}")

    def _read_for_ledger(
        self, poll: Poll[InvoicesData], details: Details, invoice: BillingInvoice
    ) -> None:
        """Read the lines that a reconciliation needs, which are not shown, once."""
        key = label(invoice.id)
        if self._are_read and key and poll.ledger.wants_lines(invoice, poll.now.date()):
            lines = details.ask(lambda: read_lines(poll.api, key), f"lines of invoice {key}")
            if lines is not None:
                poll.ledger.lines(invoice, lines)

    def _wants_lines(self, invoice: BillingInvoice) -> bool:
        owed = is_owed(invoice.payment_status)
        return self._lines == "all" or (self._lines == "unpaid" and owed is True)


def payment_status(invoice: BillingInvoice) -> str:
    """Return ``paid`` or ``unpaid`` in whatever case the API writes them, else as given."""
    return shown(invoice.payment_status)


def age(due: date | None, today: date) -> str:
    """Return the bucket of ``AGES`` for an unpaid invoice."""
    if due is None:
        return "unknown"
    days = (today - due).days
    return next((name for limit, name in _AGE_LIMITS if days <= limit), "over_90d")


def bucket(invoice: BillingInvoice, today: date) -> str | None:
    """Return where an invoice that is owed counts: None for one of nothing.

    A credit has no age, because nobody has to pay it. An amount that cannot be read may be a debt.
    """
    amount = None if invoice.amount is None else readable(invoice.amount)
    if amount is None or amount > 0:
        return age(due_of(invoice), today)
    return CREDIT if amount else None


def _distinct(*listings: Iterable[BillingInvoice]) -> list[BillingInvoice]:
    """Return each invoice of some listings once, as last given.

    Those of one id are two where date, kind, currency or amount say so: status and terms may
    change while one reads. Those without an id are told apart by all that they say, and where they
    say the same by their number, so that another listing repeats them.
    """
    by_id: defaultdict[str, list[BillingInvoice]] = defaultdict(list)
    nameless: dict[tuple[bytes, int], BillingInvoice] = {}
    for listing in listings:
        alike: Counter[bytes] = Counter()
        for invoice in listing:
            if key := label(invoice.id):
                others = [one for one in by_id[key] if _are_two(one, invoice)]
                by_id[key] = [*others, invoice]
            else:
                content = encode(invoice)
                alike[content] += 1
                nameless[content, alike[content]] = invoice
    return [*chain.from_iterable(by_id.values()), *nameless.values()]


def _are_two(one: BillingInvoice, other: BillingInvoice) -> bool:
    pairs = zip(_facts(one), _facts(other), strict=True)
    return any(a != b for a, b in pairs if a is not None and b is not None)


def _facts(invoice: BillingInvoice) -> tuple[object, ...]:
    amount = None if invoice.amount is None else readable(invoice.amount)
    kind, currency = invoice.customer_invoice_type, invoice.currency_iso_code
    return invoice.date_invoiced, kind, currency, amount


def read_lines(api: BillingApi, invoice_id: str) -> tuple[BillingInvoiceItem, ...]:
    """Read the lines of an invoice, each once.

    Where lines of one id differ, the invoice may have changed between two pages: it is read again,
    and what differs then as well are two.
    """
    lines = distinct_lines(api.invoice_lines(invoice_id))
    ids = [label(line.id) for line in lines if label(line.id)]
    return lines if len(set(ids)) == len(ids) else distinct_lines(api.invoice_lines(invoice_id))


def distinct_lines(lines: Iterable[BillingInvoiceItem]) -> tuple[BillingInvoiceItem, ...]:
    """Return the lines with those that a page repeats once.

    An id that different lines bear says nothing: all lines with it count.
    """
    by_id: defaultdict[str, list[BillingInvoiceItem]] = defaultdict(list)
    for line in lines:
        by_id[label(line.id)].append(line)
    found: list[BillingInvoiceItem] = []
    for key, alike in by_id.items():
        is_one = key and len(alike) > 1 and len(set(map(encode, alike))) == 1
        found += alike[:1] if is_one else alike
    return tuple(found)


def _is_paid(invoice: BillingInvoice) -> bool:
    return payment_status(invoice) == PAID


def _was_paid(known: InvoiceData) -> bool:
    return _is_paid(known.invoice)


def _without_people(invoice: BillingInvoice) -> BillingInvoice:
    return msgspec.structs.replace(
        invoice,
        id=label(invoice.id) or None,
        payment_link=None,
        bill_to_address=None,
        ship_to_address=None,
    )


def due_of(invoice: BillingInvoice) -> date | None:
    """Return the last day to pay the invoice, or None where its terms do not tell."""
    return due_date(invoice.date_invoiced, invoice.payment_terms)


def _expose_totals(samples: Samples, part: Totals) -> None:
    """Add the sums over invoices: an amount that cannot be read costs the others nothing.

    An alert on what is owed must see the rest of its bucket.
    """
    for invoice in part.invoices:
        currency = label(invoice.currency_iso_code)
        if not currency:
            samples.drop("missing")
            continue
        status = payment_status(invoice)
        of_status = labels(catalogue.INVOICES.labels, currency, status)
        samples.sum_up(catalogue.INVOICES, of_status, 1)
        samples.sum_up(catalogue.INVOICES_AMOUNT, of_status, invoice.amount, whole=False)
        owed = is_owed(invoice.payment_status)
        if owed is None:
            samples.drop("unknown_status")
        overdue = bucket(invoice, part.today) if owed else None
        if overdue is not None:
            of_age = labels(catalogue.UNPAID_AMOUNT.labels, currency, overdue)
            samples.sum_up(catalogue.UNPAID_INVOICES, of_age, 1)
            samples.sum_up(catalogue.UNPAID_AMOUNT, of_age, invoice.amount, whole=False)
    for currency in {label(invoice.currency_iso_code) for invoice in part.invoices} - {""}:
        for status in (PAID, UNPAID):
            _fill(samples, catalogue.INVOICES, catalogue.INVOICES_AMOUNT, currency, status)
        for where in (*AGES, CREDIT):
            _fill(samples, catalogue.UNPAID_INVOICES, catalogue.UNPAID_AMOUNT, currency, where)


def _fill(samples: Samples, counts: Metric, amounts: Metric, currency: str, where: str) -> None:
    """Show a bucket that is empty as a known zero: an alert on it must be able to end."""
    to = labels(counts.labels, currency, where)
    if to.text not in samples.values(counts):
        samples.add(counts, to, 0)
        samples.add(amounts, to, 0)


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
        samples.sum_up(catalogue.INVOICE_LINE_QUANTITY, to, line.quantity, needed=False)
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

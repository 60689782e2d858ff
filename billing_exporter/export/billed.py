"""Charges of invoices: each line with its period, its category and an id of its own.

What the lines of an invoice lack to its amount is a charge too, named as such, so that the charges
of an invoice always come to its amount.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

import msgspec

from billing_exporter.collectors.base import label
from billing_exporter.collectors.invoices import distinct_lines
from billing_exporter.export.accounts import Terms, calendar_of, currency_of
from billing_exporter.export.source import InvoiceWithLines, LeftOut, Reason, Source
from billing_exporter.export.spans import Calendar, Span, span
from billing_exporter.genesys.decoding import encode
from billing_exporter.genesys.records import BillingInvoice, BillingInvoiceItem
from billing_exporter.history.invoices import line_of
from billing_exporter.metrics.samples import EXACT, readable
from billing_exporter.reconciliation.records import Line

Category = Literal["Usage", "Purchase", "Credit", "Adjustment"]

DATASET = "invoice"
_DIFFERENCE = "Difference between the amount of the invoice and its lines"


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an invoice, or what its lines lack to its amount.

    Attributes:
        source: name of the organization in the configuration.
        invoice: as listed.
        id: of the charge, unique in an export.
        period: billing period of the invoice.
        calendar: the billing periods before and after it.
        category: what kind of charge it is.
        is_prepaid: whether it is billed in advance.
        days: the days that it is for.
        currency: of the amount.
        amount: what it comes to.
        line: the line; None for a difference.
        summary: the line as reconciliation sees it.
    """

    source: str
    invoice: BillingInvoice
    id: str
    period: Span
    calendar: Calendar
    category: Category
    is_prepaid: bool
    days: Span
    currency: str
    amount: Decimal
    line: BillingInvoiceItem | None = None
    summary: Line | None = None

    @property
    def sku(self) -> str:
        """Return the stock keeping unit, empty without one."""
        return self.summary.sku if self.summary else ""

    @property
    def description(self) -> str:
        """Return what it is for."""
        if self.line is None:
            return _DIFFERENCE
        product = label(self.line.product.name if self.line.product else None)
        return label(self.line.description) or product or self.sku

    @property
    def customer(self) -> tuple[str, str]:
        """Return id and name of the organization that it is for, empty where none is named."""
        organization = self.line.organization if self.line else None
        if organization is None:
            return "", ""
        return label(organization.id), label(organization.name) or label(organization.id)


def charges_of(source: Source, terms: Terms) -> tuple[list[Charge], list[LeftOut]]:
    """Return the charges of all invoices, and what is in none.

    Every amount of a line is either in one charge or left out with its reason.
    """
    found: list[Charge] = []
    left_out: list[LeftOut] = []
    for billed in _once_each(source.invoices, left_out):
        charges, missing = _of_invoice(billed, source)
        for charge in charges:
            key, name = charge.customer
            if terms.wants(name, key):
                found.append(charge)
            else:
                left_out.append(
                    _left("other_customer", charge.currency, charge.amount, charge.period)
                )
        left_out += missing
    return found, left_out


def repeated(each: InvoiceWithLines) -> LeftOut:
    """Return an invoice whose id is taken, as left out."""
    currency = currency_of(each.invoice.currency_iso_code)
    return _left("duplicate_invoice", currency, each.invoice.amount)


def _left(
    reason: Reason,
    currency: str = "",
    amount: Decimal | None = None,
    days: Span | None = None,
) -> LeftOut:
    number = readable(amount)
    return LeftOut(DATASET, reason, currency, number or Decimal(0), days=days)


def _once_each(
    invoices: Iterable[InvoiceWithLines], left_out: list[LeftOut]
) -> list[InvoiceWithLines]:
    """Return the invoices with each id once; others of that id are left out."""
    by_id: defaultdict[str, dict[bytes, InvoiceWithLines]] = defaultdict(dict)
    for each in invoices:
        by_id[label(each.invoice.id)][encode(each.invoice)] = each
    found = []
    for key in sorted(by_id):
        alike = [each for _, each in sorted(by_id[key].items())]
        if key:
            found += alike[:1]
            left_out += map(repeated, alike[1:])
        else:
            left_out += [
                _left("no_invoice_id", currency_of(of.currency_iso_code), of.amount)
                for of in (each.invoice for each in alike)
            ]
    return found


def _of_invoice(billed: InvoiceWithLines, source: Source) -> tuple[list[Charge], list[LeftOut]]:
    invoice, currency = billed.invoice, currency_of(billed.invoice.currency_iso_code)
    if not currency:
        return [], [_left("no_currency")]
    if invoice.date_invoiced is None:
        return [], [_left("undated_invoice", currency, invoice.amount)]
    calendar = calendar_of(billed, source)
    period = calendar.period(invoice.date_invoiced)
    if billed.lines is None:
        return [], [_left("lines_not_read", currency, invoice.amount, period)]
    charges, left_out = [], []
    for key, line in _named(billed.lines):
        amount = readable(line.amount)
        if amount is None:
            left_out.append(_left("no_amount", days=period))
            continue
        days = span(line.date_start, line.date_end)
        summary = line_of(invoice, line)
        category = _category(summary, days)
        charges.append(
            Charge(
                source=source.organization,
                invoice=invoice,
                id=f"{label(invoice.id)}/{key}",
                period=period,
                calendar=calendar,
                category=category,
                is_prepaid=category == "Purchase" and days is not None,
                days=days or _day_of(invoice, line),
                currency=currency,
                amount=amount,
                line=line,
                summary=summary,
            )
        )
    charges += _difference(billed, source, calendar, charges)
    if not charges and not left_out:
        left_out.append(_left("zero", currency, days=period))
    return charges, left_out


def _named(lines: Iterable[BillingInvoiceItem]) -> Iterable[tuple[str, BillingInvoiceItem]]:
    """Yield the lines with a name of their own each, the same in whatever order they come.

    Lines that share an id, or have none, are numbered by what they say.
    """
    numbers: Counter[str] = Counter()
    for line in sorted(distinct_lines(lines), key=encode):
        key = label(line.id)
        numbers[key] += 1
        yield (key if key and numbers[key] == 1 else f"{key or 'line'}-{numbers[key]}"), line


def _category(line: Line, days: Span | None) -> Category:
    """Return what kind of charge a line is, by amount and dates alone.

    One without days is a purchase of the day: the API does not tell tax or fees apart.
    """
    if line.timing == "credit":
        return "Credit"
    return "Usage" if days is not None and line.timing == "arrears" else "Purchase"


def _day_of(invoice: BillingInvoice, line: BillingInvoiceItem) -> Span:
    day = line.date_transacted or invoice.date_invoiced
    assert day is not None  # noqa: S101 - an invoice without a day is left out
    return Span(day, day)


def _difference(
    billed: InvoiceWithLines, source: Source, calendar: Calendar, charges: Iterable[Charge]
) -> list[Charge]:
    """Return what the lines lack to the amount of the invoice, as a charge."""
    invoice = billed.invoice
    amount = readable(invoice.amount)
    if amount is None:
        return []
    for charge in charges:
        amount = EXACT.subtract(amount, charge.amount)
    if not amount:
        return []
    assert invoice.date_invoiced is not None  # noqa: S101 - one without a day is left out
    return [
        Charge(
            source=source.organization,
            invoice=invoice,
            id=f"{label(invoice.id)}/difference",
            period=calendar.period(invoice.date_invoiced),
            calendar=calendar,
            category="Adjustment",
            is_prepaid=False,
            days=Span(invoice.date_invoiced, invoice.date_invoiced),
            currency=currency_of(invoice.currency_iso_code),
            amount=amount,
        )
    ]

"""Invoices and their lines, in the API's keys.

Documented: keys and types; no due date, no balance and no contract on an invoice; the line has no
currency. Invented: every value, the address and the hosts of links among them.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from billing_exporter.simulator.accounts import Accounts
from billing_exporter.simulator.contracts import customer, entity, product
from billing_exporter.simulator.invoices import Invoice, invoices
from billing_exporter.simulator.lines import Bill, Line, amount, lines, with_errors
from billing_exporter.simulator.seeded_random import identifier
from billing_exporter.simulator.twists import PLAIN, Twist

_COUNTRIES = {"USD": "US", "EUR": "IE", "GBP": "GB"}
_TYPES = {"usage": "Invoice", "telephony": "Invoice", "credit": "Credit Memo"}


class Statements:
    """The invoices of the partner, written for the API."""

    def __init__(self, accounts: Accounts) -> None:
        """Write the invoices of some accounts."""
        self._accounts = accounts
        self._seed = accounts.seed
        self._listed: tuple[date, list[Invoice]] = (date.min, [])

    def all(self, today: date) -> list[Invoice]:
        """List the invoices of two years, the newest first."""
        if self._listed[0] != today:
            self._listed = (today, invoices(self._seed, self._accounts.all, today))
        return self._listed[1]

    def find(self, invoice_id: str, today: date) -> Invoice | None:
        """Give the invoice with an id, None where there is none."""
        return next((invoice for invoice in self.all(today) if invoice.id == invoice_id), None)

    def _bill(self, invoice: Invoice) -> Bill:
        return Bill(invoice, self._accounts.book(invoice.account, invoice.period, date.max))

    def amount(self, invoice: Invoice, twist: Twist = PLAIN) -> Decimal:
        """Return what an invoice comes to, in its currency."""
        if twist.bill is None:
            return amount(self._bill(invoice))
        return sum((line.amount for line in self.lines(invoice, twist)), Decimal(0))

    def lines(self, invoice: Invoice, twist: Twist = PLAIN) -> tuple[Line, ...]:
        """Return the lines of an invoice."""
        return with_errors(lines(self._bill(invoice)), twist.bill)

    def invoice(self, invoice: Invoice, today: date, twist: Twist = PLAIN) -> dict[str, Any]:
        """Write an invoice as it stands on a day."""
        account, paid = invoice.account, invoice.is_paid(today)
        partner = self._accounts.partner
        secret = identifier(self._seed, "payment", invoice.id)
        return {
            "id": invoice.id,
            "billToCustomer": customer(partner),
            "shipToCustomer": customer(self._accounts.organizations(account)[0]),
            "soldToCustomer": customer(partner),
            "dateInvoiced": str(invoice.issued) if invoice.dated else None,
            "billToAddress": self._address(invoice, "BillTo"),
            "shipToAddress": self._address(invoice, "ShipTo"),
            "currencyIsoCode": account.currency,
            "paymentStatus": "Paid" if paid else "Unpaid",
            "paymentTerms": invoice.terms,
            "paymentLink": None if paid else f"https://pay.example.com/invoices/{secret}",
            "customerPoNumber": f"PO-{4_200 + account.number}",
            "customerInvoiceType": _TYPES[invoice.kind],
            "amount": float(self.amount(invoice, twist)),
        }

    def _address(self, invoice: Invoice, kind: str) -> dict[str, Any]:
        country = _COUNTRIES[invoice.account.currency]
        return {
            "dateEffective": "2021-01-01",
            "addressType": kind,
            "currencyIsoCode": invoice.account.currency,
            "line1": "1 Example Street",
            "line2": None,
            "cityName": "Exampleton",
            "postalCode": "00000",
            "countryCode": country,
            "citySubdivision1": "Centre",
            "country": country,
        }

    def line(self, invoice: Invoice, place: int, line: Line) -> dict[str, Any]:
        """Write the line at a place of an invoice, counted from 0."""
        return {
            "id": f"{invoice.id}-{place + 1}",
            "product": product(line.product),
            "description": line.description,
            "dateTransacted": str(line.period.end + timedelta(days=1)),
            "dateStart": str(line.period.start),
            "dateEnd": str(line.period.end),
            "organization": entity(line.organization),
            "quantity": line.quantity,
            "unitOfMeasure": line.product.unit,
            "amount": float(line.amount),
        }

    def document(self, invoice: Invoice) -> dict[str, Any]:
        """Write where the invoice's document is: a link that is itself a secret."""
        secret = identifier(self._seed, "document", invoice.id)
        return {"url": f"https://documents.example.com/{invoice.id}.pdf?signature={secret}"}

"""The lines of an invoice, and what it comes to.

Documented: the sections of an invoice (users, prepaid users, resources, devices, telephony,
AppFoundry), overage in arrears and prepaid in advance. Invented: every figure but one law: what a
period's charges came to is what its invoice bills, and the lines add up to the amount.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from billing_exporter.simulator.charges import CENT, Course, charges
from billing_exporter.simulator.invoices import Invoice
from billing_exporter.simulator.periods import Period, numbered
from billing_exporter.simulator.products import Product
from billing_exporter.simulator.seeded_random import between, pick, share
from billing_exporter.simulator.trustors import Organization

_SHARERS = 3
_CALLS = (
    ("GC-176-NV-LOCAL", "Outbound local calls", "0.0070"),
    ("GC-176-NV-MOBIL", "Outbound mobile calls", "0.0310"),
    ("GC-176-NV-TOLLF", "Inbound toll-free calls", "0.0190"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line: what, for whom, when, how much; the amount in the invoice's currency."""

    product: Product
    description: str
    organization: Organization
    period: Period
    quantity: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """What the lines of an invoice are worked out from."""

    seed: int
    seats: int
    invoice: Invoice
    organizations: tuple[Organization, ...]


def split(whole: int, parts: int) -> list[int]:
    """Divide a quantity into whole parts that add up to it; the first ones take the rest."""
    each, rest = divmod(whole, parts)
    return [each + (place < rest) for place in range(parts)]


def _sharers(bill: Bill, sold: Product) -> list[Organization]:
    members = bill.organizations
    first = between(0, len(members) - 1, bill.invoice.id, sold.sku)
    return [(members + members)[first + step] for step in range(min(_SHARERS, len(members)))]


def _shared(bill: Bill, whole: Line) -> Iterator[Line]:
    """Divide a line among organizations; quantities and amounts add up to what they were."""
    sharers = _sharers(bill, whole.product)
    quantities = split(whole.quantity, len(sharers))
    cents = split(int(whole.amount / CENT), len(sharers))
    for organization, quantity, part in zip(sharers, quantities, cents, strict=True):
        yield replace(whole, organization=organization, quantity=quantity, amount=part * CENT)


def _usage_lines(bill: Bill) -> Iterator[Line]:
    """Bill a period's overage in arrears and the commitment of the next in advance."""
    invoice, payer = bill.invoice, bill.organizations[0]
    used = invoice.period
    ahead = numbered(used.month + 1, invoice.account.anchor)
    course = Course(bill.seed, invoice.account.number, bill.seats, used, date.max)
    for amounts in charges(course):
        sold = amounts.product
        if amounts.prepaid:
            price = (amounts.prepaid * sold.price).quantize(CENT)
            text = f"{sold.name} - Prepaid"
            whole = Line(sold, text, payer, ahead, int(amounts.prepaid), price)
            yield from _shared(bill, whole)
        if amounts.overage:
            text = f"{sold.name} - On-Demand"
            whole = Line(sold, text, payer, used, int(amounts.overage), amounts.money)
            yield from _shared(bill, whole)


def _telephony_lines(bill: Bill) -> Iterator[Line]:
    for sku, name, rate in _CALLS:
        price = Decimal(rate)
        sold = Product(sku=sku, name=name, unit="Minute", plan="Core Services", rate=price)
        minutes = between(4_000, 60_000, bill.seed, bill.invoice.id, sku)
        amount = (minutes * price).quantize(CENT, ROUND_HALF_UP)
        payer, period = bill.organizations[0], bill.invoice.period
        yield from _shared(bill, Line(sold, name, payer, period, minutes, amount))


def _credit_lines(bill: Bill) -> Iterator[Line]:
    best = max(_usage_lines(bill), key=lambda line: line.amount)
    part = Decimal(str(round(0.05 + 0.15 * share(bill.seed, bill.invoice.id), 4)))
    amount = -(best.amount * part).quantize(CENT)
    text = f"Credit for {best.product.name}"
    who = pick(bill.organizations, bill.seed, bill.invoice.id, "credit")
    yield Line(best.product, text, who, bill.invoice.period, -1, amount)


_LINES = {"usage": _usage_lines, "telephony": _telephony_lines, "credit": _credit_lines}


@lru_cache(maxsize=4096)
def lines(bill: Bill) -> tuple[Line, ...]:
    """Work out the lines of an invoice."""
    return tuple(_LINES[bill.invoice.kind](bill))


def amount(bill: Bill) -> Decimal:
    """Add up an invoice, in its currency, negative for a credit."""
    return sum((line.amount for line in lines(bill)), Decimal(0))

"""The lines of an invoice, and what it comes to.

Documented: the sections of an invoice (users, prepaid users, resources, devices, telephony,
AppFoundry), overage in arrears and prepaid in advance. Invented: every figure but one law: what
the ledger says of a customer's period is what its lines bill, and the lines add up to the amount.
Telephony is in no overview and in no contract.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from billing_exporter.simulator.invoices import Invoice
from billing_exporter.simulator.ledger import CENT, Book, agreements, entries, wallets
from billing_exporter.simulator.periods import Period, numbered
from billing_exporter.simulator.products import Product, Purse
from billing_exporter.simulator.seeded_random import pick, share
from billing_exporter.simulator.trustors import Organization, Trustor
from billing_exporter.simulator.twists import WrongBill

ON_DEMAND, PREPAID = "On-Demand", "Prepaid"
_SPLIT_EVERY = 12  # now and then a change within the period makes two lines of one
_CALLS = (
    ("GC-176-NV-LOCAL", "Outbound local calls", "0.0070", 95),
    ("GC-176-NV-MOBIL", "Outbound mobile calls", "0.0310", 30),
    ("GC-176-NV-TOLLF", "Inbound toll-free calls", "0.0190", 160),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line: what, for whom, when, how much; the amount in the invoice's currency."""

    product: Product | Purse
    description: str
    organization: Organization
    period: Period
    quantity: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """What the lines of an invoice are worked out from: the ledger of the whole period."""

    invoice: Invoice
    book: Book


def split(whole: int, parts: int) -> list[int]:
    """Divide a quantity into whole parts that add up to it; the first ones take the rest."""
    each, rest = divmod(whole, parts)
    return [each + (place < rest) for place in range(parts)]


def _halves(whole: Line, key: int) -> Iterator[Line]:
    """Yield a line, now and then in two parts that add up to it."""
    if key % _SPLIT_EVERY or whole.quantity < 2:  # noqa: PLR2004 - two lines have two units
        yield whole
        return
    cents = split(int(whole.amount / CENT), 2)
    for quantity, part in zip(split(whole.quantity, 2), cents, strict=True):
        yield replace(whole, quantity=quantity, amount=part * CENT)


def _ahead(bill: Bill, member: Trustor, period: Period) -> Iterator[Line]:
    """Bill what a customer has prepaid of the next period, in advance."""
    for agreed in agreements(bill.book.seed, member, bill.book.sells):
        if agreed.prepaid:
            sold = agreed.product
            price = (agreed.prepaid * sold.price).quantize(CENT)
            text = f"{sold.name} - {PREPAID}"
            line = Line(sold, text, member.organization, period, int(agreed.prepaid), price)
            yield from _halves(line, agreed.place + member.number + period.month)


def _arrears(bill: Bill, member: Trustor) -> Iterator[Line]:
    """Bill what a customer used in the period beyond what is prepaid and free."""
    period = bill.invoice.period
    for place, entry in enumerate(entries(bill.book, member)):
        if entry.overage:
            text, quantity = f"{entry.product.name} - {ON_DEMAND}", int(entry.overage)
            line = Line(entry.product, text, member.organization, period, quantity, entry.money)
            yield from _halves(line, place + member.number + period.month)


def _usage_lines(bill: Bill) -> Iterator[Line]:
    used = bill.invoice.period
    ahead = numbered(used.month + 1, bill.invoice.account.anchor)
    for member in bill.book.members:
        yield from _ahead(bill, member, ahead)
        yield from _arrears(bill, member)
    payer = bill.book.members[0].organization
    for balance in wallets(bill.book):
        if balance.overage:
            text = f"{balance.purse.name} - {ON_DEMAND}"
            quantity = int(balance.overage)
            yield Line(balance.purse, text, payer, used, quantity, balance.money)


def _telephony_lines(bill: Bill) -> Iterator[Line]:
    for member in bill.book.members:
        for sku, name, rate, each in _CALLS:
            price = Decimal(rate)
            sold = Product(sku=sku, name=name, unit="Minute", plan="Core Services", rate=price)
            luck = share(bill.book.seed, bill.invoice.id, member.number, sku)
            minutes = int(member.seats * each * (0.8 + 0.4 * luck))
            amount = (minutes * price).quantize(CENT, ROUND_HALF_UP)
            yield Line(sold, name, member.organization, bill.invoice.period, minutes, amount)


def _credit_lines(bill: Bill) -> Iterator[Line]:
    best = max(_usage_lines(bill), key=lambda line: line.amount)
    part = Decimal(str(round(0.05 + 0.15 * share(bill.book.seed, bill.invoice.id), 4)))
    amount = -(best.amount * part).quantize(CENT)
    text = f"Credit for {best.product.name}"
    who = pick(bill.book.members, bill.book.seed, bill.invoice.id, "credit").organization
    yield Line(best.product, text, who, bill.invoice.period, -1, amount)


_LINES = {"usage": _usage_lines, "telephony": _telephony_lines, "credit": _credit_lines}


@lru_cache(maxsize=128)
def lines(bill: Bill) -> tuple[Line, ...]:
    """Work out the lines of an invoice."""
    return tuple(_LINES[bill.invoice.kind](bill))


@lru_cache(maxsize=65_536)
def amount(bill: Bill) -> Decimal:
    """Add up an invoice, in its currency, negative for a credit."""
    return sum((line.amount for line in lines(bill)), Decimal(0))


def is_on_demand(line: Line) -> bool:
    """Return whether a line bills what was used beyond what is prepaid."""
    return line.description.endswith(ON_DEMAND)


def _wrong(line: Line, bill: WrongBill) -> tuple[Line, ...]:
    if bill.error == "missing":
        return ()
    if bill.error == "twice":
        return line, line
    if bill.error == "price":
        return (replace(line, amount=(line.amount * bill.factor).quantize(CENT)),)
    quantity = int(line.quantity * bill.factor)
    price = line.amount / line.quantity
    return (replace(line, quantity=quantity, amount=(quantity * price).quantize(CENT)),)


def with_errors(right: tuple[Line, ...], bill: WrongBill | None) -> tuple[Line, ...]:
    """Return the lines of an invoice as somebody billed them who made errors."""
    if bill is None:
        return right
    dear = sorted(
        (line.amount, place)
        for place, line in enumerate(right)
        if is_on_demand(line)
        and line.amount
        and line.quantity
        and bill.sku in {"", line.product.sku}
    )
    wrong = {place for _, place in dear[-bill.lines :]} if bill.lines else set()
    return tuple(
        each
        for place, line in enumerate(right)
        for each in (_wrong(line, bill) if place in wrong else (line,))
    )

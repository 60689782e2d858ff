"""Laws of the export: no amount is lost, order never matters."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as some

from billing_exporter.export.source import InvoiceWithLines, Source
from billing_exporter.export.tables import COST_AND_USAGE, ESTIMATED, INVOICE_DETAIL, Row
from billing_exporter.genesys.records import BillingInvoiceItem, NamedEntity
from tests.unit.export.cases import (
    charge,
    contract,
    contract_period,
    files,
    invoice,
    line,
    made,
    rows,
    trustor_period,
    usage,
)

amounts = some.none() | some.decimals(-(10**15), 10**15, places=4)
days = some.none() | some.dates(date(2026, 1, 1), date(2027, 12, 31))
organizations = some.sampled_from([None, NamedEntity(id="org-1"), NamedEntity(id="org-2")])


@some.composite
def lines(draw: some.DrawFn) -> BillingInvoiceItem:
    """Draw a line."""
    amount = draw(amounts)
    return line(
        None if amount is None else str(amount),
        id=draw(some.none() | some.uuids().map(str)),
        date_start=draw(days),
        date_end=draw(days),
        organization=draw(organizations),
    )


@some.composite
def invoices(draw: some.DrawFn) -> InvoiceWithLines:
    """Draw an invoice, perhaps without date, amount, currency or lines."""
    found = invoice(*draw(some.lists(lines(), max_size=4)), id=draw(some.uuids().map(str)))
    bill = msgspec.structs.replace(
        found.invoice,
        amount=draw(amounts),
        date_invoiced=draw(days),
        currency_iso_code=draw(some.sampled_from(["EUR", "JPY", "", None])),
    )
    return InvoiceWithLines(bill, draw(some.sampled_from([found.lines, found.lines, None])))


def _by_invoice(found: Iterable[Row], column: str) -> dict[object, Decimal]:
    sums: defaultdict[object, Decimal] = defaultdict(Decimal)
    for row in found:
        cost = row[column]
        assert isinstance(cost, Decimal)
        sums[row.get("InvoiceId")] += cost
    return dict(sums)


@given(some.lists(invoices(), max_size=4))
def test_an_invoice_comes_to_its_amount(bills: list[InvoiceWithLines]) -> None:
    """Both datasets come to the invoice; what is left out is counted."""
    source = Source(organization="acme", contracts=(contract(),), invoices=tuple(bills))
    found = made(source, COST_AND_USAGE, INVOICE_DETAIL)
    usage_rows = rows(found, COST_AND_USAGE)
    billed = _by_invoice(usage_rows, "BilledCost")
    detail = _by_invoice(rows(found, INVOICE_DETAIL), "BilledCost")
    billed.pop(None, None)
    assert detail == billed
    whole = 0
    for bill in bills:
        of = bill.invoice
        if not of.currency_iso_code or of.date_invoiced is None or bill.lines is None:
            assert of.id not in detail
            whole += 1
        elif of.amount is not None:
            assert detail.get(of.id, Decimal(0)) == of.amount
    reasons = {"no_currency", "undated_invoice", "lines_not_read"}
    assert sum(each.count for each in found.left_out if each.reason in reasons) == whole
    effective = _by_invoice(usage_rows, "EffectiveCost")
    assert sum(effective.values(), Decimal(0)) == sum(billed.values(), Decimal(0))


@given(
    some.lists(some.tuples(amounts, some.sampled_from(["EUR", "USD", ""])), max_size=5),
    some.booleans(),
)
def test_every_estimate_is_a_row_or_counted(
    given_charges: list[tuple[Decimal | None, str]], is_invoiced: bool
) -> None:
    """Charges in are rows out and what is left out, in number and in money by currency."""
    charges = [
        charge(name=f"c{n}", overage_charge=amount, overage_rate=None, overage_currency=currency)
        for n, (amount, currency) in enumerate(given_charges)
    ]
    if not charges:
        return
    source = Source(
        organization="acme",
        invoices=(invoice(line()),) if is_invoiced else (),
        contract_periods=(contract_period(*charges, month=10),),
    )
    found = made(source, COST_AND_USAGE)
    estimated = rows(found, ESTIMATED)
    left = [each for each in found.left_out if each.dataset == ESTIMATED]
    assert len(estimated) + sum(each.count for each in left) == len(charges)
    for currency in ("EUR", "USD"):
        given_sum = sum((a for a, c in given_charges if a and c == currency), Decimal(0))
        out = [row["BilledCost"] for row in estimated if row["BillingCurrency"] == currency]
        counted = sum((each.amount for each in left if each.currency == currency), Decimal(0))
        assert sum((o for o in out if isinstance(o, Decimal)), counted) == given_sum


@settings(max_examples=40)
@given(some.lists(invoices(), max_size=3), some.randoms(use_true_random=False))
def test_order_never_matters(bills: list[InvoiceWithLines], random: Random) -> None:
    """Shuffled invoices, lines, contracts and customers give the same bytes."""
    source = Source(
        organization="acme",
        invoices=tuple(bills),
        contracts=(contract(), contract(id="c-8")),
        contract_periods=(contract_period(), contract_period(month=10)),
        trustor_periods=(
            trustor_period(usage(), usage(part_number="GC-2")),
            trustor_period(key="org-2"),
        ),
    )

    def shuffled(things: Iterable[object]) -> tuple[object, ...]:
        return tuple(sorted(things, key=lambda _: random.random()))

    mixed = msgspec.structs.replace(
        source,
        invoices=shuffled(
            InvoiceWithLines(each.invoice, each.lines and shuffled(each.lines))  # type: ignore[arg-type]
            for each in bills
        ),
        **{
            name: shuffled(getattr(source, name))
            for name in ("contracts", "contract_periods", "trustor_periods")
        },
    )
    assert files(made(mixed)) == files(made(source))
    assert made(mixed).left_out == made(source).left_out

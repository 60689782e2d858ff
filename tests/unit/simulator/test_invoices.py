"""Invoices: two years of them, some of which nobody pays."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing_exporter.simulator.invoices import Invoice
from billing_exporter.simulator.ledger import charges, wallets
from billing_exporter.simulator.lines import is_on_demand, split
from billing_exporter.simulator.world import World
from tests.unit.simulator.client import TODAY

DUE = {"Net 30": 30, "Net 45": 45, "Due on Receipt": 0}
WORLD = World(1, 12)


def _bucket(invoice: Invoice, today: date) -> str:
    if not invoice.dated or invoice.terms not in DUE:
        return "unknown"
    late = (today - invoice.issued).days - DUE[invoice.terms]
    for name, bound in (("not_due", 0), ("1-30d", 30), ("31-60d", 60), ("61-90d", 90)):
        if late <= bound:
            return name
    return "over_90d"


def _unpaid(world: World, today: date) -> list[Invoice]:
    return [invoice for invoice in world.statements.all(today) if not invoice.is_paid(today)]


@pytest.mark.slow
def test_every_age_of_unpaid_invoices_is_there_on_any_day() -> None:
    """For three years on, every day has unpaid invoices of all five ages and of unknown age."""
    for days in range(1100):
        today = TODAY + timedelta(days=days)
        ages = {_bucket(invoice, today) for invoice in _unpaid(WORLD, today)}
        assert ages == {"not_due", "1-30d", "31-60d", "61-90d", "over_90d", "unknown"}


def test_the_default_world_has_two_years_of_invoices(world: World) -> None:
    """There are 60 to 150 invoices of two years, the newest first, most of them paid."""
    invoices = world.statements.all(TODAY)
    issued = [invoice.issued for invoice in invoices]
    assert 60 <= len(invoices) <= 150
    assert issued == sorted(issued, reverse=True)
    assert 690 < (TODAY - issued[-1]).days <= 731
    assert 0.7 < sum(invoice.is_paid(TODAY) for invoice in invoices) / len(invoices) < 0.95
    assert len({invoice.id for invoice in invoices}) == len(invoices)


def test_the_odd_ones_are_there(world: World) -> None:
    """Three currencies, a credit memo below zero, odd and missing terms, a missing date."""
    written = [world.statements.invoice(i, TODAY) for i in world.statements.all(TODAY)]
    terms = Counter(invoice["paymentTerms"] for invoice in written)
    assert {invoice["currencyIsoCode"] for invoice in written} == {"USD", "EUR", "GBP"}
    assert {"Net 30", "Net 45", "Due on Receipt", "Net 30 EOM", None} == set(terms)
    assert terms["Net 30"] > len(written) / 2
    assert [invoice["dateInvoiced"] for invoice in written].count(None) == 1
    credit_memos = [i for i in written if i["customerInvoiceType"] == "Credit Memo"]
    assert credit_memos
    assert all((invoice["amount"] < 0) == (invoice in credit_memos) for invoice in written)
    assert {invoice["paymentStatus"] for invoice in written} == {"Paid", "Unpaid"}


@given(some.integers(0, 400), some.integers(0, 140))
def test_lines_add_up_to_the_amount(days: int, place: int) -> None:
    """The lines of an invoice add up to its amount to the cent, with whole quantities."""
    invoices = WORLD.statements.all(TODAY + timedelta(days=days))
    invoice = invoices[place % len(invoices)]
    lines = WORLD.statements.lines(invoice)
    assert sum(line.amount for line in lines) == WORLD.statements.amount(invoice)
    assert all(line.amount.as_tuple().exponent == -2 for line in lines)
    assert all(isinstance(line.quantity, int) for line in lines)


def test_an_invoice_bills_what_its_period_came_to(world: World) -> None:
    """The on-demand lines of an invoice add up to the overage of the contract's period, to the
    cents of so many customers.
    """
    invoice = next(i for i in world.statements.all(TODAY) if i.id.startswith("INV-100"))
    book = world.accounts.book(invoice.account, invoice.period, TODAY)
    billed = sum(line.amount for line in world.statements.lines(invoice) if is_on_demand(line))
    owed = sum((charge.money for charge in charges(book)), Decimal(0))
    owed += sum((wallet.money for wallet in wallets(book)), Decimal(0))
    assert abs(billed - owed) < Decimal("0.005") * len(charges(book)) * len(book.members)


def test_lines_are_for_several_organizations_and_of_several_kinds(world: World) -> None:
    """An invoice has more than a page of 25 lines, for several customers, over all sections."""
    invoice = next(i for i in world.statements.all(TODAY) if i.id.startswith("INV-100"))
    lines = world.statements.lines(invoice)
    assert len(lines) > 25
    assert len({line.organization.id for line in lines}) > 2
    assert {line.product.plan for line in lines} >= {"Core Services", "AppFoundry"}
    kinds = {line.description.rpartition(" - ")[2] for line in lines}
    assert kinds == {"Prepaid", "On-Demand"}


def test_an_invoice_is_paid_once_and_stays_paid(world: World) -> None:
    """Whatever is paid on a day is paid on every later day."""
    paid: set[str] = set()
    for days in range(0, 300, 7):
        today = TODAY + timedelta(days=days)
        listed = {i.id: i.is_paid(today) for i in world.statements.all(today)}
        assert all(listed.get(name, True) for name in paid)
        paid |= {name for name, is_paid in listed.items() if is_paid}


@given(some.integers(-500, 10**6), some.integers(1, 9))
def test_parts_of_a_split_add_up(whole: int, parts: int) -> None:
    """Parts add up to the whole and differ by at most one."""
    found = split(whole, parts)
    assert sum(found) == whole
    assert max(found) - min(found) <= 1


def test_a_large_world_has_more_than_a_page_of_200() -> None:
    """With 300 customers there are more invoices than one page holds."""
    assert len(World(1, 300).statements.all(TODAY)) > 200


def test_amounts_are_written_with_two_decimals(world: World) -> None:
    """What is written as an amount is the exact decimal."""
    for invoice in world.statements.all(TODAY)[:40]:
        written = world.statements.invoice(invoice, TODAY)["amount"]
        assert Decimal(repr(written)) == world.statements.amount(invoice)

"""Ledger: keeps what readings do not, over restarts, and forgets what is no longer there."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import msgspec

from billing_exporter.accounts.ledger import REACH, Ledger
from billing_exporter.accounts.records import Current, CurrentRow
from billing_exporter.budgets.settings import Budget
from billing_exporter.budgets.spending import BudgetRule
from tests.unit.accounts.cases import (
    OCTOBER,
    SEPTEMBER,
    TODAY,
    invoice,
    item,
    overview,
    row,
    stores,
)

END = date(2026, 10, 31)


def test_a_ledger_survives_a_restart() -> None:
    """Another ledger on the same stores has the same accounts and invoices."""
    kept = stores()
    ledger = Ledger("acme", kept)
    ledger.customer_period("t-1", "Acme", overview(SEPTEMBER, row()), is_settled=True)
    ledger.customer_period("t-1", "Acme", overview(OCTOBER, row()), is_settled=False)
    ledger.keep_only("trustors", ["t-1"])
    bill = invoice("20.00")
    assert ledger.wants_lines(bill, TODAY)
    ledger.lines(bill, [item("20.00", "10", OCTOBER, END)])
    ledger.keep_only_invoices(["I-1"])
    again = Ledger("acme", kept)
    assert list(again.accounts("trustors")) == list(ledger.accounts("trustors"))
    assert [period.start for period in next(again.accounts("trustors")).closed] == [
        OCTOBER,
        SEPTEMBER,
    ]
    assert list(again.bills()) == list(ledger.bills()) != []
    assert again.is_kept("trustors", "t-1", OCTOBER)
    assert not again.is_kept("trustors", "t-1", date(2026, 8, 1))
    assert not again.wants_lines(bill, TODAY)


def test_a_year_loses_no_month_while_it_is_closed() -> None:
    """When a period ends, what it came to counts as it was known last until it is read as a closed
    one, and then once, with the amounts and dates that it was closed with.
    """
    ledger = Ledger("acme", stores())
    budget = Budget(name="b", amount=Decimal(1), currency="EUR", customers=("*",), period="year")
    ledger.keep_only("trustors", ["t-1"])

    def read(start: date, end: date, overage: str) -> None:
        rows = (CurrentRow("Minutes", "GC-1", "EUR", Decimal(100), Decimal(overage), Decimal(9)),)
        ledger.current_period("trustors", "t-1", "Acme", Current(start, end, rows))

    def spent(today: date) -> Decimal:
        (account,) = ledger.accounts("trustors")
        return BudgetRule(budget).spending("acme", "trustors", account, today).estimated

    september, november = SEPTEMBER + timedelta(days=29), END + timedelta(days=1)
    read(SEPTEMBER, september, "6")
    assert spent(september) == 106
    read(OCTOBER, END, "0")
    assert spent(OCTOBER) == 106 + 100
    ledger.customer_period("t-1", "Acme", overview(SEPTEMBER, row("107")), is_settled=False)
    assert spent(OCTOBER) == 114 + 100  # 7 units at 2
    read(OCTOBER, END, "1")
    ledger.customer_period("t-1", "Acme", overview(OCTOBER, row("101")), is_settled=False)
    assert spent(END) == 114 + 101
    read(november, TODAY, "0")
    assert spent(TODAY) == 114 + 102 + 100
    december = TODAY + timedelta(days=3)
    read(december, december, "0")
    assert spent(december) == 114 + 102 + 100 + 100
    moved = overview(november, row("150"))
    start = datetime.combine(november + timedelta(days=2), time(), UTC)
    moved = msgspec.structs.replace(moved, billing_period_start_date=start)
    ledger.customer_period("t-1", "Acme", moved, is_settled=False)
    assert spent(december) == 114 + 102 + 200 + 100


def test_organizations_do_not_mix() -> None:
    """What one organization has is not another's."""
    kept = stores()
    Ledger("acme", kept).customer_period("t-1", "Acme", overview(OCTOBER, row()), is_settled=True)
    assert not Ledger("other", kept).is_kept("trustors", "t-1", OCTOBER)


def test_lines_are_read_once_and_again_when_the_amount_differs() -> None:
    """A kept invoice is not asked for again, an old one never, one of another amount is."""
    ledger = Ledger("acme", stores())
    assert ledger.wants_lines(invoice("20.00"), TODAY)
    assert ledger.wants_lines(invoice("20.00"), TODAY)
    ledger.lines(invoice("20.00"), [])
    assert not ledger.wants_lines(invoice("20.00"), TODAY)
    assert ledger.wants_lines(invoice("21.00"), TODAY)
    old = TODAY - REACH - timedelta(days=1)
    assert not ledger.wants_lines(invoice("20.00", "I-2", old), TODAY)


def test_who_is_gone_counts_no_more() -> None:
    """Customers and invoices that are no longer listed are left out."""
    ledger = Ledger("acme", stores())
    ledger.customer_period("t-1", "Acme", overview(OCTOBER, row()), is_settled=True)
    ledger.keep_only("trustors", ["t-1"])
    ledger.wants_lines(invoice("20.00"), TODAY)
    assert list(ledger.bills()) != []
    ledger.keep_only("trustors", [])
    ledger.keep_only_invoices([])
    assert list(ledger.accounts("trustors")) == []
    assert list(ledger.bills()) == []


def test_the_same_again_changes_nothing() -> None:
    """Only what is new makes another statement; a new day is new."""
    ledger = Ledger("acme", stores())

    def read(today: date) -> int:
        ledger.customer_period("t-1", "Acme", overview(OCTOBER, row()), is_settled=True)
        ledger.keep_only("trustors", ["t-1"])
        ledger.wants_lines(invoice("20.00"), today)
        ledger.lines(invoice("20.00"), [item("20.00", "10", OCTOBER, END)])
        ledger.keep_only_invoices(["I-1"])
        return ledger.changes

    first = read(TODAY)
    assert read(TODAY) == first
    assert read(TODAY + timedelta(days=1)) == first + 1


def test_what_is_no_longer_read_counts_no_more() -> None:
    """Without its collector, customers, contracts or invoices are in no statement; they are again
    once it is back. A statement is made when that changes.
    """
    made = []
    ledger = Ledger("acme", stores(), lambda: made.append(ledger.changes))
    ledger.read_by({"invoices", "trustors"})
    ledger.customer_period("t-1", "Acme", overview(OCTOBER, row()), is_settled=True)
    ledger.keep_only("trustors", ["t-1"])
    ledger.lines(invoice("20.00"), [])
    ledger.keep_only_invoices(["I-1"])
    assert made == []

    def counted() -> tuple[int, int, bool]:
        return len([*ledger.accounts("trustors")]), len([*ledger.bills()]), ledger.has_invoices

    assert counted() == (1, 1, True)
    ledger.read_by({"invoices"})
    assert counted() == (0, 1, True)
    ledger.read_by({"usage"})
    assert counted() == (0, 0, False)
    ledger.read_by({"invoices", "trustors"})
    assert counted() == (1, 1, True)
    assert len(set(made)) == 3


def test_a_period_whose_start_moves_is_kept_once() -> None:
    """Its rows are not counted under both dates; the period before stays."""
    ledger = Ledger("acme", stores())
    ledger.keep_only("trustors", ["t-1"])
    for start in (SEPTEMBER, OCTOBER, OCTOBER + timedelta(days=2)):
        read = overview(start, row())
        ledger.customer_period("t-1", "Acme", read, is_settled=True)
    kept = next(ledger.accounts("trustors")).closed
    assert [period.start for period in kept] == [OCTOBER + timedelta(days=2), SEPTEMBER]
    assert not ledger.is_kept("trustors", "t-1", OCTOBER)


def test_an_old_invoice_is_not_kept() -> None:
    """One that can bill none of the newest closed periods, whether its lines are read or not."""
    ledger = Ledger("acme", stores())
    for name, issued in (("I-1", TODAY - REACH), ("I-2", TODAY - REACH - timedelta(days=1))):
        bill = invoice("5", name, issued)
        ledger.wants_lines(bill, TODAY)
        ledger.lines(bill, [item("5", "1", OCTOBER, OCTOBER)])
    ledger.keep_only_invoices(["I-1", "I-2"])
    assert [bill.id for bill in ledger.bills()] == ["I-1"]

"""Statements that are made of a ledger."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

import msgspec
import pytest

from billing_exporter.accounts.comparison import pending_now
from billing_exporter.accounts.ledger import REACH, Ledger
from billing_exporter.accounts.making import Made, make
from billing_exporter.accounts.records import Account, Current, CurrentRow
from billing_exporter.budgets.plan import Plan
from billing_exporter.budgets.settings import Group, PlanSettings, Price, Showback
from billing_exporter.budgets.summary import summary
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriodDetail,
    BillingInvoice,
    BillingProduct,
    NamedEntity,
)
from billing_exporter.metrics.family import PREFIX
from billing_exporter.metrics.finance import ALLOCATED_INVOICED
from billing_exporter.metrics.samples import Samples
from billing_exporter.reconciliation.compare import Terms
from tests.unit.accounts.cases import (
    OCTOBER,
    SEPTEMBER,
    TODAY,
    invoice,
    item,
    ledger_of,
    overview,
    row,
    stores,
)

END = date(2026, 10, 31)
RIGHT = item("20.00", "10", OCTOBER, END)


def _made(ledger: Ledger, today: date = TODAY) -> Made:
    plan = Plan(PlanSettings())
    return make(ledger, Terms(today, reach=today - REACH), plan, "acme")


def _values(made: Made, name: str) -> dict[str, Decimal]:
    return {
        text.replace('"', ""): value
        for samples in made.parts.values()
        for metric, family in samples.families.items()
        if metric.name == PREFIX + name
        for text, value in family.items()
        if value
    }


def test_what_is_billed_as_used_is_matched() -> None:
    """Used and invoiced amounts agree, the period is known as invoiced, and nothing is left out."""
    made = _made(ledger_of({OCTOBER: [row()]}, [RIGHT]))
    charges = "subject=trustors,period=previous,state=matched"
    assert _values(made, "reconciled_charges") == {charges: 1}
    sums = {"subject=trustors,period=previous,currency=EUR": Decimal(20)}
    assert _values(made, "reconciliation_invoiced_amount") == sums
    assert _values(made, "reconciliation_used_amount") == sums
    assert made.invoiced == {("t-1", OCTOBER)}
    assert not _values(made, "reconciliation_left_out_amount")
    assert not made.worst


@pytest.mark.parametrize(
    ("used", "billed", "cause", "amount"),
    [
        ("110", RIGHT, "", "0"),
        ("110", item("30.00", "15", OCTOBER, END), "quantity", "10"),
        ("100", RIGHT, "only_invoiced", "20"),
        ("0", RIGHT, "only_invoiced", "20"),
    ],
)
def test_a_difference_has_its_cause(used: str, billed: object, cause: str, amount: str) -> None:
    """By cause in the sums, and for its customer; a charge that was not used at all is known."""
    prepaid = "0" if used == "0" else "100"
    made = _made(ledger_of({OCTOBER: [row(used, prepaid)]}, [billed]))  # type: ignore[list-item] # a line
    where = "period=previous,currency=EUR"
    of_sums = {f"subject=trustors,{where},cause={cause}": Decimal(amount)} if cause else {}
    of_each = {f"trustor=Acme,trustor_id=t-1,{where}": Decimal(amount)} if cause else {}
    assert _values(made, "reconciliation_difference_amount") == of_sums
    assert _values(made, "trustor_reconciliation_difference_amount") == of_each
    assert len(made.worst) == len(of_each)


def test_what_is_not_billed_yet_is_pending() -> None:
    """Overage of a closed period waits 45 days for its invoice, that of the running one too."""
    current = Current(
        date(2026, 11, 1),
        date(2026, 11, 30),
        (CurrentRow("Minutes", "GC-1", "EUR", Decimal(100), Decimal(8), Decimal(9)),),
    )
    ledger = ledger_of({OCTOBER: [row()]}, [])
    ledger.current_period("trustors", "t-1", "Acme", current)
    assert _values(_made(ledger), "reconciliation_pending_amount") == {
        "subject=trustors,period=previous,currency=EUR": 20,
        "subject=trustors,period=current,currency=EUR": 8,
    }
    late = _made(ledger, date(2026, 12, 24))
    assert _values(late, "reconciliation_difference_amount") == {
        "subject=trustors,period=previous,currency=EUR,cause=only_used": -20
    }


@pytest.mark.parametrize(
    ("start", "end", "pending"),
    [
        (date(2026, 11, 1), date(2026, 11, 30), True),
        (date(2026, 10, 10), date(2026, 11, 9), True),  # ended, and not reported as closed yet
        (date(2026, 10, 1), date(2026, 10, 31), False),  # closed, and compared as that
        (date(2025, 3, 1), date(2025, 3, 31), False),  # of a contract that is long over
    ],
)
def test_only_a_period_that_is_still_to_be_billed_is_pending(
    start: date, end: date, *, pending: bool
) -> None:
    """What the newest period of an ended contract used once is no accrual of today."""
    rows = (CurrentRow("Minutes", "GC-1", "EUR", Decimal(100), Decimal(8), Decimal(9)),)
    ledger = ledger_of({OCTOBER: [row()]}, [])
    ledger.current_period("trustors", "t-1", "Acme", Current(start, end, rows))
    found = _values(_made(ledger), "reconciliation_pending_amount")
    key = "subject=trustors,period=current,currency=EUR"
    assert found.get(key) == (8 if pending else None)


def test_an_invoice_that_cannot_be_read_makes_nobody_a_debtor() -> None:
    """Where an unread invoice may bill it, overage is not comparable rather than only used."""
    ledger = ledger_of({OCTOBER: [row()]}, None)
    made = _made(ledger, date(2026, 12, 24))
    charges = "subject=trustors,period=previous,state=not_comparable"
    assert _values(made, "reconciled_charges") == {charges: 1}


def test_nothing_is_compared_or_pending_of_what_is_too_old() -> None:
    """Invoices that are not known any more may bill what was used, and current periods are not
    today's: after max_age neither counts until it is read again.
    """
    rows = (CurrentRow("Minutes", "GC-1", "EUR", Decimal(100), Decimal(8), Decimal(9)),)
    ledger = ledger_of({OCTOBER: [row()]}, [])
    ledger.current_period(
        "trustors", "t-1", "Acme", Current(date(2026, 11, 1), date(2026, 11, 30), rows)
    )
    ledger.read_by({"invoices", "trustors"})
    compared = "subject=trustors,period=previous,state=pending"
    used = "subject=trustors,period=current,currency=EUR"

    def shown() -> tuple[bool, bool]:
        made = _made(ledger)
        charges = _values(made, "reconciled_charges")
        return compared in charges, used in _values(made, "reconciliation_pending_amount")

    assert shown() == (False, False)
    ledger.published("trustors")
    assert shown() == (False, True)
    ledger.published("invoices")
    assert shown() == (True, True)
    changes = ledger.changes
    ledger.expired("trustors")
    assert ledger.changes > changes  # a statement is due
    assert shown() == (True, False)
    ledger.expired("invoices")
    assert shown() == (False, False)


def test_without_invoices_there_is_no_comparison_and_no_margin() -> None:
    """Before invoices were listed nothing can be said, and nothing is."""
    ledger = Ledger("acme", stores())
    ledger.customer_period("t-1", "Acme", overview(OCTOBER, row()), is_settled=True)
    ledger.keep_only("trustors", ["t-1"])
    plan = Plan(PlanSettings(prices=(Price(markup=Decimal(1)),)))
    made = make(ledger, Terms(TODAY, reach=TODAY - REACH), plan, "acme")
    assert _values(made, "reconciled_charges") == {}
    assert "margin t-1" not in made.parts


def _left_out(lines: Iterable[object]) -> dict[str, Decimal]:
    made = _made(ledger_of({OCTOBER: [row()]}, [RIGHT, *lines]))  # type: ignore[list-item] # lines
    compared = _values(made, "reconciliation_invoiced_amount")
    assert compared == {"subject=trustors,period=previous,currency=EUR": 20}
    return _values(made, "reconciliation_left_out_amount")


def test_what_is_not_compared_is_left_out_with_its_reason() -> None:
    """Advance, another product, and somebody else's line, each in the period that it bills."""
    found = _left_out(
        [
            item("100.00", "100", date(2026, 11, 1), date(2026, 11, 30)),
            item("7.00", "1", OCTOBER, END, sku="GC-176"),
            item("5.00", "1", OCTOBER, END, organization="t-9"),
        ]
    )
    assert found == {
        "period=current,currency=EUR,reason=advance": 100,
        "period=previous,currency=EUR,reason=no_charge": 7,
        "period=previous,currency=EUR,reason=not_read": 5,
    }


def test_what_no_contract_charges_is_said_to_be_so_where_there_are_no_customers() -> None:
    """That side knows the organization, so it says more than the other, which knows nobody."""
    ledger = Ledger("acme", stores())
    charge = BillingCharge(
        name="Minutes",
        product=BillingProduct(sku="GC-1"),
        organizations=(NamedEntity(id="o-1"),),
        overage_quantity=Decimal(10),
        overage_rate=Decimal(2),
        overage_charge=Decimal(20),
        overage_currency="EUR",
    )
    detail = BillingContractPeriodDetail(
        date_start=OCTOBER, date_end=END, status="Closed", charges=(charge,)
    )
    ledger.contract_period(BillingContract(id="c-1"), "C-1", detail, is_settled=True)
    ledger.keep_only("contracts", ["c-1"])
    telephony = item("7.00", "1", OCTOBER, END, sku="GC-176", organization="o-1")
    assert ledger.wants_lines(invoice("27.00"), TODAY)
    ledger.lines(
        invoice("27.00"), [item("20.00", "10", OCTOBER, END, organization="o-1"), telephony]
    )
    ledger.keep_only_invoices(["I-1"])
    assert _values(_made(ledger), "reconciliation_left_out_amount") == {
        "period=previous,currency=EUR,reason=no_charge": 7
    }


def test_a_line_for_nobody_fits_one_customer_or_none() -> None:
    """Without organization it bills the one customer that it fits; two are not comparable."""
    billed = item("20.00", "10", OCTOBER, END, organization="")
    one = ledger_of({OCTOBER: [row()]}, [billed])
    assert "state=matched" in next(iter(_values(_made(one), "reconciled_charges")))

    def join(ledger: Ledger) -> None:
        ledger.customer_period("t-2", "Umbra", overview(OCTOBER, row()), is_settled=True)
        ledger.keep_only("trustors", ["t-1", "t-2"])

    two = _made(ledger_of({OCTOBER: [row()]}, [billed], changed=join))
    charges = "subject=trustors,period=previous,state=not_comparable"
    assert _values(two, "reconciled_charges") == {charges: 2}
    assert _values(two, "reconciliation_left_out_amount") == {
        "period=previous,currency=EUR,reason=shared": 20
    }


def test_invoices_that_do_not_add_up_are_counted() -> None:
    """An invoice whose lines come to another amount, by currency."""

    def change(ledger: Ledger) -> None:
        ledger.lines(invoice("45.00"), [RIGHT])

    made = _made(ledger_of({OCTOBER: [row()]}, [RIGHT], changed=change))
    assert _values(made, "unbalanced_invoices") == {"currency=EUR": 1}


def test_a_change_is_split_by_cause() -> None:
    """Quantity, price, commitment, new and gone charges: exactly the whole change."""
    before = [row("110"), row("5", "0", name="Old", part_number="GC-2")]
    after = [row("120", "105", "3"), row("4", "0", name="New", part_number="GC-3")]
    made = _made(ledger_of({SEPTEMBER: before, OCTOBER: after}, []))
    found = _values(made, "trustor_estimated_change_amount")
    of = "trustor=Acme,trustor_id=t-1,currency=EUR,cause="
    assert found == {
        f"{of}commitment": 5,
        f"{of}quantity": 10,
        f"{of}price": 15,
        f"{of}new": 8,
        f"{of}gone": -10,
    }
    assert sum(found.values()) == (105 + 45 + 8) - (100 + 20 + 10)


def test_a_charge_that_rests_is_a_change_of_quantity() -> None:
    """One that is still listed and was not used is not gone."""
    before, after = [row("5", "0")], [row("0", "0")]
    made = _made(ledger_of({SEPTEMBER: before, OCTOBER: after}, []))
    of = "trustor=Acme,trustor_id=t-1,currency=EUR,cause="
    assert _values(made, "trustor_estimated_change_amount") == {f"{of}quantity": -10}


def test_what_is_not_settled_has_not_changed() -> None:
    """Late data make no change from one period to the next."""
    ledger = ledger_of({SEPTEMBER: [row()], OCTOBER: [row("120")]}, [], is_settled=False)
    assert _values(_made(ledger), "trustor_estimated_change_amount") == {}


def test_a_charge_that_is_not_used_is_not_pending() -> None:
    """No currency appears for what costs nothing."""
    nothing = Decimal(0), Decimal(0), Decimal(0)
    unused = CurrentRow("Minutes", "GC-1", "EUR", *nothing, is_unused=True)
    used = CurrentRow("Minutes", "GC-1", "USD", Decimal(0), Decimal(8), Decimal(9))
    account = Account("C-1", "c-1", (), Current(TODAY, TODAY, (unused, used)))
    assert pending_now(account, TODAY) == {"USD": 8}


UNREADABLE = ("NaN", "sNaN", "Infinity", "1E+999")


@pytest.mark.parametrize("number", UNREADABLE)
@pytest.mark.parametrize(
    "name", ["usage_quantity", "prepay_quantity", "prepay_price", "overage_price"]
)
def test_a_row_that_cannot_be_read_costs_no_other_its_comparison(name: str, number: str) -> None:
    """Numbers that are none are as missing, and the statement is made of all others."""
    changes = {name: Decimal(number)}
    broken = msgspec.structs.replace(row(name="Bots", part_number="GC-2"), **changes)
    made = _made(ledger_of({OCTOBER: [row(), broken]}, [RIGHT]))
    matched = "subject=trustors,period=previous,state=matched"
    assert _values(made, "reconciled_charges")[matched] == 1
    finite = (value for samples in made.parts.values() for value in _numbers(samples))
    assert all(value.is_finite() for value in finite)


@pytest.mark.parametrize("number", UNREADABLE)
@pytest.mark.parametrize("which", ["amount", "quantity"])
def test_a_line_that_cannot_be_read_costs_no_other_its_comparison(which: str, number: str) -> None:
    """An amount or a quantity of a line that is none is as missing."""
    broken = msgspec.structs.replace(
        item("5", "1", OCTOBER, END, sku="GC-2"), **{which: Decimal(number)}
    )
    made = _made(ledger_of({OCTOBER: [row()]}, [RIGHT, broken]))
    matched = "subject=trustors,period=previous,state=matched"
    assert _values(made, "reconciled_charges")[matched] == 1


def _numbers(samples: Samples) -> Iterator[Decimal]:
    for family in samples.families.values():
        yield from map(Decimal, family.values())


def test_lines_that_bill_no_period_of_their_customer_are_allocated() -> None:
    """In the month after they end: of a year, of days of two periods, or with an issue date alone;
    but not what bills an older period, or one to come.
    """
    first, last = date(2026, 9, 20), date(2026, 10, 30)
    lines = [
        RIGHT,
        item("1.00", "1", date(2025, 11, 1), END),
        item("2.00", "1", first, last),
        item("4.00", "1", SEPTEMBER, date(2026, 9, 30)),
        item("8.00", "1", date(2026, 11, 1), date(2026, 11, 30)),
        item("16.00", "1", first, date(2026, 10, 20)),
        msgspec.structs.replace(RIGHT, amount=Decimal(32), date_start=None, date_end=None),
    ]
    ledger = ledger_of({OCTOBER: [row()], SEPTEMBER: [row()]}, lines)
    group = Group(to="A", customers=("acme",))
    plan = Plan(PlanSettings(showback=(Showback(name="cc", groups=(group,)),)))
    make(ledger, Terms(TODAY, reach=TODAY - REACH), plan, "acme")
    assert plan.contribution.invoiced == {("cc", "A", "EUR"): 20 + 1 + 2 + 32}


def test_amounts_of_invoices_whose_lines_are_unread_are_not_too_small() -> None:
    """Of their currency nothing is said to be invoiced, nor a margin or its lack; of others it is.

    An invoice that is too old to bill the previous period keeps nothing back.
    """

    def shown(unread: BillingInvoice) -> tuple[dict[str, Decimal], set[str]]:
        ledger = ledger_of({OCTOBER: [row()]}, [RIGHT])
        other = msgspec.structs.replace(invoice("9.00", "I-2"), currency_iso_code="USD")
        for bill, lines in ((other, [item("9.00", "1", OCTOBER, END)]), (unread, None)):
            assert ledger.wants_lines(bill, TODAY)
            if lines:
                ledger.lines(bill, lines)
        ledger.keep_only_invoices(["I-1", "I-2", "I-3"])
        showback = Showback(name="cc", groups=(Group(to="A"),))
        settings = PlanSettings(showback=(showback,), prices=(Price(markup=Decimal(1)),))
        terms = Terms(TODAY, reach=TODAY - REACH)
        made = make(ledger, terms, Plan(settings), "acme")
        gaps = {"acme": made.contribution.unread}
        found = summary(settings, [made.contribution], gaps, TODAY, is_whole=True)
        margin = _values(made, "trustor_estimated_margin_amount")
        unpriced = {
            metric.name.removeprefix(PREFIX)
            for samples in made.parts.values()
            for metric in samples.families
            if metric.name.endswith("unpriced_charges")
        }
        invoiced = {
            text.rpartition("currency=")[2].strip('"'): value
            for text, value in found.values(ALLOCATED_INVOICED).items()
        }
        sold = {text.rpartition("=")[2]: value for text, value in margin.items()}
        assert invoiced == sold  # what is sold at twice the price
        return invoiced, unpriced

    missing = invoice("5.00", "I-3")
    assert shown(missing) == ({"USD": Decimal(9)}, set())
    old = msgspec.structs.replace(missing, date_invoiced=date(2026, 8, 1))
    every = {"EUR": Decimal(20), "USD": Decimal(9)}
    assert shown(old) == (every, {"trustor_unpriced_charges"})

"""Invoices as Invoice Detail and Cost and Usage."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from billing_exporter.export.accounts import Terms
from billing_exporter.export.build import Wanted, export
from billing_exporter.export.source import LeftOut, Source
from billing_exporter.export.tables import COST_AND_USAGE, INVOICE_DETAIL
from billing_exporter.genesys.records import BillingPlan, NamedEntity
from tests.unit.export.cases import (
    EVERY,
    charge,
    contract,
    contract_period,
    invoice,
    line,
    made,
    rows,
    trustor_period,
    usage,
)


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def test_a_prepaid_year_is_a_purchase_and_twelve_shares() -> None:
    """The purchase has no effective cost; each month has its share and no invoice."""
    prepaid = line("1200", date_start=date(2026, 11, 1), date_end=date(2027, 10, 31))
    found = rows(made(Source(organization="acme", invoices=(invoice(prepaid),))), COST_AND_USAGE)
    purchase = next(row for row in found if row["ChargeCategory"] == "Purchase")
    covered = [row for row in found if row["ChargeCategory"] == "Usage"]
    assert (purchase["BilledCost"], purchase["EffectiveCost"]) == (Decimal(1200), Decimal(0))
    assert purchase["BillingPeriodStart"] == _day(2026, 11, 1)
    assert (purchase["ChargePeriodStart"], purchase["ChargePeriodEnd"]) == (
        _day(2026, 11, 1),
        _day(2027, 11, 1),
    )
    assert [row["EffectiveCost"] for row in covered] == [Decimal(100)] * 12
    assert {row["BilledCost"] for row in covered} == {Decimal(0)}
    assert not any("InvoiceId" in row or "InvoiceDetailId" in row for row in covered)
    assert {row["x_PurchaseInvoiceDetailId"] for row in covered} == {"INV-1/L-1"}


@pytest.mark.parametrize(
    ("changes", "category", "frequency"),
    [
        ({}, "Usage", "Usage-Based"),
        ({"amount": Decimal("-3.50")}, "Credit", "One-Time"),
        ({"date_start": None}, "Purchase", "One-Time"),
        ({"date_end": date(2026, 9, 1)}, "Purchase", "One-Time"),
    ],
)
def test_amount_and_dates_decide_the_category(
    changes: dict[str, Any], category: str, frequency: str
) -> None:
    """Every row but a prepaid one has equal billed and effective cost."""
    found = made(Source(organization="acme", invoices=(invoice(line(**changes)),)))
    (row,) = rows(found, COST_AND_USAGE)
    (detail,) = rows(found, INVOICE_DETAIL)
    assert (row["ChargeCategory"], row["ChargeFrequency"]) == (category, frequency)
    assert row["BilledCost"] == row["EffectiveCost"] == row["ListCost"] == detail["BilledCost"]
    assert detail["ChargeCategory"] == category


def test_what_lines_lack_to_the_invoice_is_a_row_of_its_own() -> None:
    """It is an Adjustment that says what it is, in both datasets."""
    found = made(Source(organization="acme", invoices=(invoice(line("10"), amount="10.07"),)))
    for dataset in (COST_AND_USAGE, INVOICE_DETAIL):
        (row,) = [r for r in rows(found, dataset) if r["ChargeCategory"] == "Adjustment"]
        assert (row["BilledCost"], row["InvoiceDetailId"]) == (Decimal("0.07"), "INV-1/difference")


def test_the_contract_period_that_holds_the_day_is_the_billing_period() -> None:
    """Where contracts of the lines' organization disagree the month of the calendar is."""
    half = contract_period(month=11).contract.billing_periods[9:11]
    late = [
        type(each)(
            id=f"late-{each.id}",
            date_start=each.date_start and each.date_start.replace(day=3),
            date_end=each.date_end and date(2026, each.date_end.month + 1, 2),
            status=each.status,
        )
        for each in half
    ]
    of_acme = contract(billing_periods=tuple(late))
    other_plan = BillingPlan(organizations=(NamedEntity(id="org-2"),))
    other = contract(id="c-8", external_number="C-8", plans=(other_plan,))
    bill = invoice(line())

    def start(*contracts: object) -> object:
        source = Source(organization="acme", invoices=(bill,), contracts=contracts)  # type: ignore[arg-type]
        return rows(made(source, INVOICE_DETAIL), INVOICE_DETAIL)[0]["BillingPeriodStart"]

    assert start(of_acme, other) == _day(2026, 11, 3)
    assert start(other) == _day(2026, 11, 1)
    assert start(of_acme, contract(id="c-9")) == _day(2026, 11, 1)
    assert start() == _day(2026, 11, 1)


def test_a_unit_price_is_one_that_somebody_states() -> None:
    """It is exported only where it times the quantity is the amount, exactly."""
    priced = contract_period(charge(overage_rate=Decimal("2.5")), month=10)
    source = Source(
        organization="acme",
        invoices=(invoice(line("12.50", id="a"), line("12.51", id="b")),),
        contract_periods=(priced,),
        trustor_periods=(trustor_period(usage(overage_price=Decimal("2.4"))),),
    )
    found = {row["InvoiceDetailId"]: row for row in rows(made(source), COST_AND_USAGE)}
    assert found["INV-1/a"]["ContractedUnitPrice"] == Decimal("2.5")
    assert "ContractedUnitPrice" not in found["INV-1/b"]


def test_terms_dates_and_status_of_the_invoice() -> None:
    """A due date stands only where the terms state one; a void invoice is Voided."""
    source = Source(
        organization="acme",
        invoices=(
            invoice(line(), id="A"),
            invoice(line(), id="B", payment_terms=None, payment_status="VOIDED"),
        ),
    )
    first, second = rows(made(source), INVOICE_DETAIL)
    assert first["PaymentDueDate"] == _day(2026, 12, 4)
    assert (first["InvoiceIssueStatus"], first["ReferenceInvoiceId"]) == ("Issued", "A")
    assert (second["PaymentDueDate"], second["PaymentTerms"]) == (None, None)
    assert second["InvoiceIssueStatus"] == "Voided"


def test_what_cannot_be_exported_is_left_out_with_its_amount() -> None:
    """An undated invoice, one without currency, lines or id, a line without amount."""
    unread = invoice(amount="7", id="D")
    source = Source(
        organization="acme",
        invoices=(
            invoice(line("1"), id="A", date_invoiced=None),
            invoice(line("2"), id="B", currency_iso_code="euro"),
            type(unread)(unread.invoice, None),
            invoice(line("3"), id=" "),
            invoice(line("4"), line(None, id="L-2"), id="F"),
            invoice(line("Infinity"), id="G", amount="4"),
            invoice(line("5"), id="H"),
            invoice(line("6"), id="H"),
        ),
    )
    found = made(source, COST_AND_USAGE)
    assert found.left_out == (
        LeftOut("invoice", "duplicate_invoice", "EUR", Decimal(6)),
        LeftOut("invoice", "lines_not_read", "EUR", Decimal(7)),
        LeftOut("invoice", "no_amount", count=2),
        LeftOut("invoice", "no_currency"),
        LeftOut("invoice", "no_invoice_id", "EUR", Decimal(3)),
        LeftOut("invoice", "undated_invoice", "EUR", Decimal(1)),
    )
    assert {row["InvoiceId"]: row["BilledCost"] for row in rows(found, COST_AND_USAGE)} == {
        "F": Decimal(4),
        "G": Decimal(4),
        "H": Decimal(5),
    }


def test_an_invoice_of_nothing_is_counted() -> None:
    """An invoice of 0 without lines has no row, and is left out as zero; one with a line is not."""
    empty = invoice(amount="0", id="INV-0")
    free = invoice(line("0"), id="INV-1")
    found = made(Source(organization="acme", invoices=(empty, free)), INVOICE_DETAIL)
    assert [row["InvoiceId"] for row in rows(found, INVOICE_DETAIL)] == ["INV-1"]
    assert found.left_out == (LeftOut("invoice", "zero", "EUR"),)


def test_an_invoice_that_two_organizations_see_is_one() -> None:
    """The first organization by name has it; for the other it is left out."""
    wanted = Wanted(datasets=(INVOICE_DETAIL,), selection=EVERY)
    sources = [
        Source(organization=name, invoices=(invoice(line("5")),)) for name in ("beta", "acme")
    ]
    found = export(sources, wanted)
    assert [row["x_Organization"] for row in rows(found, INVOICE_DETAIL)] == ["acme"]
    assert found.left_out == (LeftOut("invoice", "duplicate_invoice", "EUR", Decimal(5)),)


def test_lines_have_ids_of_their_own() -> None:
    """Different lines of one id are numbered, a line that a page repeats is one."""
    source = Source(
        organization="acme",
        invoices=(
            invoice(line("1"), line("2"), id="A"),
            invoice(line("1"), line("1"), id="B", amount="1"),
            invoice(line("1", id=None), line("1", id=None), id="C"),
        ),
    )
    found = [row["InvoiceDetailId"] for row in rows(made(source), INVOICE_DETAIL)]
    assert sorted(map(str, found)) == ["A/L-1", "A/L-1-2", "B/L-1", "C/line-1", "C/line-2"]


def test_customers_narrow_the_lines() -> None:
    """What others are billed is counted, not exported."""
    other = line("9", id="L-2", organization=NamedEntity(id="org-2", name="Other"))
    source = Source(organization="acme", invoices=(invoice(line("1"), other),))
    found = made(source, COST_AND_USAGE, terms=Terms(customers=("ac*",)))
    assert [row["BilledCost"] for row in rows(found, COST_AND_USAGE)] == [Decimal(1)]
    assert found.left_out == (LeftOut("invoice", "other_customer", "EUR", Decimal(9)),)


def test_cost_and_usage_1_2_has_its_own_names() -> None:
    """Its description is in ASCII, the exact one is beside it."""
    source = Source(organization="acme", invoices=(invoice(line(description="Küste Ώmega")),))
    (found,) = [t for t in made(source, version="1.2").tables if t.dataset == COST_AND_USAGE]
    (row,) = found.rows
    names = {column.name for column in found.columns}
    assert row["ChargeDescription"] == "Kuste \\u03a9mega"
    assert row["x_ChargeDescription"] == "Küste Ώmega"
    assert row["ProviderName"] == row["PublisherName"] == "Genesys"
    assert not names & {"ConsumedQuantity", "ContractedUnitPrice", "ServiceProviderName"}

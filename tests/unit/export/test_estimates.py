"""What no invoice states yet: estimated rows that never repeat billed money."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing_exporter.export.accounts import Terms
from billing_exporter.export.source import LeftOut, Source
from billing_exporter.export.tables import COST_AND_USAGE, ESTIMATED
from billing_exporter.genesys.records import NamedEntity
from tests.unit.export.cases import (
    charge,
    contract_period,
    invoice,
    line,
    made,
    rows,
    trustor_period,
    usage,
)


def test_overage_and_prepaid_of_a_customer_are_estimated() -> None:
    """Two rows in a file of their own, without invoice, marked as estimated."""
    source = Source(organization="acme", trustor_periods=(trustor_period(),))
    found = made(source)
    overage, prepaid = sorted(rows(found, ESTIMATED), key=lambda row: str(row["BilledCost"]))
    assert (overage["BilledCost"], overage["ChargeCategory"]) == (Decimal(20), "Usage")
    assert (overage["PricingQuantity"], overage["ContractedUnitPrice"]) == (4, 5)
    assert (prepaid["BilledCost"], prepaid["ChargeCategory"]) == (Decimal(30), "Purchase")
    assert prepaid["PricingQuantity"] == Decimal(10)
    for row in (overage, prepaid):
        assert row["x_Estimated"] is True
        assert row["EffectiveCost"] == row["BilledCost"]
        assert (row["SubAccountId"], row["SubAccountName"]) == ("org-1", "Acme")
        assert "InvoiceId" not in row
    assert rows(found, COST_AND_USAGE) == []


def test_the_same_money_stands_once() -> None:
    """A contract comes before an overview, and its overage is not added to the customer's."""
    source = Source(
        organization="acme",
        contract_periods=(contract_period(),),
        trustor_periods=(trustor_period(usage(prepay_price=None)),),
    )
    found = made(source, COST_AND_USAGE)
    (row,) = rows(found, ESTIMATED)
    assert (row["x_ContractId"], row["BilledCost"]) == ("C-7", Decimal(20))
    assert LeftOut(ESTIMATED, "in_contract", "EUR", Decimal(20)) in found.left_out


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "invoiced"),
        ({"organization": None}, "invoiced"),
        ({"organization": NamedEntity(id="org-2")}, None),
        ({"product": None}, None),
        ({"date_end": date(2026, 9, 30), "date_start": date(2026, 9, 1)}, None),
        ({"date_end": date(2026, 12, 31)}, None),
    ],
)
def test_an_invoice_comes_first(changes: dict[str, Any], reason: str | None) -> None:
    """Where an invoice bills the customer's SKU of the period in arrears no estimate is left."""
    source = Source(
        organization="acme",
        invoices=(invoice(line(**changes)),),
        contract_periods=(contract_period(month=10),),
    )
    found = made(source, COST_AND_USAGE)
    reasons = {each.reason for each in found.left_out if each.dataset == ESTIMATED}
    assert reasons == ({reason} if reason else set())
    assert len(rows(found, ESTIMATED)) == (0 if reason else 1)


def test_prepaid_and_overage_are_invoiced_apart() -> None:
    """A line in advance takes the place of what is prepaid, not of the overage."""
    ahead = line("30", date_start=date(2026, 11, 1), date_end=date(2026, 11, 30))
    source = Source(
        organization="acme", invoices=(invoice(ahead),), trustor_periods=(trustor_period(),)
    )
    found = made(source, COST_AND_USAGE)
    (row,) = rows(found, ESTIMATED)
    assert (row["ChargeCategory"], row["BilledCost"]) == ("Usage", Decimal(20))
    assert LeftOut(ESTIMATED, "invoiced", "EUR", Decimal(30)) in found.left_out


def test_what_gives_no_amount_is_counted() -> None:
    """No price, nothing used, no number, no currency, other vendors and other customers."""
    quiet = {"prepay_price": None}
    overview = trustor_period(
        usage(overage_price=None, **quiet),
        usage(part_number="GC-2", usage_quantity=Decimal(3), **quiet),
        usage(part_number="GC-3", is_third_party=True, **quiet),
    )
    other = trustor_period(usage(**quiet), key="org-2", name="Other")
    undated = trustor_period(key="org-3", billing_period_end_date=None)
    source = Source(
        organization="acme",
        contract_periods=(
            contract_period(charge(overage_currency=None), charge(overage_quantity=None)),
        ),
        trustor_periods=(overview, other, undated),
    )
    found = made(source, COST_AND_USAGE, terms=Terms(customers=("org-1",)))
    counted = {each.reason: each.count for each in found.left_out if each.dataset == ESTIMATED}
    assert counted == {
        "no_price": 1,
        "zero": 1,
        "third_party": 1,
        "other_customer": 1,
        "no_period": 1,
        "no_currency": 1,
    }


def test_rows_of_one_charge_are_estimated_together() -> None:
    """Two rows of one charge are one estimate of their sum, not the first row's."""
    period = trustor_period(usage(), usage(usage_quantity=Decimal(8)))
    found = rows(made(Source(organization="acme", trustor_periods=(period,))), ESTIMATED)
    assert {
        (row["ChargeCategory"], row["BilledCost"], row["PricingQuantity"]) for row in found
    } == {
        ("Usage", Decimal(10), Decimal(2)),
        ("Purchase", Decimal(60), Decimal(20)),
    }


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("lacking", ["usage_quantity", "prepay_quantity"])
def test_a_row_without_its_number_leaves_no_estimate(lacking: str, *, first: bool) -> None:
    """Where one of two rows lacks its number the overage is not known, and is left out as such; so
    is the prepaid amount where it is that number.
    """
    pair = [usage(), usage(**{lacking: None})]
    period = trustor_period(*(pair if first else pair[::-1]))
    found = made(Source(organization="acme", trustor_periods=(period,)))
    amounts = {row["ChargeCategory"]: row["BilledCost"] for row in rows(found, ESTIMATED)}
    assert amounts == ({} if lacking == "prepay_quantity" else {"Purchase": Decimal(60)})
    assert "no_amount" in {each.reason for each in found.left_out}

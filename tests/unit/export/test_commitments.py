"""Contract commitments: prepaid quantities, wallets and minimum amounts."""

import json
from decimal import Decimal

import pytest

from billing_exporter.export.source import LeftOut, Source
from billing_exporter.export.tables import CONTRACT_COMMITMENT
from billing_exporter.genesys.records import BillingProduct, BillingWallet
from tests.unit.export.cases import charge, contract_period, made, rows, trustor_period

SEATS = charge(
    name="Seats",
    product=BillingProduct(sku="GC-9", unit_of_measure="User"),
    prepaid_quantity=Decimal("12.0"),
)
WALLET = BillingWallet(
    name="AI tokens",
    starting_balance=Decimal(1000),
    ending_balance=Decimal(0),
    unit_of_measure="Token",
)


def test_a_prepaid_quantity_is_a_commitment() -> None:
    """It has its cost where one plan item states price and quantity, and is paid as subscribed."""
    source = Source(
        organization="acme",
        contract_periods=(contract_period(SEATS),),
        trustor_periods=(trustor_period(),),
    )
    (row,) = rows(made(source), CONTRACT_COMMITMENT)
    assert row["ContractCommitmentCost"] == Decimal(1200)
    assert (row["ContractCommitmentQuantity"], row["ContractCommitmentUnit"]) == (12, "User")
    assert row["ContractCommitmentPaymentModel"] == "All Upfront"
    assert row["ContractCommitmentDurationType"] == "1 Month"
    assert row["ContractCommitmentId"] == "C-7/GC-9/2026-11-01"
    applies = json.loads(str(row["ContractCommitmentApplicability"]))
    assert applies["Inclusions"][0]["Values"] == ["GC-9"]


def test_a_wallet_that_is_empty_is_exhausted() -> None:
    """Its starting balance is committed; of a closed period it has expired."""
    source = Source(
        organization="acme",
        contract_periods=(
            contract_period(SEATS, wallets=(WALLET,)),
            contract_period(SEATS, month=10, wallets=(WALLET,)),
        ),
        trustor_periods=(trustor_period(subscription_type="PREPAY_MONTHLY_COMMITMENT"),),
    )
    found = {row["ContractCommitmentId"]: row for row in rows(made(source), CONTRACT_COMMITMENT)}
    now, before = found["C-7/wallet AI tokens/2026-11-01"], found["C-7/GC-9/2026-10-01"]
    assert now["ContractCommitmentLifecycleStatus"] == "Exhausted"
    assert now["x_RemainingQuantity"] == 0
    assert now["ContractCommitmentPaymentModel"] == "No Upfront"
    assert before["ContractCommitmentLifecycleStatus"] == "Expired"


def test_a_minimum_amount_is_a_commitment_to_spend() -> None:
    """It is of the customer's contract, which the overview names by its dates alone."""
    source = Source(
        organization="acme",
        trustor_periods=(trustor_period(minimum_monthly_amount=Decimal("99.95")),),
    )
    (row,) = rows(made(source), CONTRACT_COMMITMENT)
    assert (row["ContractCommitmentCategory"], row["ContractCommitmentCost"]) == (
        "Spend",
        Decimal("99.95"),
    )
    assert row.get("ContractCommitmentQuantity") is None


@pytest.mark.parametrize("kind", ["ININ", "MONTH_TO_MONTH", "", "SOMETHING_NEW"])
def test_an_unknown_subscription_is_not_guessed(kind: str) -> None:
    """Neither the contract's quantities nor the minimum are exported; both are counted."""
    source = Source(
        organization="acme",
        contract_periods=(contract_period(SEATS),),
        trustor_periods=(
            trustor_period(subscription_type=kind, minimum_monthly_amount=Decimal(5)),
        ),
    )
    found = made(source, CONTRACT_COMMITMENT)
    assert rows(found, CONTRACT_COMMITMENT) == []
    assert found.left_out == (LeftOut(CONTRACT_COMMITMENT, "unknown_subscription", count=2),)


def test_ids_are_unique() -> None:
    """Two charges of one SKU are two commitments."""
    source = Source(
        organization="acme",
        contract_periods=(contract_period(SEATS, charge(product=SEATS.product)),),
        trustor_periods=(trustor_period(),),
    )
    found = [row["ContractCommitmentId"] for row in rows(made(source), CONTRACT_COMMITMENT)]
    assert sorted(map(str, found)) == ["C-7/GC-9/2026-11-01", "C-7/GC-9/2026-11-01-2"]

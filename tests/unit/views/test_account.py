"""Charges of a contract's page, read from its samples."""

from decimal import Decimal

from billing_exporter.collectors.contracts import (
    ContractData,
    ContractsCollector,
    ContractsData,
)
from billing_exporter.collectors.settings import ContractsSettings
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriodDetail,
    BillingProduct,
    BillingWallet,
)
from billing_exporter.views.account import CONTRACT, charges


def test_wallets_stand_beside_charges() -> None:
    """A wallet is a row of its own, also where a charge has its name, and all overage adds up."""
    product = BillingProduct(sku="GC-1", unit_of_measure="Token")
    charge = BillingCharge(
        name="Tokens",
        product=product,
        actual_quantity=Decimal(12),
        overage_quantity=Decimal(2),
        overage_rate=Decimal("9.5"),
        overage_charge=Decimal(19),
        overage_currency="EUR",
    )
    wallet = BillingWallet(
        name="Tokens",
        product=product,
        unit_of_measure="Token",
        ending_balance=Decimal(0),
        balance_consumption=Decimal(140),
        balance_overage=Decimal(40),
        balance_overage_rate=Decimal(1),
        balance_overage_charge=Decimal(40),
        balance_overage_currency="EUR",
    )
    detail = BillingContractPeriodDetail(id="p-1", charges=(charge,), wallets=(wallet,))
    data = ContractData(BillingContract(id="c-1", external_number="C-7"), {"current": detail})
    collector = ContractsCollector(ContractsSettings())
    (part,) = collector.parts(ContractsData((data,))).values()
    found = [
        (one.charge, one.grouping, one.used, one.overage, one.unit_price, one.overage_amount)
        for one in charges(collector.expose(part), CONTRACT)
    ]
    assert found == [
        ("Tokens", "wallet", Decimal(140), Decimal(40), Decimal(1), Decimal(40)),
        ("Tokens", "", Decimal(12), Decimal(2), Decimal("9.5"), Decimal(19)),
    ]

"""Wallets in forecasts: their overage is part of a contract's money."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing_exporter.collectors.contracts import ContractData
from billing_exporter.forecasting import contracts
from billing_exporter.forecasting.forecaster import Forecaster
from billing_exporter.forecasting.running import running_period
from billing_exporter.forecasting.store import CODEC
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriodDetail,
    BillingProduct,
    BillingWallet,
)
from billing_exporter.metrics import forecasts
from billing_exporter.metrics.samples import Samples
from billing_exporter.state_files.store import MemoryStore


def test_a_wallet_counts_in_the_amount() -> None:
    """130 of a balance of 100 by half of November come to 260 and cost 160 times 0.50.

    October took out 260 as well, so the pace of both months is the same. No quantity is shown of a
    wallet, and a charge with the same labels stays another.
    """
    product = BillingProduct(sku="GC-1", unit_of_measure="Minute")

    def period(key: str, start: date, days: int, taken: int) -> BillingContractPeriodDetail:
        overage = Decimal(max(0, taken - 100))
        wallet = BillingWallet(
            name="Voice",
            product=product,
            unit_of_measure="Minute",
            starting_balance=Decimal(90),
            balance_increase=Decimal(15),
            balance_decrease=Decimal(5),
            balance_consumption=Decimal(taken),
            balance_overage=overage,
            balance_overage_rate=Decimal("0.5"),
            balance_overage_charge=overage / 2,
            balance_overage_currency="EUR",
        )
        charge = BillingCharge(name="Voice", product=product, actual_quantity=Decimal(0))
        end = start + timedelta(days=days - 1)
        return BillingContractPeriodDetail(
            id=key, date_start=start, date_end=end, charges=(charge,), wallets=(wallet,)
        )

    data = ContractData(
        BillingContract(id="c", external_number="C-1"),
        {
            "current": period("p2", date(2026, 11, 1), 30, 130),
            "previous": period("p1", date(2026, 10, 2), 30, 260),
        },
    )
    subject = contracts.subject_of(data)
    outlook = Forecaster("", MemoryStore(CODEC)).take("c", subject, date(2026, 11, 16))
    assert outlook is not None
    assert subject.current is not None
    samples = Samples()
    contracts.add_samples(samples, "C-1", outlook)
    assert not samples.values(forecasts.CONTRACT_QUANTITIES.forecast)
    (amount,) = samples.values(forecasts.CONTRACT_AMOUNTS.forecast).values()
    assert amount == 80
    (row,) = running_period(subject.current, outlook).rows
    assert (row.charge, row.overage, row.forecast) == ("Voice", Decimal(15), Decimal(80))


@pytest.mark.parametrize(("rate", "is_unpriced"), [(None, True), (Decimal("0.5"), False)])
def test_an_amount_without_a_rate_says_that_its_forecast_is_too_low(
    rate: Decimal | None, is_unpriced: bool
) -> None:
    """What overage has cost so far counts; without a rate the rest of the period has no amount."""
    charge = BillingCharge(
        name="Voice",
        actual_quantity=Decimal(200),
        prepaid_quantity=Decimal(100),
        overage_quantity=Decimal(100),
        overage_rate=rate,
        overage_charge=Decimal(50),
        overage_currency="EUR",
    )
    detail = BillingContractPeriodDetail(
        id="p", date_start=date(2026, 11, 1), date_end=date(2026, 11, 30), charges=(charge,)
    )
    data = ContractData(BillingContract(id="c"), {"current": detail})
    subject = contracts.subject_of(data)
    outlook = Forecaster("", MemoryStore(CODEC)).take("c", subject, date(2026, 11, 16))
    assert outlook is not None
    assert subject.current is not None
    (row,) = running_period(subject.current, outlook).rows
    assert (row.overage, row.is_unpriced, row.has_amount) == (Decimal(50), is_unpriced, True)

"""Wallets in forecasts: their overage is part of a contract's money."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from billing_exporter.collectors.closed_periods import History
from billing_exporter.collectors.contract_history import answer_of
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
    NamedEntity,
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


def test_rows_that_differ_in_currency_alone_count_in_both() -> None:
    """Their quantities are one series, their money two: 50 EUR and 20 USD of charges so far, 30 EUR
    and 5 USD of wallets; the row without a currency is settled in tokens and is no money.

    By half of November, at the pace of October, all quantities come to twice as much.
    """
    product = BillingProduct(sku="GC-1", unit_of_measure="Token")

    def charge(currency: str | None, used: int, price: int, *organizations: str) -> BillingCharge:
        return BillingCharge(
            name="Tokens",
            product=product,
            organizations=tuple(NamedEntity(id=each) for each in organizations),
            actual_quantity=Decimal(used),
            prepaid_quantity=Decimal(0),
            overage_quantity=Decimal(used),
            overage_rate=Decimal(price) if currency else None,
            overage_charge=Decimal(used * price) if currency else None,
            overage_currency=currency,
        )

    def wallet(currency: str, used: int, price: int) -> BillingWallet:
        return BillingWallet(
            name="Tokens",
            product=product,
            unit_of_measure="Token",
            starting_balance=Decimal(0),
            balance_consumption=Decimal(used),
            balance_overage=Decimal(used),
            balance_overage_rate=Decimal(price),
            balance_overage_charge=Decimal(used * price),
            balance_overage_currency=currency,
        )

    def period(key: str, start: date, times: int) -> BillingContractPeriodDetail:
        return BillingContractPeriodDetail(
            id=key,
            date_start=start,
            date_end=start + timedelta(days=29),
            charges=(
                charge("EUR", 10 * times, 5, "o-1"),
                charge("USD", 20 * times, 1, "o-2"),
                charge(None, 7 * times, 1),
            ),
            wallets=(wallet("EUR", 15 * times, 2), wallet("USD", 5 * times, 1)),
        )

    october, november = date(2026, 10, 2), date(2026, 11, 1)
    closed = answer_of(period("p1", october, 2))
    assert closed is not None
    history = History().with_answer(closed, datetime(2026, 11, 16, tzinfo=UTC), 12)
    data = ContractData(
        BillingContract(id="c", external_number="C-1"),
        {"current": period("p2", november, 1)},
        history=history,
    )
    subject = contracts.subject_of(data)
    outlook = Forecaster("", MemoryStore(CODEC)).take("c", subject, date(2026, 11, 16))
    assert outlook is not None
    assert subject.current is not None
    samples = Samples()
    contracts.add_samples(samples, "C-1", outlook)
    assert list(samples.values(forecasts.CONTRACT_QUANTITIES.forecast).values()) == [74]
    amounts = samples.values(forecasts.CONTRACT_AMOUNTS.forecast)
    assert amounts == {
        'contract="C-1",currency="EUR"': Decimal(160),
        'contract="C-1",currency="USD"': Decimal(50),
    }
    rows = running_period(subject.current, outlook, contracts.covered_of(data)).rows
    assert {(row.currency, row.overage, row.forecast, row.organizations) for row in rows} == {
        ("EUR", Decimal(50), Decimal(100), ("o-1",)),
        ("USD", Decimal(20), Decimal(40), ("o-2",)),
        ("EUR", Decimal(30), Decimal(60), ("o-1", "o-2")),
        ("USD", Decimal(5), Decimal(10), ("o-1", "o-2")),
    }
    assert sum(row.overage for row in rows if row.currency == "EUR") == closed.amounts["EUR"] / 2

"""Sums of which one row lacks its number: not shown, whichever row it is, nothing is derived."""

from datetime import date
from decimal import Decimal
from itertools import permutations

import msgspec
import pytest

from billing_exporter.collectors.contract_charges import OverageAmounts, expose_rows
from billing_exporter.collectors.contract_history import answer_of as answer_of_contract
from billing_exporter.collectors.contract_history import is_money_alone
from billing_exporter.collectors.invoices import InvoiceData
from billing_exporter.collectors.trustor_overview import expose_trustor
from billing_exporter.collectors.usage import Charge
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContractPeriodDetail,
    BillingInvoice,
    BillingInvoiceItem,
    BillingWallet,
    SubscriptionOverviewUsage,
)
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples
from tests.unit.collectors.test_laws import CONTRACTS, INVOICES, USAGE, contracts, report, trustor

BAD = [None, Decimal("NaN"), Decimal("1e99")]
ZERO, ONE, TWO = Decimal(0), Decimal(1), Decimal(2)


def names(samples: Samples) -> set[str]:
    """Return the names of the metrics that are shown, without their prefix."""
    shown = {metric.name for metric, family in samples.families.items() if family}
    return {name.removeprefix("genesyscloud_billing_") for name in shown}


def row(
    usage: Decimal | None, prepaid: Decimal | None, grouping: str = "user-license"
) -> SubscriptionOverviewUsage:
    """Return a row of an overview, of one charge that has prices."""
    return SubscriptionOverviewUsage(
        name="CX 3",
        part_number="p",
        grouping=grouping,
        usage_quantity=usage,
        prepay_quantity=prepaid,
        overage_price=TWO,
        prepay_price=TWO,
    )


@pytest.mark.parametrize("bad", BAD)
def test_usage_of_a_customer(bad: Decimal | None) -> None:
    """Without one row's usage there is no usage and no overage; what is prepaid stays."""
    for rows in permutations([row(Decimal(9), ONE), row(bad, ONE), row(ONE, ONE)]):
        samples = expose_trustor(trustor(rows))
        assert "trustor_prepaid_quantity" in names(samples)
        assert not {"trustor_usage_quantity", "trustor_overage_quantity"} & names(samples)
        assert "trustor_estimated_overage_amount" not in names(samples)
        assert samples.dropped["incomplete"] == 2


@pytest.mark.parametrize("bad", BAD)
def test_what_a_customer_prepaid(bad: Decimal | None) -> None:
    """Without one row's commitment the overage is not known, and less is not taken for it."""
    for rows in permutations([row(Decimal(9), ONE), row(ONE, bad)]):
        samples = expose_trustor(trustor(rows))
        assert samples.values(catalogue.TRUSTOR_USAGE)
        assert not {name for name in names(samples) if "overage_q" in name or "estimated" in name}


def test_an_allowance_in_two_rows() -> None:
    """Two fair-use rows of which one lacks its number leave what is included unknown."""
    charge = row(Decimal(9), Decimal(0))
    fair = [row(number, Decimal(0), grouping="fair-use") for number in (ONE, None)]
    for rows in permutations([charge, *fair]):
        found = names(expose_trustor(trustor(rows)))
        assert not {"trustor_included_quantity", "trustor_overage_quantity"} & found


@pytest.mark.parametrize("bad", BAD)
def test_own_usage(bad: Decimal | None) -> None:
    """Two rows of one charge: without one's quantity or resources there is no sum of these."""
    charges = [
        Charge("a", ONE, 1),
        Charge("a", bad, 2),
        Charge("b", TWO, None),
        Charge("b", ONE, 1),
    ]
    samples = USAGE.expose(report(charges))
    assert samples.values(catalogue.USAGE_QUANTITY) == {'charge="b"': 3}
    assert samples.values(catalogue.USAGE_RESOURCES) == {'charge="a"': 3}
    assert samples.dropped["incomplete"] == 2


def of_contract(*charges: BillingCharge, wallets: tuple[BillingWallet, ...] = ()) -> Samples:
    """Return what a contract with one period is exposed as."""
    (part,) = CONTRACTS.parts(contracts((charges, wallets))).values()
    return CONTRACTS.expose(part)


QUANTITIES: list[tuple[str, Metric]] = [
    ("prepaid_quantity", catalogue.CHARGE_PREPAID),
    ("fairuse_quantity", catalogue.CHARGE_FAIR_USE),
    ("actual_quantity", catalogue.CHARGE_ACTUAL),
    ("overage_quantity", catalogue.CHARGE_OVERAGE),
    ("converted_token_count", catalogue.CHARGE_TOKENS),
]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(("field", "metric"), QUANTITIES)
def test_charges(field: str, metric: Metric, bad: Decimal | None) -> None:
    """Each quantity of two rows of one charge is their sum, or none at all."""
    whole = msgspec.structs.replace(
        BillingCharge(name="a"), **{name: ONE for name, _ in QUANTITIES}
    )
    rows = [
        msgspec.structs.replace(whole),
        msgspec.structs.replace(whole, **{field: bad}),
    ]
    for mixed in permutations(rows):
        samples = of_contract(*mixed)
        for _, other in QUANTITIES:
            expected = [] if other is metric else [2]
            assert [*samples.values(other).values()] == expected


@pytest.mark.parametrize(
    ("other", "shown"),
    [
        (BillingCharge(name="a", overage_charge=ONE, overage_currency="EUR"), [3]),
        (BillingCharge(name="a", overage_charge=None, overage_currency="EUR"), []),
        (BillingCharge(name="a", overage_quantity=TWO), []),
        (BillingCharge(name="a", overage_charge=ONE), []),
        (BillingCharge(name="a"), []),
        # What is not there costs nothing, and an amount in another currency is another sum.
        (BillingCharge(name="a", overage_quantity=Decimal(0)), [2]),
        (BillingCharge(name="a", overage_charge=ONE, overage_currency="USD"), [1, 2]),
    ],
)
def test_amounts_of_overage(other: BillingCharge, shown: list[int]) -> None:
    """Overage without its money leaves the sums of its charge incomplete, in any currency if it
    names none.
    """
    known = BillingCharge(name="a", overage_charge=TWO, overage_currency="EUR")
    for mixed in permutations([known, other]):
        amounts = of_contract(*mixed).values(catalogue.CHARGE_OVERAGE_AMOUNT)
        assert sorted(amounts.values()) == shown


@pytest.mark.parametrize("bad", BAD)
def test_wallets(bad: Decimal | None) -> None:
    """Two wallets of one name of which one has no balance: there is no balance, the rest stays."""
    wallets = tuple(
        BillingWallet(name="w", starting_balance=TWO, ending_balance=ending)
        for ending in (ONE, bad)
    )
    for mixed in permutations(wallets):
        samples = of_contract(wallets=mixed)
        assert not samples.values(catalogue.WALLET_BALANCE)
        assert [*samples.values(catalogue.WALLET_STARTING_BALANCE).values()] == [4]


@pytest.mark.parametrize("bad", BAD)
def test_lines_of_an_invoice(bad: Decimal | None) -> None:
    """Two lines that are sold alike: without one's amount there is no sum of amounts."""
    lines = (
        BillingInvoiceItem(id="1", description="d", amount=ONE, quantity=ONE),
        BillingInvoiceItem(id="2", description="d", amount=bad, quantity=None),
        BillingInvoiceItem(id="3", description="e", amount=TWO, quantity=TWO),
    )
    invoice = BillingInvoice(id="i", currency_iso_code="EUR")
    for mixed in permutations(lines):
        samples = INVOICES.expose((InvoiceData(invoice, mixed),))
        for metric in (catalogue.INVOICE_LINE_AMOUNT, catalogue.INVOICE_LINE_QUANTITY):
            assert [*samples.values(metric).values()] == [2]
        assert samples.dropped["incomplete"] == 2


def closed(*charges: BillingCharge) -> BillingContractPeriodDetail:
    """Return a closed period of a contract."""
    return BillingContractPeriodDetail(
        id="p",
        date_start=date(2026, 10, 1),
        date_end=date(2026, 10, 31),
        status="Closed",
        charges=charges,
    )


def test_closed_periods() -> None:
    """The sum of a closed period's overage is none where overage in its currency has no amount;
    overage without a currency, which may be settled in tokens, is in no sum. An answer with a
    quantity that cannot be read is not taken for a whole one.
    """
    known = BillingCharge(name="a", actual_quantity=ONE, overage_charge=TWO, overage_currency="EUR")
    for bad in BAD:
        partial = answer_of_contract(closed(known, BillingCharge(name="a", actual_quantity=bad)))
        assert partial is not None
        assert partial.fingerprint is None
        assert [key for key in partial.quantities if not is_money_alone(key)] == []
    tokens = BillingCharge(name="b", actual_quantity=ONE, overage_quantity=ONE)
    unpriced = msgspec.structs.replace(tokens, overage_currency="EUR")
    every = (known,), (known, tokens), (known, unpriced)
    answers = [answer_of_contract(closed(*rows)) for rows in every]
    assert [dict(answer.amounts) for answer in answers if answer] == [{"EUR": TWO}] * 2 + [{}]


def test_a_row_without_overage_and_currency_costs_nothing() -> None:
    """An amount of 0 that names no currency leaves the other row's amount as it is."""
    charge = BillingCharge(
        name="a", actual_quantity=ONE, overage_quantity=ZERO, overage_charge=ZERO
    )
    costly = msgspec.structs.replace(charge, overage_charge=TWO, overage_currency="EUR")
    for rows in ((costly, charge), (charge, costly)):
        samples = Samples()
        overage = OverageAmounts(samples)
        expose_rows(samples, overage, ("c", "current"), closed(*rows))
        overage.end()
        assert [*samples.values(catalogue.CHARGE_OVERAGE_AMOUNT).values()] == [TWO]


def test_a_wallet_without_overage_is_no_restatement() -> None:
    """What a wallet gave is known or not; only its overage is money that can be restated."""
    charge = BillingCharge(name="a", actual_quantity=ONE)
    wallets = [
        (),
        (BillingWallet(name="w", balance_consumption=TWO),),
        (BillingWallet(name="w"),),
        (BillingWallet(name="w", balance_overage=ONE, balance_overage_charge=TWO),),
    ]
    answers = [
        answer_of_contract(msgspec.structs.replace(closed(charge), wallets=each))
        for each in wallets
    ]
    prints = [answer.fingerprint.numbers for answer in answers if answer and answer.fingerprint]
    assert len(prints) == len(wallets)
    assert prints[0] == prints[1] == prints[2] != prints[3]

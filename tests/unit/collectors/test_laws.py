"""Laws of all collectors: every value is accounted for, order decides nothing, sums are exact."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors import Collector
from billing_exporter.collectors.allowances import NO_FREE_TOKENS, UNCLEAR
from billing_exporter.collectors.base import label
from billing_exporter.collectors.contracts import ContractData, ContractsCollector, ContractsData
from billing_exporter.collectors.invoices import (
    InvoiceData,
    InvoicesCollector,
    InvoicesData,
    payment_status,
)
from billing_exporter.collectors.settings import EVERY_COLLECTOR
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import (
    PeriodData,
    TrustorData,
    condensed,
    expose_trustor,
)
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.collectors.usage import Charge, UsageCollector, UsageData
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriodDetail,
    BillingInvoice,
    BillingInvoiceItem,
    BillingWallet,
    SubscriptionOverviewUsage,
    TrusteeBillingOverview,
)
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples, readable
from billing_exporter.polling.reading import read
from tests.unit.collectors import rows
from tests.unit.collectors.api_stub import NOW
from tools.testkit.scrapes import rendered_text

DERIVED = {
    catalogue.TRUSTOR_INCLUDED,
    catalogue.TRUSTOR_OVERAGE,
    catalogue.TRUSTOR_ESTIMATED_OVERAGE_AMOUNT,
    catalogue.TRUSTOR_ESTIMATED_PREPAID_AMOUNT,
}
USAGE = UsageCollector(EVERY_COLLECTOR.usage)  # type: ignore[arg-type]  # all four are there
INVOICES = InvoicesCollector(EVERY_COLLECTOR.invoices)  # type: ignore[arg-type]
CONTRACTS = ContractsCollector(EVERY_COLLECTOR.contracts)  # type: ignore[arg-type]
TRUSTORS = TrustorsCollector(EVERY_COLLECTOR.trustors)  # type: ignore[arg-type]

# The groupings whose rows say again what others say, or what is included.
REPEATING = {"fair-use", "rollup", "rollup-usage", "storage-category"}

seeds = st.integers(0, 2**32)


def accounted(samples: Samples) -> int:
    """Return how many values became samples, were merged or were dropped."""
    out = sum(len(family) for metric, family in samples.families.items() if metric not in DERIVED)
    derived = sum(samples.dropped[reason] for reason in (UNCLEAR, NO_FREE_TOKENS))
    return out + samples.merged + samples.dropped.total() - derived


def given_values(values: Iterable[object]) -> int:
    """Return how many values are there."""
    return sum(1 for value in values if value is not None)


def shuffled(entities: Iterable[Any], seed: int) -> tuple[Any, ...]:
    """Return the same in another order."""
    mixed = list(entities)
    Random(seed).shuffle(mixed)  # noqa: S311 - no secret
    return tuple(mixed)


def exposition(collector: Collector[Any, Any], data: Any) -> tuple[str, Counter[str], int]:
    """Return the text of all parts of the data, and the counts that belong to it."""
    reading = read(collector, "acme", data, NOW, None)
    text = rendered_text(collector.metrics, reading.changed)
    return text, reading.dropped, reading.merged


def sums(values: Iterable[tuple[str, Decimal | None]]) -> dict[str, Fraction]:
    """Add up what can be read, exactly, by label text."""
    total: defaultdict[str, Fraction] = defaultdict(Fraction)
    for text, value in values:
        if value is not None and readable(value) is not None:
            total[text] += Fraction(value)
    return total


def whole_sums(values: Iterable[tuple[str, Decimal | None]]) -> dict[str, Fraction]:
    """Add up exactly, by label text, where every row has a number that can be read."""
    every = list(values)
    partial = {text for text, value in every if value is None or readable(value) is None}
    return sums((text, value) for text, value in every if text not in partial)


def fractions(samples: Samples, metric: Metric) -> dict[str, Fraction]:
    """Return the values of a metric as exact fractions."""
    return {text: Fraction(value) for text, value in samples.values(metric).items()}


def report(charges: Iterable[Charge]) -> UsageData:
    """Return a usage report."""
    return UsageData(NOW, NOW, tuple(charges))


def contracts(*each: tuple[Iterable[BillingCharge], Iterable[BillingWallet]]) -> ContractsData:
    """Return contracts of one id and number with these charges and wallets."""
    return ContractsData(
        tuple(
            ContractData(
                BillingContract(id="co", external_number="C-1"),
                {
                    "current": BillingContractPeriodDetail(
                        id="p", charges=tuple(charges), wallets=tuple(wallets)
                    )
                },
            )
            for charges, wallets in each
        )
    )


def trustor(usages: Iterable[SubscriptionOverviewUsage], name: str = "x") -> TrustorData:
    """Return a customer with one period, all of whose rows are kept."""
    overview = TrusteeBillingOverview(usages=tuple(usages), currency="USD")
    return TrustorData.of(name, name, {"current": PeriodData(overview, 0)})


@given(rows.usage_charges)
def test_usage_accounts_for_every_value(charges: list[Charge]) -> None:
    """Quantities and counts of resources in are samples out, merged or dropped."""
    named = [charge for charge in charges if charge.name]
    counted = given_values(charge.resources for charge in named)
    window = 2
    samples = USAGE.expose(report(charges))
    assert accounted(samples) == len(charges) + counted + window


@given(rows.usage_charges, seeds)
def test_usage_does_not_depend_on_order(charges: list[Charge], seed: int) -> None:
    """The rows of the report in another order are the same exposition."""
    assert exposition(USAGE, report(charges)) == exposition(USAGE, report(shuffled(charges, seed)))


@given(rows.usage_charges)
def test_usage_adds_up_exactly(charges: list[Charge]) -> None:
    """What is shown of a charge is the exact sum of its rows, if all of them can be read."""
    expected = whole_sums(
        (f'charge="{charge.name}"', charge.quantity) for charge in charges if charge.name
    )
    assert fractions(USAGE.expose(report(charges)), catalogue.USAGE_QUANTITY) == expected


def amount_of(invoice: BillingInvoice) -> Decimal | None:
    """Return the amount of an invoice, None where it cannot be read."""
    return None if invoice.amount is None else readable(invoice.amount)


@given(rows.invoices)
def test_every_invoice_is_in_the_totals(invoices: list[BillingInvoice]) -> None:
    """The counts by status are all invoices but those without a currency, which are counted; the
    sums are exact, and of those whose amount can be read; those that are owed and not of 0 are in
    exactly one bucket, credits in theirs.
    """
    data = InvoicesData(NOW.date(), tuple(InvoiceData(invoice, None) for invoice in invoices))
    samples = INVOICES.expose(INVOICES.parts(data)["all"])
    known = [invoice for invoice in invoices if invoice.currency_iso_code]
    owed = [one for one in known if (one.payment_status or "").lower() in {"unpaid", "disputed"}]
    nobody_knows = [one for one in known if not one.payment_status]
    unpaid = [one for one in owed if amount_of(one) != 0]
    assert sum(samples.values(catalogue.INVOICES).values()) == len(known)
    assert sum(samples.values(catalogue.UNPAID_INVOICES).values()) == len(unpaid)
    credit = sum((min(amount_of(one) or Decimal(0), Decimal(0)) for one in unpaid), Decimal(0))
    unpaid_amounts = samples.values(catalogue.UNPAID_AMOUNT).items()
    below = {text: amount for text, amount in unpaid_amounts if amount < 0}
    assert all('overdue="credit"' in text for text in below)
    assert sum(below.values(), Decimal(0)) == credit
    amounts = [
        (
            f'currency="{invoice.currency_iso_code}",payment_status="{payment_status(invoice)}"',
            invoice.amount,
        )
        for invoice in known
    ]
    expected = sums(amounts)
    found = fractions(samples, catalogue.INVOICES_AMOUNT)
    assert {text: value for text, value in found.items() if value or text in expected} == expected
    unread = sum(1 for one in known if amount_of(one) is None)
    unread += sum(1 for one in unpaid if amount_of(one) is None)
    assert samples.dropped.total() == len(invoices) - len(known) + unread + len(nobody_knows)


@given(rows.invoice_lines)
def test_lines_add_up_exactly(lines: list[BillingInvoiceItem]) -> None:
    """All amounts and quantities of an invoice's lines are in its sums, or counted as dropped; a
    sum of which a line has no number is not shown.
    """
    invoice = BillingInvoice(id="in-1", currency_iso_code="EUR")
    samples = INVOICES.expose((InvoiceData(invoice, tuple(lines)),))
    for metric, values in (
        (catalogue.INVOICE_LINE_AMOUNT, [(sold(line), line.amount) for line in lines]),
        (
            catalogue.INVOICE_LINE_QUANTITY,
            [(f"{sold(line)} {label(line.unit_of_measure)}", line.quantity) for line in lines],
        ),
    ):
        found, expected = fractions(samples, metric), whole_sums(values)
        assert sorted(found.values()) == sorted(expected.values())
    assert samples.dropped["missing"] == sum(1 for line in lines if line.amount is None)


def sold(line: BillingInvoiceItem) -> str:
    """Return what tells the lines of an invoice apart."""
    sku = label(line.product.sku if line.product else None)
    name = label(line.product.name if line.product else None) or label(line.description)
    return f"{sku} {name} {label(line.organization.name if line.organization else None)}"


@given(rows.invoices, rows.invoice_lines, seeds)
def test_invoices_do_not_depend_on_order(
    invoices: list[BillingInvoice], lines: list[BillingInvoiceItem], seed: int
) -> None:
    """Invoices and lines in another order are the same exposition."""
    given_order = [InvoiceData(invoice, tuple(lines)) for invoice in invoices]
    other_order = [InvoiceData(invoice, shuffled(lines, seed)) for invoice in invoices]
    today = date(2026, 11, 23)
    assert exposition(INVOICES, InvoicesData(today, tuple(given_order))) == exposition(
        INVOICES, InvoicesData(today, shuffled(other_order, seed))
    )


@given(rows.charges, rows.wallets)
def test_contracts_account_for_every_value(
    charges: list[BillingCharge], wallets: list[BillingWallet]
) -> None:
    """Every value of a charge or a wallet is a sample out, merged or dropped."""
    info = 1
    (part,) = CONTRACTS.parts(contracts((charges, wallets))).values()
    values = info
    optional: tuple[Decimal | None, ...]
    for charge in charges:
        product = charge.product
        named = label(charge.name) or (product and (label(product.name) or label(product.sku)))
        optional = (
            *(charge.prepaid_quantity, charge.fairuse_quantity, charge.overage_quantity),
            *(charge.converted_token_count, charge.overage_rate, charge.overage_charge),
        )
        values += 1 + (given_values(optional) if named else 0)
    for wallet in wallets:
        named = label(wallet.name) or (wallet.product and label(wallet.product.sku))
        optional = (
            *(wallet.starting_balance, wallet.balance_increase, wallet.balance_decrease),
            *(wallet.balance_consumption, wallet.balance_overage),
            *(wallet.balance_overage_rate, wallet.balance_overage_charge),
        )
        values += 1 + (given_values(optional) if named else 0)
    assert accounted(CONTRACTS.expose(part)) == values


@given(rows.charges, rows.wallets, seeds)
def test_contracts_do_not_depend_on_order(
    charges: list[BillingCharge], wallets: list[BillingWallet], seed: int
) -> None:
    """Contracts, charges and wallets in another order are the same exposition."""
    half = len(charges) // 2
    first, second = (charges[:half], wallets), (charges[half:], ())
    other = shuffled(charges[half:], seed), ()
    again = shuffled(charges[:half], seed), shuffled(wallets, seed)
    assert exposition(CONTRACTS, contracts(first, second)) == exposition(
        CONTRACTS, contracts(other, again)
    )


@given(rows.overview_rows)
def test_overviews_account_for_every_value(usages: list[SubscriptionOverviewUsage]) -> None:
    """Every quantity and price of a row is a sample out, merged or dropped."""
    info = 1
    values = info
    for row in usages:
        if label(row.name):
            values += 2 + given_values((row.overage_price, row.prepay_price))
        else:
            values += 1
    assert accounted(expose_trustor(trustor(usages))) == values


def is_billed(text: str) -> bool:
    """Return whether a series repeats no other, by its label text."""
    grouping = text.lower().partition('grouping="')[2].partition('"')[0]
    is_tokens = 'part_number="gc-170-nv-aitc"' in text.lower() or 'charge="AI Token' in text
    return grouping not in REPEATING or (grouping == "rollup" and is_tokens)


@given(rows.overview_rows)
def test_overage_is_what_exceeds_the_allowance(usages: list[SubscriptionOverviewUsage]) -> None:
    """Overage is what exceeds prepaid and included, exactly and never below zero; of each billed
    series it is shown or its absence counted, by itself or as an allowance's missing number. An
    estimate is the exact product with the price, and
    is there only where the price is.
    """
    samples = expose_trustor(trustor(usages))
    used = fractions(samples, catalogue.TRUSTOR_USAGE)
    prepaid = fractions(samples, catalogue.TRUSTOR_PREPAID)
    included = fractions(samples, catalogue.TRUSTOR_INCLUDED)
    overage = fractions(samples, catalogue.TRUSTOR_OVERAGE)
    billed = set(filter(is_billed, used.keys() & prepaid.keys()))
    fair = [row for row in usages if label(row.grouping).lower() == "fair-use"]
    assert overage.keys() <= billed
    assert all(map(is_billed, included))
    unknown = samples.dropped[UNCLEAR] + samples.dropped[NO_FREE_TOKENS]
    unread = any(row.usage_quantity is None or readable(row.usage_quantity) is None for row in fair)
    assert len(overage) + unknown == len(billed) or (unread and len(overage) < len(billed))
    assert overage == {
        text: max(Fraction(0), used[text] - prepaid[text] - included.get(text, 0))
        for text in overage
    }
    price = fractions(samples, catalogue.TRUSTOR_OVERAGE_PRICE)
    assert fractions(samples, catalogue.TRUSTOR_ESTIMATED_OVERAGE_AMOUNT) == {
        money: overage[text] * price[money]
        for text in overage
        if (money := f'{text},currency="USD"') in price
    }
    price = fractions(samples, catalogue.TRUSTOR_PREPAID_PRICE)
    found = fractions(samples, catalogue.TRUSTOR_ESTIMATED_PREPAID_AMOUNT)
    assert found == {
        money: prepaid[text] * price[money]
        for text in prepaid
        if (money := f'{text},currency="USD"') in price and is_billed(text)
    }


@given(rows.overview_rows)
def test_an_allowance_is_not_counted_twice(usages: list[SubscriptionOverviewUsage]) -> None:
    """What all charges include is never more than what all fair-use rows state."""
    stated = sum(
        (
            Fraction(row.usage_quantity)
            for row in usages
            if label(row.grouping).lower() == "fair-use"
            and label(row.name)
            and row.usage_quantity is not None
            and readable(row.usage_quantity) is not None
            and row.usage_quantity > 0
        ),
        Fraction(0),
    )
    included = fractions(expose_trustor(trustor(usages)), catalogue.TRUSTOR_INCLUDED)
    assert sum(included.values(), Fraction(0)) <= stated


@given(rows.overview_rows, rows.overview_rows, seeds)
def test_trustors_do_not_depend_on_order(
    one: list[SubscriptionOverviewUsage], two: list[SubscriptionOverviewUsage], seed: int
) -> None:
    """Customers and their rows in another order are the same exposition."""
    given_order = {"x": trustor(one, "x"), "y": trustor(two, "y")}
    other_order = {"y": trustor(shuffled(two, seed), "y"), "x": trustor(shuffled(one, seed), "x")}
    assert exposition(TRUSTORS, TrustorsData({}, given_order)) == exposition(
        TRUSTORS, TrustorsData({}, other_order)
    )


@given(rows.overview_rows, rows.overview_rows)
def test_rows_that_are_left_out_are_zero_and_counted(
    now: list[SubscriptionOverviewUsage], before: list[SubscriptionOverviewUsage]
) -> None:
    """Only rows that are zero in both periods are left out, and every one of them is counted."""
    overviews = {
        "current": TrusteeBillingOverview(usages=tuple(now)),
        "previous": TrusteeBillingOverview(usages=tuple(before)),
    }
    kept = condensed(overviews, zero_rows=False)
    for period, overview in overviews.items():
        staying = set(map(id, kept[period].overview.usages))
        left = [row for row in overview.usages if id(row) not in staying]
        assert len(overview.usages) == len(kept[period].overview.usages) + kept[period].zero_rows
        assert all(row.usage_quantity == 0 and row.prepay_quantity == 0 for row in left)
    everything = condensed(overviews, zero_rows=True)
    assert sum(period.zero_rows for period in everything.values()) == 0

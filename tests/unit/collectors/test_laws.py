"""Laws of all collectors: every value is accounted for, order decides nothing, sums are exact."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors import Collector
from billing_exporter.collectors.base import label
from billing_exporter.collectors.contracts import ContractData, ContractsCollector, ContractsData
from billing_exporter.collectors.invoices import (
    InvoiceData,
    InvoicesCollector,
    InvoicesData,
    payment_status,
)
from billing_exporter.collectors.settings import EVERY_COLLECTOR
from billing_exporter.collectors.trustor_overview import (
    WITHOUT_OVERAGE,
    PeriodData,
    TrustorData,
    condensed,
    expose_trustor,
)
from billing_exporter.collectors.trustors import TrustorsCollector, TrustorsData
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
from billing_exporter.metrics.exposition import joined
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples, readable
from billing_exporter.polling.reading import read
from tests.unit.collectors import rows
from tests.unit.collectors.api_stub import NOW

DERIVED = {
    catalogue.TRUSTOR_OVERAGE,
    catalogue.TRUSTOR_ESTIMATED_OVERAGE_AMOUNT,
    catalogue.TRUSTOR_ESTIMATED_PREPAID_AMOUNT,
}
USAGE = UsageCollector(EVERY_COLLECTOR.usage)  # type: ignore[arg-type]  # all four are there
INVOICES = InvoicesCollector(EVERY_COLLECTOR.invoices)  # type: ignore[arg-type]
CONTRACTS = ContractsCollector(EVERY_COLLECTOR.contracts)  # type: ignore[arg-type]
TRUSTORS = TrustorsCollector(EVERY_COLLECTOR.trustors)  # type: ignore[arg-type]

seeds = st.integers(0, 2**32)


def accounted(samples: Samples) -> int:
    """Return how many values became samples, were merged or were dropped."""
    out = sum(len(family) for metric, family in samples.families.items() if metric not in DERIVED)
    return out + samples.merged + samples.dropped.total()


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
    text = joined(collector.metrics, reading.blocks).decode()
    return text, reading.dropped, reading.merged


def sums(values: Iterable[tuple[str, Decimal | None]]) -> dict[str, Fraction]:
    """Add up what can be read, exactly, by label text."""
    total: defaultdict[str, Fraction] = defaultdict(Fraction)
    for text, value in values:
        if value is not None and readable(value) is not None:
            total[text] += Fraction(value)
    return total


def fractions(samples: Samples, metric: Metric) -> dict[str, Fraction]:
    """Return the values of a metric as exact fractions."""
    return {text: Fraction(value) for text, value in samples.values(metric).items()}


def report(charges: Iterable[Charge]) -> UsageData:
    """Return a usage report."""
    return UsageData(NOW, NOW, tuple(charges))


def contracts(*each: tuple[Iterable[BillingCharge], Iterable[BillingWallet]]) -> ContractsData:
    """Return contracts of one number with these charges and wallets."""
    return ContractsData(
        tuple(
            ContractData(
                BillingContract(id=str(number), external_number="C-1"),
                {
                    "current": BillingContractPeriodDetail(
                        id="p", charges=tuple(charges), wallets=tuple(wallets)
                    )
                },
            )
            for number, (charges, wallets) in enumerate(each)
        )
    )


def trustor(usages: Iterable[SubscriptionOverviewUsage], name: str = "x") -> TrustorData:
    """Return a customer with one period, all of whose rows are kept."""
    overview = TrusteeBillingOverview(usages=tuple(usages), currency="USD")
    return TrustorData(name, name, {"current": PeriodData(overview, 0)})


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
    """What is shown of a charge is the exact sum of its readable rows."""
    expected = sums(
        (f'charge="{charge.name}"', charge.quantity) for charge in charges if charge.name
    )
    assert fractions(USAGE.expose(report(charges)), catalogue.USAGE_QUANTITY) == expected


@given(rows.invoices)
def test_every_invoice_is_in_the_totals(invoices: list[BillingInvoice]) -> None:
    """The counts by status are all invoices but those without a currency, which are counted; the
    sums are exact; unpaid ones are in exactly one bucket.
    """
    data = InvoicesData(NOW.date(), tuple(InvoiceData(invoice, None) for invoice in invoices))
    samples = INVOICES.expose(INVOICES.parts(data)["all"])
    known = [invoice for invoice in invoices if invoice.currency_iso_code]
    unpaid = [invoice for invoice in known if payment_status(invoice) == "unpaid"]
    assert sum(samples.values(catalogue.INVOICES).values()) == len(known)
    assert sum(samples.values(catalogue.UNPAID_INVOICES).values()) == len(unpaid)
    expected = sums(
        (
            f'currency="{invoice.currency_iso_code}",payment_status="{payment_status(invoice)}"',
            invoice.amount,
        )
        for invoice in known
    )
    found = fractions(samples, catalogue.INVOICES_AMOUNT)
    assert {text: value for text, value in found.items() if value or text in expected} == expected
    unread = sum(1 for one in known if one.amount is None or readable(one.amount) is None)
    unread += sum(1 for one in unpaid if one.amount is None or readable(one.amount) is None)
    assert samples.dropped.total() == len(invoices) - len(known) + unread


@given(rows.invoice_lines)
def test_lines_add_up_exactly(lines: list[BillingInvoiceItem]) -> None:
    """All amounts and quantities of an invoice's lines are in its sums, or counted as dropped."""
    invoice = BillingInvoice(id="in-1", currency_iso_code="EUR")
    samples = INVOICES.expose(InvoiceData(invoice, tuple(lines)))
    for metric, values in (
        (catalogue.INVOICE_LINE_AMOUNT, [line.amount for line in lines]),
        (catalogue.INVOICE_LINE_QUANTITY, [line.quantity for line in lines]),
    ):
        total = sum(fractions(samples, metric).values(), Fraction(0))
        assert total == sums(("all", value) for value in values).get("all", 0)
    assert samples.dropped["missing"] == sum(1 for line in lines if line.amount is None)


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


@given(rows.overview_rows)
def test_overage_is_what_exceeds_the_prepaid(usages: list[SubscriptionOverviewUsage]) -> None:
    """Overage is derived from the sums, exactly and never below zero, where it means something;
    an estimate is the exact product with the price, and is there only where the price is.
    """
    samples = expose_trustor(trustor(usages))
    used = fractions(samples, catalogue.TRUSTOR_USAGE)
    prepaid = fractions(samples, catalogue.TRUSTOR_PREPAID)
    meaningful = {
        text
        for text in used.keys() & prepaid.keys()
        if not any(f'grouping="{name}"' in text.lower() for name in WITHOUT_OVERAGE)
    }
    overage = {text: max(Fraction(0), used[text] - prepaid[text]) for text in meaningful}
    assert fractions(samples, catalogue.TRUSTOR_OVERAGE) == overage
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
        if (money := f'{text},currency="USD"') in price
        and not any(f'grouping="{name}"' in text.lower() for name in WITHOUT_OVERAGE)
    }


@given(rows.overview_rows, rows.overview_rows, seeds)
def test_trustors_do_not_depend_on_order(
    one: list[SubscriptionOverviewUsage], two: list[SubscriptionOverviewUsage], seed: int
) -> None:
    """Customers and their rows in another order are the same exposition."""
    at = datetime(2026, 11, 23, tzinfo=UTC)
    read_at = {"x": at, "y": at}
    given_order = {"x": trustor(one, "x"), "y": trustor(two, "y")}
    other_order = {"y": trustor(shuffled(two, seed), "y"), "x": trustor(shuffled(one, seed), "x")}
    assert exposition(TRUSTORS, TrustorsData((), given_order, read_at, 0)) == exposition(
        TRUSTORS, TrustorsData((), other_order, read_at, 0)
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

"""Statement: one row per contract or customer, charge and billing period, for a spreadsheet."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from billing_exporter.collectors.base import label
from billing_exporter.collectors.trustor_overview import PeriodData, TrustorData, expose_trustor
from billing_exporter.export.accounts import Terms, currency_of
from billing_exporter.export.billed import Charge
from billing_exporter.export.closing import Period
from billing_exporter.export.cost_and_usage import Placed
from billing_exporter.export.source import LeftOut, Reason, Source, Subject
from billing_exporter.export.spans import Span, days_of, span
from billing_exporter.export.tables import STATEMENT, Cell
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingWallet,
    SubscriptionOverviewUsage,
)
from billing_exporter.history.contracts import ContractPeriod
from billing_exporter.history.trustors import TrustorPeriod
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples, labels, readable

_PERIOD = "current"  # whichever it is: its samples stay here
_States = Mapping[tuple[Subject, str, Span], str]
_Result = Placed | LeftOut


def rows_of(
    source: Source, charges: Iterable[Charge], periods: Iterable[Period], terms: Terms
) -> tuple[list[Placed], list[LeftOut]]:
    """Return the rows of contracts and customers, and what is left out."""
    invoices = _Invoices(charges)
    states = {(each.subject, each.id, each.days): each.state for each in periods}
    results: list[_Result] = []
    for period in source.contract_periods if source.is_first else ():
        if terms.wants_contract(period.contract):
            results += _of_contract(period, source, invoices, states)
        else:
            count = len(period.detail.charges) + len(period.detail.wallets)
            results += [_left("other_customer") for _ in range(count)]
    for each in source.trustor_periods:
        if terms.wants(each.name, each.id):
            results += _of_customer(each, source, invoices, states)
        else:
            results += [_left("other_customer") for _ in each.overview.usages]
    found = [each for each in results if isinstance(each, Placed)]
    return found, [each for each in results if isinstance(each, LeftOut)]


class _Invoices:
    """Ids of the invoices that bill usage in arrears, by SKU and currency."""

    def __init__(self, charges: Iterable[Charge]) -> None:
        self._known: defaultdict[tuple[str, str], list[Charge]] = defaultdict(list)
        for charge in charges:
            if charge.category == "Usage":
                self._known[charge.sku, charge.currency].append(charge)

    def of(self, organizations: Iterable[str], sku: str, currency: str, days: Span) -> str:
        """Return the ids of those that bill a SKU of some organizations for days of a period."""
        wanted = {*organizations, ""}
        found = {
            label(charge.invoice.id)
            for charge in self._known[sku, currency]
            if charge.customer[0] in wanted and charge.days.overlaps(days)
        }
        return " ".join(sorted(found))


def _left(reason: Reason) -> LeftOut:
    return LeftOut(STATEMENT, reason)


def _numbers(**given: Decimal | None) -> dict[str, Decimal | None]:
    return {name: readable(number) for name, number in given.items()}


def _is_zero(numbers: Mapping[str, Cell]) -> bool:
    """Return whether nothing was used, prepaid, included, exceeded or is due."""
    names = ("quantity", "prepaid", "included", "overage", "amount")
    return not any(numbers.get(name) for name in names)


def _of_contract(
    period: ContractPeriod, source: Source, invoices: _Invoices, states: _States
) -> Iterator[_Result]:
    detail = period.detail
    days = span(detail.date_start, detail.date_end)
    every: tuple[BillingCharge | BillingWallet, ...] = (*detail.charges, *detail.wallets)
    for of in every:
        facts = _charge(of) if isinstance(of, BillingCharge) else _wallet(of)
        if days is None or _is_zero(facts) or not facts["charge"]:
            yield _left("no_period" if days is None else "zero" if facts["charge"] else "no_name")
            continue
        members = [label(each.id) for each in of.organizations]
        sku, currency = str(facts["sku"]), str(facts["currency"])
        key = label(period.contract.id)
        yield Placed(
            days,
            {
                "organization": source.organization,
                "subject": "contract",
                "id": key,
                "name": period.name,
                "period_start": days.start,
                "period_end": days.end,
                **facts,
                "invoice": invoices.of(members, sku, currency, days),
                "state": states.get(("contract", key, days), ""),
            },
        )


def _charge(charge: BillingCharge) -> dict[str, Cell]:
    product = charge.product
    sku = label(product.sku if product else None)
    return {
        "charge": label(charge.name) or label(product.name if product else None) or sku,
        "sku": sku,
        "unit": label(product.unit_of_measure if product else None),
        "currency": currency_of(charge.overage_currency),
        **_numbers(
            quantity=charge.actual_quantity,
            prepaid=charge.prepaid_quantity,
            included=charge.fairuse_quantity,
            overage=charge.overage_quantity,
            price=charge.overage_rate,
            amount=charge.overage_charge,
        ),
    }


def _wallet(wallet: BillingWallet) -> dict[str, Cell]:
    sku = label(wallet.product.sku if wallet.product else None)
    return {
        "charge": label(wallet.name) or sku or label(wallet.id),
        "sku": sku,
        "unit": label(wallet.unit_of_measure),
        "currency": currency_of(wallet.balance_overage_currency),
        **_numbers(
            quantity=wallet.balance_consumption,
            prepaid=wallet.starting_balance,
            overage=wallet.balance_overage,
            price=wallet.balance_overage_rate,
            amount=wallet.balance_overage_charge,
        ),
    }


def _of_customer(
    each: TrustorPeriod, source: Source, invoices: _Invoices, states: _States
) -> Iterator[_Result]:
    days = days_of(each)
    data = PeriodData(each.overview, 0)
    samples = expose_trustor(TrustorData.of(each.id, each.name, {_PERIOD: data}))
    seen: set[str] = set()
    for row in each.overview.usages:
        if days is None or not label(row.name):
            yield _left("no_period" if days is None else "no_name")
            continue
        key, facts = _overview_row(each, row, samples)
        if key in seen:
            continue  # rows with the same labels are added up, as on /metrics
        seen.add(key)
        if _is_zero(facts):
            yield _left("zero")
            continue
        currency = str(facts["currency"])
        sku = label(row.part_number)
        yield Placed(
            days,
            {
                "organization": source.organization,
                "subject": "customer",
                "id": each.id,
                "name": each.name,
                "period_start": days.start,
                "period_end": days.end,
                **facts,
                "invoice": invoices.of((each.id,), sku, currency, days),
                "state": states.get(("customer", each.id, days), ""),
            },
        )


def _overview_row(
    each: TrustorPeriod, row: SubscriptionOverviewUsage, samples: Samples
) -> tuple[str, dict[str, Cell]]:
    """Return the labels of a row and its facts, with the numbers that /metrics has."""
    currency = label(each.overview.currency)
    names = label(row.name), label(row.part_number), label(row.grouping)
    of = each.name, each.id, _PERIOD, *names, label(row.unit_of_measure_type)
    plain = labels(catalogue.TRUSTOR_OVERAGE.labels, *of).text
    money = labels(catalogue.TRUSTOR_OVERAGE_PRICE.labels, *of, currency).text

    def value(metric: Metric, to: str) -> Decimal | None:
        return samples.values(metric).get(to)

    return plain, {
        "charge": names[0],
        "sku": names[1],
        "unit": label(row.unit_of_measure_type),
        "currency": currency_of(currency),
        "quantity": value(catalogue.TRUSTOR_USAGE, plain),
        "prepaid": value(catalogue.TRUSTOR_PREPAID, plain),
        "included": value(catalogue.TRUSTOR_INCLUDED, plain),
        "overage": value(catalogue.TRUSTOR_OVERAGE, plain),
        "price": value(catalogue.TRUSTOR_OVERAGE_PRICE, money),
        "amount": value(catalogue.TRUSTOR_ESTIMATED_OVERAGE_AMOUNT, money),
        "prepaid_price": value(catalogue.TRUSTOR_PREPAID_PRICE, money),
        "prepaid_amount": value(catalogue.TRUSTOR_ESTIMATED_PREPAID_AMOUNT, money),
    }

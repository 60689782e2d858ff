"""Estimated Cost and Usage: what no invoice states yet, from contracts and customers' overviews.

The same money stands once: an invoice comes before a contract, a contract before an overview.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from billing_exporter.collectors.base import label
from billing_exporter.export.accounts import Terms, account_of, currency_of
from billing_exporter.export.billed import Charge
from billing_exporter.export.cost_and_usage import Placed, common, costs, quantities
from billing_exporter.export.source import LeftOut, Reason, Source
from billing_exporter.export.spans import Span, days_of, span
from billing_exporter.export.tables import ESTIMATED, Row
from billing_exporter.genesys.records import SubscriptionOverviewUsage
from billing_exporter.history import contracts, trustors
from billing_exporter.history.contracts import ContractPeriod
from billing_exporter.history.trustors import TrustorPeriod
from billing_exporter.metrics.samples import EXACT, readable
from billing_exporter.reconciliation.covering import Extent, Stated, sku_key
from billing_exporter.reconciliation.records import Used

Timing = Literal["arrears", "advance"]


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """An amount that may be billed: overage, or what is prepaid.

    Attributes:
        source: name of the organization in the configuration.
        account: id and name of the billed company.
        customer: id and name of the organization that it is for, empty where it is for several.
        contract: number of the contract, empty without one.
        organizations: ids of the organizations that it covers.
        period: the billing period.
        timing: how it would be billed.
        used: charge, SKU, price and amounts.
        amount: what it comes to; None where no price is known.
        quantity: of the overage, or of what is prepaid.
        unit: of the quantity.
    """

    source: str
    account: tuple[str, str]
    customer: tuple[str, str]
    contract: str
    organizations: frozenset[str]
    period: Span
    timing: Timing
    used: Used
    amount: Decimal | None
    quantity: Decimal | None
    unit: str

    @property
    def extent(self) -> Extent:
        """What it is of."""
        return Extent(self.organizations, self.period.start, self.period.end)


def rows_of(
    source: Source, charges: Iterable[Charge], terms: Terms
) -> tuple[list[Placed], list[LeftOut]]:
    """Return the rows of what no charge of an invoice states, and what is left out."""
    invoiced, in_contract = Stated[None](), Stated[None]()
    for charge in charges:
        if charge.summary is not None and charge.category in {"Usage", "Purchase"}:
            key, _ = charge.customer
            billed = Extent(frozenset({key} if key else ()), charge.days.start, charge.days.end)
            invoiced.note((charge.sku, charge.currency, charge.summary.timing), billed, None)
    found: list[Placed] = []
    left_out: list[LeftOut] = []
    for estimate in (*_of_contracts(source, left_out), *_of_customers(source, left_out)):
        currency, sku = currency_of(estimate.used.currency), estimate.used.sku
        extent, of = estimate.extent, sku_key(sku, estimate.used.charge, currency)
        reason = _reason(estimate, terms)
        if reason is None:
            if invoiced.covers((sku, currency, estimate.timing), extent):
                reason = "invoiced"
            elif not estimate.contract and in_contract.covers(of, extent):
                reason = "in_contract"
        if estimate.contract:
            in_contract.note(of, extent, None)
            if not source.is_first:
                continue
        if reason is None:
            found.append(Placed(estimate.period, _row(estimate, terms)))
        else:
            amount = estimate.amount or Decimal(0)
            left_out.append(LeftOut(ESTIMATED, reason, currency, amount))
    return found, left_out


def _reason(estimate: Estimate, terms: Terms) -> Reason | None:
    """Return why an estimate is no row, whatever else states it."""
    if not estimate.used.quantity and not estimate.amount and estimate.timing == "arrears":
        return "zero" if estimate.used.quantity is not None else "no_amount"
    if estimate.amount is None:
        return "no_price"
    if not estimate.amount:
        return "zero"
    if not currency_of(estimate.used.currency):
        return "no_currency"
    key, name = estimate.customer
    return None if terms.wants(name, key) else "other_customer"


def _of_contracts(source: Source, left_out: list[LeftOut]) -> Iterator[Estimate]:
    for each in source.contract_periods:
        detail, contract = each.detail, each.contract
        period = span(detail.date_start, detail.date_end)
        if period is None:
            left_out.append(LeftOut(ESTIMATED, "no_period"))
            continue
        units = _units_of_contract(each)
        names = _names(each)
        for used in contracts.used_of(each):
            members = used.organizations
            only = next(iter(members)) if len(members) == 1 else ""
            yield Estimate(
                source=source.organization,
                account=account_of(contract.bill_to_customer, source.organization),
                customer=(only, names.get(only, only)),
                contract=each.name,
                organizations=members,
                period=period,
                timing="arrears",
                used=used,
                amount=_number(used.amount),
                quantity=used.quantity,
                unit=units.get((used.charge, used.sku), ""),
            )


def _of_customers(source: Source, left_out: list[LeftOut]) -> Iterator[Estimate]:
    for each in source.trustor_periods:
        period = days_of(each)
        if period is None:
            left_out.append(LeftOut(ESTIMATED, "no_period"))
            continue
        others = sum(1 for row in each.overview.usages if row.is_third_party)
        left_out += [LeftOut(ESTIMATED, "third_party", count=others, days=period)] if others else []
        rows: defaultdict[tuple[str, str], list[SubscriptionOverviewUsage]] = defaultdict(list)
        for row in each.overview.usages:
            rows[label(row.name), label(row.part_number)].append(row)
        for used in trustors.used_of(each):
            alike = rows[used.charge, used.sku]
            overage = _of_customer(source.organization, each, period, used, alike)
            yield overage
            if used.prepaid is not None:
                yield _as_prepaid(overage, alike)


def _of_customer(
    source: str,
    of: TrustorPeriod,
    period: Span,
    used: Used,
    alike: Sequence[SubscriptionOverviewUsage],
) -> Estimate:
    return Estimate(
        source=source,
        account=(source, source),
        customer=(of.id, of.name),
        contract="",
        organizations=frozenset({of.id}),
        period=period,
        timing="arrears",
        used=used,
        amount=_number(used.amount),
        quantity=used.quantity,
        unit=next((label(row.unit_of_measure_type) for row in alike), ""),
    )


def _as_prepaid(overage: Estimate, alike: Sequence[SubscriptionOverviewUsage]) -> Estimate:
    """Return what is prepaid of the same charge."""
    amount = overage.used.prepaid
    quantities = [row.prepay_quantity for row in alike if prepaid_amount(row) == amount]
    together = [prepaid_amount(row) for row in alike]
    if not quantities and None not in together and sum(filter(None, together)) == amount:
        quantities = [sum((row.prepay_quantity or Decimal(0) for row in alike), Decimal(0))]
    return msgspec.structs.replace(
        overage,
        timing="advance",
        amount=_number(amount),
        quantity=next(iter(quantities), None),
    )


def prepaid_amount(row: SubscriptionOverviewUsage) -> Decimal | None:
    """Return price times quantity of what is prepaid, None where one is missing or zero."""
    if not row.prepay_quantity or not row.prepay_price:
        return None
    return EXACT.multiply(row.prepay_quantity, row.prepay_price)


def _number(amount: Decimal | None) -> Decimal | None:
    return readable(amount)


def _units_of_contract(period: ContractPeriod) -> dict[tuple[str, str], str]:
    found = {}
    for charge in period.detail.charges:
        product = charge.product
        if product is not None:
            name, sku = label(charge.name) or label(product.name), label(product.sku)
            found[name or sku, sku] = label(product.unit_of_measure)
    for wallet in period.detail.wallets:
        sku = label(wallet.product.sku if wallet.product else None)
        found[label(wallet.name), sku] = label(wallet.unit_of_measure)
    return found


def _names(period: ContractPeriod) -> dict[str, str]:
    """Return the names of the organizations that a contract covers, by id."""
    plans = (each for plan in period.contract.plans for each in plan.organizations)
    charges = (each for charge in period.detail.charges for each in charge.organizations)
    return {
        key: label(each.name) for of in (plans, charges) for each in of if (key := label(each.id))
    }


def _row(estimate: Estimate, terms: Terms) -> Row:
    used, is_overage = estimate.used, estimate.timing == "arrears"
    amount = estimate.amount or Decimal(0)
    account, name = estimate.account
    customer, customer_name = estimate.customer
    row = {
        **common(terms, estimate.period, estimate.period),
        **costs(amount, amount),
        "BillingAccountId": account,
        "BillingAccountName": name,
        "BillingCurrency": currency_of(used.currency),
        "ChargeCategory": "Usage" if is_overage else "Purchase",
        "ChargeFrequency": "Usage-Based" if is_overage else "Recurring",
        "ChargeDescription": f"{used.charge}, {'overage' if is_overage else 'prepaid'}, estimated",
        "SkuId": used.sku or None,
        "SubAccountId": customer or None,
        "SubAccountName": customer_name or None,
        "x_ContractId": estimate.contract or None,
        "x_Organization": estimate.source,
        "x_Estimated": True,
    }
    row |= quantities(estimate.quantity, estimate.unit)
    quantity = row.get("PricingQuantity")
    if is_overage and isinstance(quantity, Decimal):
        row |= {"ConsumedQuantity": quantity, "ConsumedUnit": estimate.unit}
        price = readable(used.price)
        if price is not None and price >= 0 and EXACT.multiply(price, quantity) == amount:
            row["ContractedUnitPrice"] = price
    return row

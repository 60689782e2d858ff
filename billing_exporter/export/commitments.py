"""FOCUS Contract Commitment: prepaid quantities, wallets and minimum amounts of billing periods.

A commitment is of one billing period, because nothing of it carries over to the next.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from billing_exporter.collectors.base import label
from billing_exporter.collectors.periods import is_closed
from billing_exporter.export.accounts import Terms, currency_of, organizations_of
from billing_exporter.export.cost_and_usage import Placed
from billing_exporter.export.source import LeftOut, Reason, Source
from billing_exporter.export.spans import (
    Span,
    days_of,
    first_moment,
    moment_after,
    span,
    span_of_moments,
)
from billing_exporter.export.tables import CONTRACT_COMMITMENT, Cell, Row
from billing_exporter.genesys.records import BillingCharge, BillingWallet
from billing_exporter.history.contracts import ContractPeriod
from billing_exporter.history.trustors import TrustorPeriod
from billing_exporter.metrics.samples import EXACT, readable

_INTERVALS = {1: "Monthly", 3: "Quarterly", 6: "Semi-Annual", 12: "Annual"}
_YEAR = 12
Payment = tuple[Literal["Annual", "Monthly"], Literal["All Upfront", "No Upfront"]]
_Result = Placed | LeftOut


def rows_of(source: Source, terms: Terms) -> tuple[list[Placed], list[LeftOut]]:
    """Return the rows of commitments, and what is left out."""
    subscriptions = _subscriptions(source)
    results: list[_Result] = []
    for period in source.contract_periods if source.is_first else ():
        results += _of_contract(period, subscriptions, source, terms)
    for each in source.trustor_periods:
        results += _of_customer(each, source, terms)
    found = [each for each in results if isinstance(each, Placed)]
    return found, [each for each in results if isinstance(each, LeftOut)]


def payment_of(subscription: str) -> Payment | None:
    """Return how a subscription is paid, None where its type does not say it.

    >>> payment_of("PREPAY"), payment_of("DEV_ORG_PREPAY_MONTHLY_COMMITMENT"), payment_of("ININ")
    (('Annual', 'All Upfront'), ('Monthly', 'No Upfront'), None)
    """
    kind = subscription.removeprefix("DEV_ORG_")
    if kind == "PREPAY":
        return "Annual", "All Upfront"
    return ("Monthly", "No Upfront") if kind == "PREPAY_MONTHLY_COMMITMENT" else None


def _subscriptions(source: Source) -> dict[str, frozenset[str]]:
    """Return the subscription types of each customer, as its overviews state them."""
    found: dict[str, frozenset[str]] = {}
    for each in source.trustor_periods:
        kind = label(each.overview.subscription_type)
        found[each.id] = found.get(each.id, frozenset()) | {kind}
    return found


def _left(reason: Reason) -> LeftOut:
    return LeftOut(CONTRACT_COMMITMENT, reason)


def _of_contract(
    period: ContractPeriod,
    subscriptions: dict[str, frozenset[str]],
    source: Source,
    terms: Terms,
) -> Iterator[_Result]:
    contract, detail = period.contract, period.detail
    days = span(detail.date_start, detail.date_end)
    whole = span(contract.date_start, contract.date_end)
    kinds = frozenset[str]().union(
        *(subscriptions.get(each, frozenset()) for each in organizations_of(contract))
    )
    payments = {payment_of(kind) for kind in kinds}
    payment = next(iter(payments)) if len(payments) == 1 else None
    every: tuple[BillingCharge | BillingWallet, ...] = (*detail.charges, *detail.wallets)
    for of in every:
        quantity = of.prepaid_quantity if isinstance(of, BillingCharge) else of.starting_balance
        number = readable(quantity)
        reason = _missing(of, number, days, whole, payment)
        if reason is None and not terms.wants_contract(contract):
            reason = "other_customer"
        if reason is not None:
            yield _left(reason)
            continue
        assert days is not None  # noqa: S101 - what is missing has a reason
        assert whole is not None  # noqa: S101 - the same
        assert payment is not None  # noqa: S101 - the same
        yield Placed(
            days,
            {
                **_common(terms, source, days, whole, payment),
                **(
                    _charge(period, of, number)
                    if isinstance(of, BillingCharge)
                    else _wallet(of, number)
                ),
                "ContractId": period.name,
                "ContractCommitmentId": f"{period.name}/{_key(of)}/{days.start}",
                "ContractCommitmentLifecycleStatus": _status(period, of),
            },
        )


def _missing(
    of: BillingCharge | BillingWallet,
    number: Decimal | None,
    days: Span | None,
    whole: Span | None,
    payment: Payment | None,
) -> Reason | None:
    if number is None:
        return "no_amount"
    if not number:
        return "zero"
    if days is None:
        return "no_period"
    if whole is None:
        return "no_contract_dates"
    if not _key(of):
        return "no_name"
    return "unknown_subscription" if payment is None else None


def _key(of: BillingCharge | BillingWallet) -> str:
    sku = label(of.product.sku if of.product else None)
    kind = "" if isinstance(of, BillingCharge) else "wallet "
    name = sku or label(of.name) or label(of.id)
    return f"{kind}{name}" if name else ""


def _common(
    terms: Terms, source: Source, days: Span, whole: Span, payment: Payment
) -> dict[str, Cell]:
    interval, model = payment
    return {
        "ContractCommitmentBenefitCategory": "Entitlement",
        "ContractCommitmentModel": "Discontinuous",
        "ContractCommitmentOfferCategory": "Negotiated",
        "ContractCommitmentDurationType": duration(days),
        "ContractCommitmentFulfillmentInterval": _INTERVALS.get(days.months, "Custom"),
        "ContractCommitmentPaymentInterval": interval,
        "ContractCommitmentPaymentModel": model,
        "ContractCommitmentCreated": first_moment(days.start),
        "ContractCommitmentLastUpdated": first_moment(days.start),
        "ContractCommitmentPeriodStart": first_moment(days.start),
        "ContractCommitmentPeriodEnd": moment_after(days.end),
        "ContractPeriodStart": first_moment(whole.start),
        "ContractPeriodEnd": moment_after(whole.end),
        "InvoiceIssuerName": terms.issuer,
        "ServiceProviderName": terms.issuer,
        "x_Organization": source.organization,
    }


def duration(days: Span) -> str:
    """Return how long a period is, in years or months."""
    months = days.months
    number, unit = (months // _YEAR, "Year") if months % _YEAR == 0 else (months, "Month")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _applies_to(dimension: str, value: str) -> str:
    rule = {"Dimension": dimension, "Operator": "In", "Values": [value]}
    return json.dumps({"Inclusions": [rule], "InclusionOperator": "And"}, ensure_ascii=False)


def _charge(period: ContractPeriod, charge: BillingCharge, quantity: Decimal | None) -> Row:
    product = charge.product
    sku = label(product.sku if product else None)
    name = label(charge.name) or label(product.name if product else None) or sku
    cost, currency = _cost(period, name, quantity)
    return {
        "ContractCommitmentApplicability": _applies_to(
            "SkuId" if sku else "ChargeDescription", sku or name
        ),
        "ContractCommitmentCategory": "Usage",
        "ContractCommitmentCost": cost,
        "BillingCurrency": currency or None,
        "ContractCommitmentDescription": name,
        "ContractCommitmentQuantity": quantity,
        "ContractCommitmentUnit": label(product.unit_of_measure if product else None) or None,
        "ContractCommitmentType": "Prepaid quantity",
    }


def _cost(
    period: ContractPeriod, name: str, quantity: Decimal | None
) -> tuple[Decimal | None, str]:
    """Return what a prepaid quantity costs, where one plan item states price and quantity."""
    items = [
        item
        for plan in period.contract.plans
        for item in plan.items
        if label(item.name) == name and item.price and item.quantity == quantity
    ]
    if len(items) != 1 or items[0].price is None or quantity is None:
        return None, ""
    currency = currency_of(items[0].currency_iso_code)
    price = readable(items[0].price)
    if price is None or not currency:
        return None, ""
    return EXACT.multiply(price, quantity), currency


def _wallet(wallet: BillingWallet, quantity: Decimal | None) -> Row:
    sku = label(wallet.product.sku if wallet.product else None)
    name = label(wallet.name) or sku or label(wallet.id)
    ending = readable(wallet.ending_balance)
    return {
        "ContractCommitmentApplicability": _applies_to(
            "SkuId" if sku else "ChargeDescription", sku or name
        ),
        "ContractCommitmentCategory": "Usage",
        "ContractCommitmentDescription": name,
        "ContractCommitmentQuantity": quantity,
        "ContractCommitmentUnit": label(wallet.unit_of_measure) or None,
        "ContractCommitmentType": "Wallet",
        "x_RemainingQuantity": ending,
    }


def _status(period: ContractPeriod, of: BillingCharge | BillingWallet) -> str:
    """Return the status by that of the billing period and the balance, never by the clock."""
    if is_closed(period.detail.status):
        return "Expired"
    ending = of.ending_balance if isinstance(of, BillingWallet) else None
    if ending is not None and readable(ending) == 0:
        return "Exhausted"
    return "Canceled" if label(period.contract.status).lower() == "inactive" else "Active"


def _of_customer(each: TrustorPeriod, source: Source, terms: Terms) -> Iterator[_Result]:
    """Yield the minimum amount of a customer's period, a commitment to spend."""
    overview = each.overview
    minimum = overview.minimum_monthly_amount
    amount = readable(minimum)
    if not amount or not terms.wants(each.name, each.id):
        if amount:
            yield _left("other_customer")
        return
    days = days_of(each)
    whole = span_of_moments(overview.contract_effective_date, overview.contract_end_date)
    payment = payment_of(label(overview.subscription_type))
    currency = currency_of(overview.currency)
    reasons: tuple[tuple[object, Reason], ...] = (
        (days, "no_period"),
        (whole, "no_contract_dates"),
        (payment, "unknown_subscription"),
        (currency, "no_currency"),
    )
    for present, reason in reasons:
        if not present:
            yield _left(reason)
            return
    assert days is not None  # noqa: S101 - what is missing has a reason
    assert whole is not None  # noqa: S101 - the same
    assert payment is not None  # noqa: S101 - the same
    yield Placed(
        days,
        {
            **_common(terms, source, days, whole, payment),
            "ContractCommitmentApplicability": _applies_to("SubAccountId", each.id),
            "ContractCommitmentCategory": "Spend",
            "ContractCommitmentCost": amount,
            "BillingCurrency": currency,
            "ContractCommitmentDescription": f"Minimum monthly amount of {each.name}",
            "ContractCommitmentType": "Minimum monthly amount",
            "ContractId": each.id,
            "ContractCommitmentId": f"{each.id}/minimum/{days.start}",
            "ContractCommitmentLifecycleStatus": "Active" if each.is_open else "Expired",
            "x_SubAccountId": each.id,
        },
    )

"""FOCUS Cost and Usage: one row per charge of an invoice, and per period that a prepaid one covers.

A prepaid charge is a Purchase without effective cost. Each billing period that it covers has a row
of Usage with its share, so that billed and effective cost have one sum.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from billing_exporter.collectors.base import label
from billing_exporter.export.accounts import Terms, account_of, currency_of
from billing_exporter.export.billed import Charge
from billing_exporter.export.source import Source
from billing_exporter.export.spans import Span, first_moment, moment_after, shares
from billing_exporter.export.tables import Cell, Row, text_of
from billing_exporter.metrics.samples import EXACT, readable

SERVICE = {
    "ServiceCategory": "Business Applications",
    "ServiceName": "Genesys Cloud",
    "ServiceSubcategory": "Other (Business Applications)",
}
_FREQUENCIES = {"Usage": "Usage-Based", "Credit": "One-Time", "Adjustment": "One-Time"}
_ZERO = Decimal(0)

Prices = Mapping[tuple[str, str], frozenset[Decimal]]
"""Unit prices that contracts and overviews state, by SKU and currency."""


class Placed(msgspec.Struct, frozen=True):
    """A row and the billing period that it belongs to."""

    period: Span
    row: Row


def prices_of(source: Source) -> Prices:
    """Return the unit prices that contracts and overviews state."""
    found: defaultdict[tuple[str, str], set[Decimal]] = defaultdict(set)

    def note(sku: str | None, currency: str | None, *prices: Decimal | None) -> None:
        for price in prices:
            number = readable(price)
            if number is not None and number >= 0 and label(sku):
                found[label(sku), currency_of(currency)].add(number)

    for period in source.contract_periods:
        for charge in period.detail.charges:
            sku = charge.product.sku if charge.product else None
            note(sku, charge.overage_currency, charge.overage_rate)
        for wallet in period.detail.wallets:
            sku = wallet.product.sku if wallet.product else None
            note(sku, wallet.balance_overage_currency, wallet.balance_overage_rate)
    for each in source.trustor_periods:
        for row in each.overview.usages:
            note(row.part_number, each.overview.currency, row.overage_price, row.prepay_price)
    return {key: frozenset(prices) for key, prices in found.items()}


def rows_of(charges: Iterable[Charge], prices: Prices, terms: Terms) -> list[Placed]:
    """Return the rows of charges, in the columns of FOCUS 1.4."""
    found = []
    for charge in charges:
        covered = (
            shares(charge.amount, charge.currency, charge.days, charge.calendar)
            if charge.is_prepaid
            else []
        )
        found.append(Placed(charge.period, _billed(charge, prices, terms, bool(covered))))
        found += [
            Placed(period, _covered(charge, period, amount, terms)) for period, amount in covered
        ]
    return found


def common(terms: Terms, period: Span, days: Span) -> dict[str, Cell]:
    """Return the cells that all rows have."""
    return {
        **SERVICE,
        "InvoiceIssuerName": terms.issuer,
        "ServiceProviderName": terms.issuer,
        "HostProviderName": terms.issuer,
        "BillingPeriodStart": first_moment(period.start),
        "BillingPeriodEnd": moment_after(period.end),
        "ChargePeriodStart": first_moment(days.start),
        "ChargePeriodEnd": moment_after(days.end),
    }


def costs(billed: Decimal, effective: Decimal) -> dict[str, Cell]:
    """Return the cost columns; no list price is known, so list cost is what is billed."""
    return {
        "BilledCost": billed,
        "ContractedCost": billed,
        "ListCost": billed,
        "EffectiveCost": effective,
    }


def quantities(quantity: Decimal | None, unit: str) -> dict[str, Cell]:
    """Return quantity and unit, of which neither says anything without the other."""
    number = readable(quantity)
    if number is None or not unit:
        return {}
    return {"PricingQuantity": number, "PricingUnit": unit}


def _of_charge(charge: Charge, terms: Terms, period: Span, days: Span) -> dict[str, Cell]:
    account, name = account_of(charge.invoice.bill_to_customer, charge.source)
    customer, customer_name = charge.customer
    unit = label(charge.line.unit_of_measure) if charge.line else ""
    return {
        **common(terms, period, days),
        **quantities(charge.line.quantity if charge.line else None, unit),
        "BillingAccountId": account,
        "BillingAccountName": name,
        "BillingCurrency": charge.currency,
        "ChargeDescription": charge.description,
        "SkuId": charge.sku or None,
        "SubAccountId": customer or None,
        "SubAccountName": customer_name or None,
        "x_Organization": charge.source,
        "x_Estimated": False,
    }


def _billed(charge: Charge, prices: Prices, terms: Terms, is_covered: bool) -> Row:
    row = _of_charge(charge, terms, charge.period, charge.days)
    row |= costs(charge.amount, _ZERO if is_covered else charge.amount)
    row |= {
        "ChargeCategory": charge.category,
        "ChargeFrequency": _FREQUENCIES.get(
            charge.category, "Recurring" if charge.is_prepaid else "One-Time"
        ),
        "InvoiceId": label(charge.invoice.id),
        "InvoiceDetailId": charge.id,
    }
    quantity = row.get("PricingQuantity")
    if isinstance(quantity, Decimal):
        stated = prices.get((charge.sku, charge.currency), frozenset())
        fitting = [each for each in stated if EXACT.multiply(each, quantity) == charge.amount]
        if len(fitting) == 1:
            row["ContractedUnitPrice"] = fitting[0]
        if charge.category == "Usage":
            row |= {"ConsumedQuantity": quantity, "ConsumedUnit": row["PricingUnit"]}
    return row


def _covered(charge: Charge, period: Span, amount: Decimal, terms: Terms) -> Row:
    """Return what a period has of a prepaid charge; the invoice is that of the purchase."""
    days = Span(max(charge.days.start, period.start), min(charge.days.end, period.end))
    return {
        **_of_charge(charge, terms, period, days),
        **costs(_ZERO, amount),
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Recurring",
        "x_PurchaseInvoiceDetailId": charge.id,
    }


def as_1_2(row: Row, terms: Terms) -> Row:
    """Return a row in the columns of FOCUS 1.2.

    There invoice lines have no id of their own, and the official validator takes a description in
    ASCII alone: the exact one is beside it.
    """
    described = text_of(row.get("ChargeDescription"))
    return {
        **row,
        "ProviderName": terms.issuer,
        "PublisherName": terms.issuer,
        "ChargeDescription": _in_ascii(described),
        "x_ChargeDescription": described,
        "x_InvoiceDetailId": row.get("InvoiceDetailId"),
    }


def _in_ascii(text: str) -> str:
    """Return a text without accents; other letters are hexadecimal escapes."""
    apart = unicodedata.normalize("NFKD", text)
    plain = "".join(each for each in apart if not unicodedata.combining(each))
    return plain.encode("ascii", "backslashreplace").decode()

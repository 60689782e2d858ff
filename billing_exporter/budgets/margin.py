"""Margin of a partner: what a customer's charges are sold for, less what they cost. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal

import msgspec

from billing_exporter.budgets.matching import Matcher, Unmatched, unmatched
from billing_exporter.budgets.settings import Price
from billing_exporter.reconciliation.records import ZERO, Line

_EXACT = Context(prec=60)


class Margin(msgspec.Struct, frozen=True):
    """What some lines were bought and sold for.

    Attributes:
        bought: by currency.
        sold: by currency.
        unpriced: charges without a margin.
    """

    bought: dict[str, Decimal]
    sold: dict[str, Decimal]
    unpriced: int


class PriceList:
    """The selling prices of the configuration; the first one that matches counts."""

    def __init__(self, prices: Sequence[Price]) -> None:
        self._rules = [
            (price, Matcher(price.customers), Matcher(price.charges)) for price in prices
        ]

    def __bool__(self) -> bool:
        """Return whether there is any price."""
        return bool(self._rules)

    @property
    def unmatched(self) -> Unmatched:
        """The patterns that have matched nothing."""
        return unmatched([(one, other) for _, one, other in self._rules])

    def margin(
        self, customer: tuple[str, ...], lines: Iterable[Line], names: dict[str, str]
    ) -> Margin:
        """Return the margin of a customer's lines.

        Args:
            customer: its name and id.
            lines: of one period, credits included.
            names: of the charges, by SKU.
        """
        by_charge: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
        for line in lines:
            by_charge[line.currency, line.sku].append(line)
        bought: dict[str, Decimal] = {}
        sold: dict[str, Decimal] = {}
        unpriced = 0
        for (currency, sku), of_charge in by_charge.items():
            price = self._price(customer, (sku, names.get(sku, "")))
            amount = None if price is None else _sold(price, currency, of_charge)
            if amount is None:
                unpriced += 1
                continue
            cost = _sum(line.amount or ZERO for line in of_charge)
            bought[currency] = _EXACT.add(bought.get(currency, ZERO), cost)
            sold[currency] = _EXACT.add(sold.get(currency, ZERO), amount)
        return Margin(bought, sold, unpriced)

    def _price(self, customer: tuple[str, ...], charge: tuple[str, ...]) -> Price | None:
        for price, customers, charges in self._rules:
            # Both are asked, so that a pattern is unmatched for its own sake alone.
            if all((customers.fits(*customer), charges.fits(*charge))):
                return price
        return None


def _sold(price: Price, currency: str, lines: Sequence[Line]) -> Decimal | None:
    """Return what the lines are sold for; None where a price or quantity is missing."""
    if any(line.amount is None for line in lines):
        return None
    if price.markup is not None:
        cost = _sum(line.amount or ZERO for line in lines)
        return _EXACT.multiply(cost, 1 + price.markup)
    if price.currency != currency:
        return None
    total = ZERO
    for line in lines:
        if line.timing == "credit":
            continue
        of_unit = price.prepaid if line.timing == "advance" else price.overage
        if of_unit is None or line.quantity is None or line.timing == "unknown":
            return None
        total = _EXACT.add(total, _EXACT.multiply(line.quantity, of_unit))
    return total


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = ZERO
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total

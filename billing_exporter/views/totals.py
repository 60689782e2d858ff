"""Totals of organizations: money by currency, unpaid invoices, the largest overages. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from heapq import nlargest
from typing import Literal

from billing_exporter.forecasting.forecast import rounded
from billing_exporter.metrics.samples import EXACT
from billing_exporter.summaries import Account, Invoices, Money
from billing_exporter.web import records

LARGEST = 10
"""How many overages of each currency are shown."""

_ZERO = Decimal(0)
# So much of a sum may have no band where the sum has one.
_UNCERTAIN = Decimal("0.05")
_OVERDUE = frozenset({"1-30d", "31-60d", "61-90d", "over_90d"})

Whose = Literal["customers", "contracts"]


def totals(organization: str, of: Whose, accounts: Iterable[Account]) -> Iterator[records.Total]:
    """Add up the money of customers or contracts by currency."""
    by_currency: defaultdict[str, list[tuple[Account, Money]]] = defaultdict(list)
    for account in accounts:
        for money in account.money:
            by_currency[money.currency].append((account, money))
    for currency, found in sorted(by_currency.items()):
        running = [(one, money) for one, money in found if money.so_far is not None]
        yield records.Total(
            organization=organization,
            of=of,
            amounts=_amounts(currency, [money for _, money in found]),
            accounts=len(found),
            without_forecast=sum(1 for _, money in running if money.forecast is None),
            without_band=sum(
                1 for _, money in running if money.forecast is not None and money.upper is None
            ),
            period_start=_first(min, (one.start for one, _ in running)),
            period_end=_first(max, (one.end for one, _ in running)),
        )


def _amounts(currency: str, found: list[Money]) -> records.Amounts:
    so_far = _sum(one.so_far for one in found)
    forecast, lower, upper = _forecast(found, so_far)
    return records.Amounts(
        currency=currency,
        so_far=so_far,
        overage=_sum(one.overage for one in found),
        forecast=forecast,
        forecast_lower=lower,
        forecast_upper=upper,
        last_period=_sum(one.last for one in found),
    )


def _forecast(
    found: list[Money], so_far: Decimal | None
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Add up forecasts, and their bands where nearly all of the money has one.

    Distances from the forecast add up as squares: customers vary independently of each other.
    """
    total = _sum(one.so_far if one.forecast is None else one.forecast for one in found)
    if total is None or all(one.forecast is None for one in found):
        return None, None, None
    banded = [
        (one.forecast, one.forecast - one.lower, one.upper - one.forecast)
        for one in found
        if one.forecast is not None and one.lower is not None and one.upper is not None
    ]
    if not banded or total - sum(one for one, _, _ in banded) > _UNCERTAIN * abs(total):
        return total, None, None
    below, above = (
        sum((one * one for one in side), _ZERO).sqrt()
        for side in list(zip(*banded, strict=True))[1:]
    )
    lower = total - below
    return total, rounded(lower if so_far is None else max(lower, so_far)), rounded(total + above)


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Add up the amounts that are known; None where none is."""
    total: Decimal | None = None
    for amount in amounts:
        if amount is not None:
            total = amount if total is None else EXACT.add(total, amount)
    return total


def _first(choose: Callable[[list[date]], date], days: Iterable[date | None]) -> date | None:
    known = [day for day in days if day is not None]
    return choose(known) if known else None


def unpaid(organization: str, invoices: Invoices) -> Iterator[records.Unpaid]:
    """Return the unpaid invoices by currency."""
    for currency in sorted({one.currency for one in invoices.unpaid}):
        found = [one for one in invoices.unpaid if one.currency == currency]
        owed = [one for one in found if one.bucket != "credit"]
        overdue = [one for one in owed if one.bucket in _OVERDUE]
        yield records.Unpaid(
            organization=organization,
            currency=currency,
            amount=sum((one.amount for one in owed), _ZERO),
            invoices=sum(one.invoices for one in owed),
            overdue_amount=sum((one.amount for one in overdue), _ZERO),
            overdue_invoices=sum(one.invoices for one in overdue),
            unknown_due_amount=sum((one.amount for one in owed if one.bucket == "unknown"), _ZERO),
            credit=sum((one.amount for one in found if one.bucket == "credit"), _ZERO),
            by_age=tuple(
                records.UnpaidAge(age=one.bucket, amount=one.amount, invoices=one.invoices)
                for one in found
            ),
        )


def largest(accounts: Iterable[tuple[str, str, Account]]) -> tuple[records.Overage, ...]:
    """Return the largest overages of each currency.

    Args:
        accounts: each with its organization and its id.
    """
    found: defaultdict[str, list[records.Overage]] = defaultdict(list)
    candidates: defaultdict[str, list[tuple[Decimal, int, int]]] = defaultdict(list)
    known = list(accounts)
    for place, (_, _, account) in enumerate(known):
        for number, one in enumerate(account.overages):
            candidates[one.currency].append((one.amount, -place, -number))
    for currency in sorted(candidates):
        for _, place, number in nlargest(LARGEST, candidates[currency]):
            organization, key, account = known[-place]
            one = account.overages[-number]
            found[currency].append(
                records.Overage(
                    organization=organization,
                    of=account.kind,
                    id=key,
                    name=account.name,
                    charge=one.charge,
                    quantity=one.quantity,
                    unit=one.unit,
                    unit_price=one.price,
                    amount=one.amount,
                    currency=currency,
                )
            )
    return tuple(one for currency in sorted(found) for one in found[currency])

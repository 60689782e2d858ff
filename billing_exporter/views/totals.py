"""Totals of organizations: money by currency, unpaid invoices, the largest overages. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal, localcontext
from heapq import heappush, heapreplace
from typing import Literal

from billing_exporter.forecasting.forecast import rounded
from billing_exporter.metrics.samples import EXACT
from billing_exporter.summaries import Account, Invoices, Money, Overage, Unpaid
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
    sums: dict[str, _Sum] = {}
    with localcontext(EXACT):  # there may be thousands: one pass, plain additions
        for account in accounts:
            for money in account.money:
                found = sums.get(money.currency)
                if found is None:
                    found = sums[money.currency] = _Sum()
                found.add(account, money)
    for currency, found in sorted(sums.items()):
        yield records.Total(
            organization=organization,
            of=of,
            amounts=found.amounts(currency),
            accounts=found.accounts,
            without_forecast=found.without_forecast,
            without_band=found.without_band,
            period_start=found.start,
            period_end=found.end,
        )


class _Sum:
    """Sums of one currency; None as long as nothing is known."""

    def __init__(self) -> None:
        self.so_far: Decimal | None = None
        self.overage: Decimal | None = None
        self.last: Decimal | None = None
        self.start: date | None = None
        self.end: date | None = None
        self.accounts = self.forecasts = self.without_forecast = self.without_band = 0
        self._forecast = self._banded = self._below = self._above = _ZERO

    def add(self, account: Account, money: Money) -> None:
        """Add the money of an account."""
        self.accounts += 1
        if money.last is not None:
            self.last = money.last + (self.last or _ZERO)
        if money.overage is not None:
            self.overage = money.overage + (self.overage or _ZERO)
        if money.so_far is not None:
            self.so_far = money.so_far + (self.so_far or _ZERO)
            start, end = account.start, account.end
            if start is not None and (self.start is None or start < self.start):
                self.start = start
            if end is not None and (self.end is None or end > self.end):
                self.end = end
        self._add_forecast(money)

    def _add_forecast(self, money: Money) -> None:
        forecast, lower, upper = money.forecast, money.lower, money.upper
        if forecast is None:
            if money.so_far is not None:
                self.without_forecast += 1
                self._forecast += money.so_far
            return
        self.forecasts += 1
        self._forecast += forecast
        if lower is None or upper is None:
            self.without_band += 1
            return
        self._banded += forecast
        below, above = forecast - lower, upper - forecast
        self._below += below * below
        self._above += above * above

    def amounts(self, currency: str) -> records.Amounts:
        """Return the sums, with a band where nearly all of the money has one.

        Distances from the forecast add up as squares: customers vary independently of each other.
        """
        lower = upper = None
        rest = self._forecast - self._banded
        if self.forecasts > self.without_band and rest <= _UNCERTAIN * abs(self._forecast):
            lower = rounded(max(self._forecast - self._below.sqrt(), self.so_far or _ZERO))
            upper = rounded(self._forecast + self._above.sqrt())
        return records.Amounts(
            currency=currency,
            so_far=self.so_far,
            overage=self.overage,
            forecast=self._forecast if self.forecasts else None,
            forecast_lower=lower,
            forecast_upper=upper,
            last_period=self.last,
        )


def unpaid(organization: str, invoices: Invoices) -> Iterator[records.Unpaid]:
    """Return the unpaid invoices by currency."""
    for currency in sorted({one.currency for one in invoices.unpaid}):
        found = [one for one in invoices.unpaid if one.currency == currency]
        owed = [one for one in found if one.bucket != "credit"]
        overdue = [one for one in owed if one.bucket in _OVERDUE]
        yield records.Unpaid(
            organization=organization,
            currency=currency,
            amount=_whole(owed),
            invoices=sum(one.invoices for one in owed),
            overdue_amount=_whole(overdue),
            overdue_invoices=sum(one.invoices for one in overdue),
            unknown_due_amount=_whole(one for one in owed if one.bucket == "unknown"),
            credit=_whole(one for one in found if one.bucket == "credit"),
            by_age=tuple(
                records.UnpaidAge(age=one.bucket, amount=one.amount, invoices=one.invoices)
                for one in found
            ),
        )


def _whole(buckets: Iterable[Unpaid]) -> Decimal | None:
    """Add up buckets; a sum of which a part is not known is none."""
    total = _ZERO
    for each in buckets:
        if each.amount is None:
            return None
        total += each.amount
    return total


def largest(
    organization: str, accounts: Iterable[tuple[str, Account]]
) -> tuple[records.Overage, ...]:
    """Return the largest overages of each currency.

    Args:
        organization: whose accounts they are.
        accounts: each with its id.
    """
    # The smallest first, so that most accounts are compared with one number and passed over.
    heaps: defaultdict[str, list[_Ranked]] = defaultdict(list)
    for place, (key, account) in enumerate(accounts):
        for number, one in enumerate(account.overages):
            heap = heaps[one.currency]
            if len(heap) < LARGEST:
                heappush(heap, (one.amount, -place, -number, key, account))
            elif one.amount > heap[0][0]:
                heapreplace(heap, (one.amount, -place, -number, key, account))
            elif len(account.money) == 1:
                break  # an account's next one is smaller, and of the same currency
    return tuple(
        _overage(organization, key, account, account.overages[-number])
        for currency in sorted(heaps)
        for _, _, number, key, account in sorted(heaps[currency], key=_rank, reverse=True)
    )


_Ranked = tuple[Decimal, int, int, str, Account]


def _rank(one: _Ranked) -> tuple[Decimal, int, int]:
    return one[:3]


def merged(found: Iterable[records.Overage]) -> tuple[records.Overage, ...]:
    """Return the largest of each currency among those of several organizations."""
    by_currency: defaultdict[str, list[records.Overage]] = defaultdict(list)
    for one in found:
        by_currency[one.currency].append(one)
    return tuple(
        one
        for currency in sorted(by_currency)
        for one in sorted(by_currency[currency], key=lambda one: one.amount, reverse=True)[:LARGEST]
    )


def _overage(organization: str, key: str, account: Account, one: Overage) -> records.Overage:
    return records.Overage(
        organization=organization,
        of=account.kind,
        id=key,
        name=account.name,
        charge=one.charge,
        quantity=one.quantity,
        unit=one.unit,
        unit_price=one.price,
        amount=one.amount,
        currency=one.currency,
    )

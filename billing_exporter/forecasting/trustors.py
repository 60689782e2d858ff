"""Forecasts of customers: their overviews as readings, their forecasts as samples."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import msgspec

from billing_exporter.collectors.allowances import Allowance, Row, allowances, is_billed
from billing_exporter.collectors.base import label
from billing_exporter.collectors.closed_periods import History
from billing_exporter.collectors.trustor_overview import TrustorData
from billing_exporter.forecasting.exposure import add_amounts, add_quantities
from billing_exporter.forecasting.forecast import Kind
from billing_exporter.forecasting.history import periods_of
from billing_exporter.forecasting.outlook import Outlook
from billing_exporter.forecasting.readings import (
    Charge,
    Key,
    Period,
    Subject,
    finite,
    overview_kind,
    whole_sum,
)
from billing_exporter.genesys.records import SubscriptionOverviewUsage, TrusteeBillingOverview
from billing_exporter.metrics import forecasts
from billing_exporter.metrics.samples import Samples, labels

NO_HISTORY = History()
_DAY_SECONDS = 86400


def subject_of(data: TrustorData, history: History = NO_HISTORY) -> Subject:
    """Return a customer's overviews as readings, with its closed periods, the newest last."""
    periods = {name: _period(one.overview) for name, one in data.periods.items()}
    current = periods.pop("current", None)
    earlier = periods_of(history, lambda key: overview_kind(key[2], key[3]))
    return Subject(current, (*earlier, *(one for one in periods.values() if one is not None)))


def add_samples(samples: Samples, data: TrustorData, outlook: Outlook) -> None:
    """Add the forecasts of a customer as samples; none for a period that is over."""
    if outlook.is_over:
        return
    for key, one in outlook.charges.items():
        names = forecasts.TRUSTOR_QUANTITIES.forecast.labels
        to = labels(names, data.name, data.id, *key)
        add_quantities(samples, forecasts.TRUSTOR_QUANTITIES, to, one.forecast)
    for currency, amount in outlook.amounts.items():
        names = forecasts.TRUSTOR_AMOUNTS.forecast.labels
        to = labels(names, data.name, data.id, currency)
        add_amounts(samples, forecasts.TRUSTOR_AMOUNTS, to, amount.amount)


class _Row(msgspec.Struct):
    """Rows of an overview that have the same labels, added up."""

    usage: Decimal | None
    prepaid: Decimal | None
    overage_prices: set[Decimal]
    prepaid_prices: set[Decimal]


def _period(overview: TrusteeBillingOverview) -> Period | None:
    start, end = overview.billing_period_start_date, overview.billing_period_end_date
    if start is None or end is None or end <= start:
        return None
    currency = label(overview.currency)
    minimum = finite(overview.minimum_monthly_amount)
    minimums = {currency: minimum} if currency and minimum is not None else {}
    return Period(start.date(), _days(start, end), _charges(overview, currency), minimums)


def _days(start: datetime, end: datetime) -> int:
    return max(1, round((end - start).total_seconds() / _DAY_SECONDS))


def _charges(overview: TrusteeBillingOverview, currency: str) -> dict[Key, Charge]:
    rows = _added_up(overview.usages)
    keys = {str(number): key for number, key in enumerate(rows)}
    known = [
        Row(number, name, part_number, grouping, unit, rows[key].usage, rows[key].prepaid)
        for number, key in keys.items()
        for name, part_number, grouping, unit in [key]
    ]
    included = allowances(known)
    charges = {}
    for row in known:
        kind = overview_kind(row.grouping, row.unit)
        if kind is not None:
            key = keys[row.key]
            allowance = included.get(row.key) if is_billed(row) else None
            charges[key] = _charge(kind, rows[key], allowance, currency)
    return charges


def _added_up(usages: Iterable[SubscriptionOverviewUsage]) -> dict[Key, _Row]:
    rows: dict[Key, _Row] = {}
    for row in usages:
        key = (
            label(row.name),
            label(row.part_number),
            label(row.grouping),
            label(row.unit_of_measure_type),
        )
        if not key[0]:
            continue
        one = rows.setdefault(key, _Row(Decimal(0), Decimal(0), set(), set()))
        one.usage = whole_sum(one.usage, finite(row.usage_quantity))
        one.prepaid = whole_sum(one.prepaid, finite(row.prepay_quantity))
        one.overage_prices.update(_known(row.overage_price))
        one.prepaid_prices.update(_known(row.prepay_price))
    return rows


def _charge(kind: Kind, row: _Row, allowance: Allowance | None, currency: str) -> Charge:
    """Return a charge; without an allowance it repeats other rows and has no amount."""
    if allowance is None:
        return Charge(kind, row.usage, row.prepaid)
    price, prepaid_price = _agreed(row.overage_prices), _agreed(row.prepaid_prices)
    included = None
    if allowance.is_known and row.prepaid is not None:
        included = row.prepaid + (allowance.included or Decimal(0))
    fixed = None
    if row.prepaid is not None and prepaid_price is not None:
        fixed = row.prepaid * prepaid_price
    return Charge(kind, row.usage, included, fixed, price, currency=currency)


def _known(price: Decimal | None) -> set[Decimal]:
    found = finite(price)
    return set() if found is None else {found}


def _agreed(prices: set[Decimal]) -> Decimal | None:
    """Return the price of rows that are one series; None where they differ."""
    return next(iter(prices)) if len(prices) == 1 else None

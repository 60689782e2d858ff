"""Forecasts of customers: their overviews as readings, their forecasts as samples."""

from datetime import datetime
from decimal import Decimal

from billing_exporter.collectors.base import label
from billing_exporter.collectors.trustor_overview import WITHOUT_OVERAGE, TrustorData
from billing_exporter.forecasting.exposure import add_amounts, add_quantities
from billing_exporter.forecasting.outlook import Outlook
from billing_exporter.forecasting.readings import Charge, Key, Period, Subject, overview_kind
from billing_exporter.genesys.records import SubscriptionOverviewUsage, TrusteeBillingOverview
from billing_exporter.metrics import forecasts
from billing_exporter.metrics.samples import Samples, labels

_DAY_SECONDS = 86400


def subject_of(data: TrustorData) -> Subject:
    """Return a customer's overviews as readings."""
    periods = {name: _period(one.overview) for name, one in data.periods.items()}
    current = periods.pop("current", None)
    return Subject(current, tuple(one for one in periods.values() if one is not None))


def add_samples(samples: Samples, data: TrustorData, outlook: Outlook) -> None:
    """Add what the forecasts of a customer are shown as."""
    for key, one in outlook.charges.items():
        names = forecasts.TRUSTOR_QUANTITIES.forecast.labels
        to = labels(names, data.name, data.id, *key)
        add_quantities(samples, forecasts.TRUSTOR_QUANTITIES, to, one.forecast)
    for currency, amount in outlook.amounts.items():
        names = forecasts.TRUSTOR_AMOUNTS.forecast.labels
        to = labels(names, data.name, data.id, currency)
        add_amounts(samples, forecasts.TRUSTOR_AMOUNTS, to, amount.amount)


def _period(overview: TrusteeBillingOverview) -> Period | None:
    start, end = overview.billing_period_start_date, overview.billing_period_end_date
    if start is None or end is None or end <= start:
        return None
    currency = label(overview.currency)
    charges: dict[Key, Charge] = {}
    for row in overview.usages:
        key, charge = _charge(row, currency)
        if charge is not None and key[0]:
            charges[key] = charge if key not in charges else merged(charges[key], charge)
    minimum = overview.minimum_monthly_amount
    minimums = {currency: minimum} if currency and minimum is not None else {}
    return Period(start.date(), _days(start, end), charges, minimums)


def _days(start: datetime, end: datetime) -> int:
    return max(1, round((end - start).total_seconds() / _DAY_SECONDS))


def _charge(row: SubscriptionOverviewUsage, currency: str) -> tuple[Key, Charge | None]:
    grouping, unit = label(row.grouping), label(row.unit_of_measure_type)
    key = (label(row.name), label(row.part_number), grouping, unit)
    kind = overview_kind(grouping, unit)
    if kind is None:
        return key, None
    prepaid, price = row.prepay_quantity, row.prepay_price
    has_overage = grouping.lower() not in WITHOUT_OVERAGE
    return key, Charge(
        kind=kind,
        quantity=row.usage_quantity,
        included=prepaid,
        fixed=None if prepaid is None or price is None or not has_overage else prepaid * price,
        price=row.overage_price if has_overage else None,
        currency=currency if has_overage else "",
    )


def merged(one: Charge, other: Charge) -> Charge:
    """Add up two rows that have the same labels; a price on which they differ is none."""
    return Charge(
        kind=one.kind,
        quantity=_sum(one.quantity, other.quantity),
        included=_sum(one.included, other.included),
        fixed=_sum(one.fixed, other.fixed),
        price=one.price if one.price == other.price else None,
        overage_amount=_sum(one.overage_amount, other.overage_amount),
        currency=one.currency if one.currency == other.currency else "",
    )


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if one is None or other is None:
        return one if other is None else other
    return one + other

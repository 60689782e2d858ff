"""What the billing overview of one customer organization (trustor) means."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from billing_exporter.collectors.base import label
from billing_exporter.genesys.records import SubscriptionOverviewUsage, TrusteeBillingOverview
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import EXACT, Labels, Samples, extended, labels, unix_time

Status = Literal["ok", "no_data", "forbidden", "disabled", "error"]
STATUSES: tuple[Status, ...] = ("ok", "no_data", "forbidden", "disabled", "error")

# There a row is an allowance or a sum of other rows: usage beyond prepaid says nothing.
WITHOUT_OVERAGE = frozenset({"fair-use", "rollup", "rollup-usage", "storage-category"})

_ZERO = Decimal(0)


class PeriodData(msgspec.Struct, frozen=True):
    """The overview of one period; ``zero_rows`` is how many rows were left out of it as zero."""

    overview: TrusteeBillingOverview
    zero_rows: int


class TrustorData(msgspec.Struct, frozen=True):
    """One customer: who it is, its overviews by period, the newest one's under ``current``."""

    id: str
    name: str
    periods: dict[str, PeriodData]


class TrustorState(msgspec.Struct, frozen=True):
    """How the last attempt to read a customer ended."""

    id: str
    name: str
    status: Status


def condensed(
    overviews: Mapping[str, TrusteeBillingOverview], *, zero_rows: bool
) -> dict[str, PeriodData]:
    """Keep what is exposed: no free text, and unless asked for no row that is zero throughout.

    A row that is zero now and was not in the other period stays, so that a fall to zero shows.
    """
    alive = {
        _identity(row)
        for overview in overviews.values()
        for row in overview.usages
        if zero_rows or not _is_zero(row)
    }
    return {period: _condensed(overview, alive) for period, overview in overviews.items()}


def _condensed(overview: TrusteeBillingOverview, alive: set[tuple[str | None, ...]]) -> PeriodData:
    rows = tuple(
        msgspec.structs.replace(row, usage_notes=None) if row.usage_notes else row
        for row in overview.usages
        if _identity(row) in alive
    )
    kept = msgspec.structs.replace(overview, usages=rows, enabled_products=(), self_uri=None)
    return PeriodData(kept, len(overview.usages) - len(rows))


def _identity(row: SubscriptionOverviewUsage) -> tuple[str | None, ...]:
    return row.name, row.part_number, row.grouping, row.unit_of_measure_type


def _is_zero(row: SubscriptionOverviewUsage) -> bool:
    """Tell whether usage and commitment are both known to be zero; missing is not zero."""
    numbers = (row.usage_quantity, row.prepay_quantity)
    return all(number is not None and not number for number in numbers)


def expose_states(states: Iterable[TrustorState]) -> Samples:
    """Say which status each customer is in."""
    samples = Samples()
    for state in states:
        for status in STATUSES:
            to = labels(catalogue.TRUSTOR_STATUS.labels, state.name, state.id, status)
            samples.add(catalogue.TRUSTOR_STATUS, to, int(status == state.status))
    return samples


def expose_trustor(data: TrustorData) -> Samples:
    """Say what the overviews of one customer mean."""
    samples = Samples()
    newest = next(iter(data.periods.values()), None)
    if newest is not None:
        _expose_facts(samples, data, newest.overview)
    for period, of_period in data.periods.items():
        _expose_period(samples, data, period, of_period.overview)
        samples.drop("zero", of_period.zero_rows)
    return samples


def _expose_facts(samples: Samples, data: TrustorData, overview: TrusteeBillingOverview) -> None:
    who = data.name, data.id
    facts = label(overview.subscription_type), label(overview.currency)
    samples.add(catalogue.TRUSTOR_INFO, labels(catalogue.TRUSTOR_INFO.labels, *who, *facts), 1)
    of_trustor = labels(catalogue.TRUSTOR, *who)
    moments: tuple[tuple[Metric, datetime | None], ...] = (
        (catalogue.TRUSTOR_CONTRACT_END, overview.contract_end_date),
        (catalogue.TRUSTOR_CONTRACT_EFFECTIVE, overview.contract_effective_date),
        (catalogue.TRUSTOR_CONTRACT_AMENDED, overview.contract_amendment_date),
        (catalogue.TRUSTOR_RAMP_END, overview.ramp_period_end_date),
    )
    for metric, moment in moments:
        samples.add(metric, of_trustor, unix_time(moment))
    if overview.in_ramp_period is not None:
        samples.add(catalogue.TRUSTOR_IN_RAMP, of_trustor, int(overview.in_ramp_period))


def _expose_period(
    samples: Samples, data: TrustorData, period: str, overview: TrusteeBillingOverview
) -> None:
    of_period = labels(catalogue.TRUSTOR_PERIOD, data.name, data.id, period)
    start, end = overview.billing_period_start_date, overview.billing_period_end_date
    samples.add(catalogue.TRUSTOR_PERIOD_START, of_period, unix_time(start))
    samples.add(catalogue.TRUSTOR_PERIOD_END, of_period, unix_time(end))
    currency, minimum = label(overview.currency), overview.minimum_monthly_amount
    samples.add_money(catalogue.TRUSTOR_MINIMUM_MONTHLY_AMOUNT, of_period, currency, minimum)
    _expose_charges(samples, of_period, overview)


def _expose_charges(samples: Samples, of_period: Labels, overview: TrusteeBillingOverview) -> None:
    currency = label(overview.currency)
    series: dict[str, tuple[Labels, Labels]] = {}
    for row in overview.usages:
        charge, grouping = label(row.name), label(row.grouping)
        if not charge:
            samples.drop("missing")
            continue
        facts = charge, label(row.part_number), grouping, label(row.unit_of_measure_type)
        to = extended(of_period, catalogue.TRUSTOR_CHARGE, *facts)
        money = extended(to, catalogue.TRUSTOR_CHARGE_MONEY, currency)
        samples.require(catalogue.TRUSTOR_USAGE, to, row.usage_quantity)
        samples.require(catalogue.TRUSTOR_PREPAID, to, row.prepay_quantity)
        _expose_price(samples, catalogue.TRUSTOR_OVERAGE_PRICE, money, row.overage_price, currency)
        _expose_price(samples, catalogue.TRUSTOR_PREPAID_PRICE, money, row.prepay_price, currency)
        if grouping.lower() not in WITHOUT_OVERAGE:
            series[to.text] = to, money
    _derive(samples, series.values())


def _expose_price(
    samples: Samples, metric: Metric, money: Labels, price: Decimal | None, currency: str
) -> None:
    if currency:
        samples.add(metric, money, price)
    elif price is not None:
        samples.drop("missing")


def _derive(samples: Samples, series: Iterable[tuple[Labels, Labels]]) -> None:
    """Derive overage and estimates of each series, from its values added up."""
    usage = samples.values(catalogue.TRUSTOR_USAGE)
    prepayment = samples.values(catalogue.TRUSTOR_PREPAID)
    prepaid_prices = samples.values(catalogue.TRUSTOR_PREPAID_PRICE)
    overage_prices = samples.values(catalogue.TRUSTOR_OVERAGE_PRICE)
    for to, money in series:
        used, prepaid = usage.get(to.text), prepayment.get(to.text)
        if prepaid is None:
            continue
        price = prepaid_prices.get(money.text)
        _estimate(samples, catalogue.TRUSTOR_ESTIMATED_PREPAID_AMOUNT, money, prepaid, price)
        if used is None:
            continue
        overage = max(_ZERO, EXACT.subtract(used, prepaid))
        samples.add(catalogue.TRUSTOR_OVERAGE, to, overage)
        price = overage_prices.get(money.text)
        _estimate(samples, catalogue.TRUSTOR_ESTIMATED_OVERAGE_AMOUNT, money, overage, price)


def _estimate(
    samples: Samples,
    metric: Metric,
    to: Labels,
    quantity: Decimal,
    price: Decimal | None,
) -> None:
    if price is not None:
        samples.add(metric, to, EXACT.multiply(quantity, price))

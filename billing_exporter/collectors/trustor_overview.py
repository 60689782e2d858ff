"""Samples of the billing overview of one customer organization (trustor)."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from billing_exporter.collectors.allowances import (
    TOKENS,
    Row,
    allowances,
    is_fair_use,
    is_part,
    kind_of,
)
from billing_exporter.collectors.base import label
from billing_exporter.collectors.periods import adjoins, end_or_estimate, leaves_room
from billing_exporter.collectors.record_codec import RecordCodec
from billing_exporter.genesys.records import SubscriptionOverviewUsage, TrusteeBillingOverview
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import EXACT, Labels, Samples, extended, labels, unix_time

Status = Literal["ok", "no_data", "forbidden", "disabled", "error"]
STATUSES: tuple[Status, ...] = ("ok", "no_data", "forbidden", "disabled", "error")

_ZERO = Decimal(0)

_Identity = tuple[str | None, str | None, str | None, str | None]


class PeriodData(msgspec.Struct, frozen=True):
    """The overview of one period.

    Attributes:
        overview: as the API gave it, condensed.
        zero_rows: how many rows were left out of it as zero.
        is_early: whether the period may still have run when it was read.
    """

    overview: TrusteeBillingOverview
    zero_rows: int
    is_early: bool = False


_PERIODS = RecordCodec[dict[str, PeriodData]](dict[str, PeriodData])


class TrustorData(msgspec.Struct, frozen=True):
    """One customer and its overviews, kept as bytes because there may be ten thousand of them.

    Attributes:
        id: of its organization.
        name: of its organization.
        packed: the overviews; see ``periods``.
    """

    id: str
    name: str
    packed: bytes

    @classmethod
    def of(cls, key: str, name: str, periods: dict[str, PeriodData]) -> "TrustorData":
        """Pack overviews."""
        return cls(key, name, _PERIODS.encode(periods))

    @property
    def periods(self) -> dict[str, PeriodData]:
        """The overviews by period, the newest one under ``current``; decoded at each call."""
        return _PERIODS.decode(self.packed)

    def with_periods(self, periods: dict[str, PeriodData]) -> "TrustorData":
        """Return the customer with other overviews."""
        return TrustorData.of(self.id, self.name, periods)


class TrustorState(msgspec.Struct, frozen=True):
    """A listed customer.

    Attributes:
        id: of its organization.
        name: of its organization.
        status: how the last attempt to read it ended; None before the first.
        read_at: when the poll began that last read it; None where none did.
        error: the sentence of the error that the last attempt ended with; empty without one.
    """

    id: str
    name: str
    status: Status | None = None
    read_at: datetime | None = None
    error: str = ""


def condensed(
    overviews: Mapping[str, TrusteeBillingOverview], *, zero_rows: bool
) -> dict[str, PeriodData]:
    """Keep what is exposed: no free text, and unless asked for no row that is zero throughout.

    A row that is zero now and was not in the other period stays, so that a fall to zero shows. So
    do the rows that an allowance can be of: which one takes it depends on which ones there are.
    """
    rows = [row for overview in overviews.values() for row in overview.usages]
    # Everything below depends on these alone, which are mostly the same in both periods.
    identities = set(map(_identity, rows))
    kept = identities if zero_rows else {_identity(row) for row in rows if not _is_zero(row)}
    tokens = kind_of(None, TOKENS)
    allowed = {
        kind
        for name, part_number, grouping, _ in kept
        if (kind := kind_of(name, part_number)) == tokens or is_fair_use(grouping)
    }
    can_take = {
        (name, part_number, grouping, unit)
        for name, part_number, grouping, unit in (identities - kept if allowed else ())
        if kind_of(name, part_number) in allowed and not is_part(grouping)
    }
    kept = kept | can_take
    return {period: _condensed(overview, kept) for period, overview in overviews.items()}


def is_known_previous(
    known: Mapping[str, PeriodData], current: TrusteeBillingOverview | None
) -> bool:
    """Return whether the known previous period ends where the newest one begins."""
    before = known.get("previous")
    if before is None or before.is_early or current is None:
        return False
    return adjoins(before.overview.billing_period_end_date, current.billing_period_start_date)


def known_before(
    known: Mapping[str, PeriodData], current: TrusteeBillingOverview | None
) -> PeriodData | None:
    """Return what is known of the period before the newest one, which may have run then."""
    if current is None or current.billing_period_start_date is None:
        return None
    for period in ("current", "previous"):
        data = known.get(period)
        if data is None or data.overview.billing_period_start_date is None:
            continue
        if can_precede(data.overview, current):
            return msgspec.structs.replace(data, is_early=True)
    return None


def is_outdated(overview: TrusteeBillingOverview, known: Mapping[str, PeriodData]) -> bool:
    """Return whether an overview is of a period that had ended when the known newest one began."""
    newest = known.get("current")
    start = newest.overview.billing_period_start_date if newest else None
    end = _end_before(overview, newest.overview if newest else None)
    return end is not None and start is not None and end <= start


def can_precede(overview: TrusteeBillingOverview, current: TrusteeBillingOverview | None) -> bool:
    """Return whether no billing period can lie between an overview and the newest one.

    What has no dates is taken for what was asked for.
    """
    start = overview.billing_period_start_date
    newest = current.billing_period_start_date if current else None
    if newest is None or start is None:
        return True
    return start < newest and not leaves_room(_end_before(overview, current), newest)


def _end_before(
    overview: TrusteeBillingOverview, following: TrusteeBillingOverview | None
) -> datetime | None:
    """Return when a period ended that came before another one."""
    start = following.billing_period_start_date if following else None
    end = following.billing_period_end_date if following else None
    length = None if start is None or end is None else end - start
    return end_or_estimate(
        overview.billing_period_start_date, overview.billing_period_end_date, length
    )


def _condensed(overview: TrusteeBillingOverview, kept: AbstractSet[_Identity]) -> PeriodData:
    rows = tuple(
        msgspec.structs.replace(row, usage_notes=None) if row.usage_notes else row
        for row in overview.usages
        if _identity(row) in kept
    )
    slim = msgspec.structs.replace(overview, usages=rows, enabled_products=(), self_uri=None)
    return PeriodData(slim, len(overview.usages) - len(rows))


def _identity(row: SubscriptionOverviewUsage) -> _Identity:
    return row.name, row.part_number, row.grouping, row.unit_of_measure_type


def _is_zero(row: SubscriptionOverviewUsage) -> bool:
    """Return whether usage and commitment are both known to be zero; missing is not zero."""
    used, prepaid = row.usage_quantity, row.prepay_quantity
    return used is not None and not used and prepaid is not None and not prepaid


def expose_state(state: TrustorState) -> Samples:
    """Return which status a customer is in, and when it was last read."""
    samples = Samples()
    for status in STATUSES if state.status is not None else ():
        to = labels(catalogue.TRUSTOR_STATUS.labels, state.name, state.id, status)
        samples.add(catalogue.TRUSTOR_STATUS, to, int(status == state.status))
    of_trustor = labels(catalogue.TRUSTOR, state.name, state.id)
    samples.add(catalogue.TRUSTOR_LAST_SUCCESS, of_trustor, unix_time(state.read_at))
    return samples


def expose_trustor(data: TrustorData) -> Samples:
    """Return what the overviews of one customer mean."""
    samples = Samples()
    periods = data.periods
    newest = next(iter(periods.values()), None)
    if newest is not None:
        _expose_facts(samples, data, newest.overview)
    for period, of_period in periods.items():
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
    series: dict[str, _Series] = {}
    for row in overview.usages:
        charge, part_number = label(row.name), label(row.part_number)
        facts = charge, part_number, label(row.grouping), label(row.unit_of_measure_type)
        if not charge:
            samples.drop("missing")
            continue
        to = extended(of_period, catalogue.TRUSTOR_CHARGE, *facts)
        money = extended(to, catalogue.TRUSTOR_CHARGE_MONEY, currency)
        samples.require(catalogue.TRUSTOR_USAGE, to, row.usage_quantity)
        samples.require(catalogue.TRUSTOR_PREPAID, to, row.prepay_quantity)
        _expose_price(samples, catalogue.TRUSTOR_OVERAGE_PRICE, money, row.overage_price, currency)
        _expose_price(samples, catalogue.TRUSTOR_PREPAID_PRICE, money, row.prepay_price, currency)
        series[to.text] = _Series(to, money, facts)
    _derive(samples, series)


class _Series(NamedTuple):
    """Labels of one series, with and without the currency, and what they say."""

    to: Labels
    money: Labels
    facts: tuple[str, str, str, str]


def _expose_price(
    samples: Samples, metric: Metric, money: Labels, price: Decimal | None, currency: str
) -> None:
    if currency:
        samples.add(metric, money, price)
    elif price is not None:
        samples.drop("missing")


def _derive(samples: Samples, series: Mapping[str, _Series]) -> None:
    """Derive what is included, overage and estimates of each series, from its values added up."""
    usage = samples.values(catalogue.TRUSTOR_USAGE)
    prepayment = samples.values(catalogue.TRUSTOR_PREPAID)
    prices = samples.values(catalogue.TRUSTOR_PREPAID_PRICE)
    rows = {
        key: Row(key, *of.facts, usage.get(key), prepayment.get(key)) for key, of in series.items()
    }
    for key, allowance in allowances(rows.values()).items():
        row, of = rows[key], series[key]
        if allowance.included is not None:
            samples.add(catalogue.TRUSTOR_INCLUDED, of.to, allowance.included)
        if row.prepaid is None:
            continue
        price = prices.get(of.money.text)
        _estimate(samples, catalogue.TRUSTOR_ESTIMATED_PREPAID_AMOUNT, of, row.prepaid, price)
        if row.usage is None:
            continue
        if allowance.is_known:
            whole = EXACT.add(row.prepaid, allowance.included or _ZERO)
            _derive_overage(samples, of, max(_ZERO, EXACT.subtract(row.usage, whole)))
        elif allowance.reason is not None:
            samples.drop(allowance.reason)


def _derive_overage(samples: Samples, of: _Series, overage: Decimal) -> None:
    samples.add(catalogue.TRUSTOR_OVERAGE, of.to, overage)
    price = samples.values(catalogue.TRUSTOR_OVERAGE_PRICE).get(of.money.text)
    _estimate(samples, catalogue.TRUSTOR_ESTIMATED_OVERAGE_AMOUNT, of, overage, price)


def _estimate(
    samples: Samples, metric: Metric, of: _Series, quantity: Decimal, price: Decimal | None
) -> None:
    if price is not None:
        samples.add(metric, of.money, EXACT.multiply(quantity, price))

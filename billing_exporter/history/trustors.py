"""One period of a customer, as reconciliation and settlement need it.

Overage and amounts are those that the exporter shows: how allowances count is decided there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from billing_exporter.collectors.base import label
from billing_exporter.collectors.trustor_overview import (
    PeriodData,
    TrustorData,
    expose_trustor,
)
from billing_exporter.genesys.records import SubscriptionOverviewUsage, TrusteeBillingOverview
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.samples import EXACT, Labels, Samples, extended, labels, readable
from billing_exporter.reconciliation.records import ZERO, Read, Used

# Allowances, parts of other rows, and totals of tokens, which invoices bill by their raw units.
_NEVER_BILLED = frozenset({"fair-use", "rollup", "rollup-usage", "storage-category"})
_RAMP = "software is not charged in the ramp"
_SOFTWARE = ("user-license", "billable-app-")
_PERIOD = "current"  # whichever it is: its samples stay here


class TrustorPeriod(msgspec.Struct, frozen=True):
    """A customer with the overview of one of its periods.

    Attributes:
        id: of the customer.
        name: of the customer.
        overview: as answered.
        is_open: whether it is the newest one.
    """

    id: str
    name: str
    overview: TrusteeBillingOverview
    is_open: bool = False


def day_of(moment: datetime | None) -> date | None:
    """Return the day (UTC) of a moment of an overview."""
    return None if moment is None else moment.date()


def read_of(period: TrustorPeriod) -> Read | None:
    """Return the period as one that was read, None where it has no dates."""
    start = day_of(period.overview.billing_period_start_date)
    end = day_of(period.overview.billing_period_end_date)
    return None if start is None or end is None else Read(frozenset({period.id}), start, end)


def _samples(period: TrustorPeriod) -> Samples:
    data = PeriodData(period.overview, 0)
    return expose_trustor(TrustorData.of(period.id, period.name, {_PERIOD: data}))


def used_of(period: TrustorPeriod) -> Iterator[Used]:
    """Yield what each row comes to beyond what is prepaid and included.

    Rows that repeat others, and rows of other vendors, who bill them themselves, are left out.
    """
    for used, _, is_compared in rows_of(period):
        if is_compared:
            yield used


def rows_of(
    period: TrustorPeriod, samples: Samples | None = None
) -> Iterator[tuple[Used, str, bool]]:
    """Yield all rows, each with its grouping and whether invoices bill it by itself.

    Args:
        period: the period.
        samples: of its overview as of a current period, where they are made already.
    """
    read = read_of(period)
    if read is None:
        return
    if samples is None:
        samples = _samples(period)
    alike: defaultdict[Labels, list[SubscriptionOverviewUsage]] = defaultdict(list)
    for row in period.overview.usages:
        if label(row.name):
            facts = label(row.name), label(row.part_number), label(row.grouping)
            of = period.name, period.id, _PERIOD, *facts, label(row.unit_of_measure_type)
            alike[labels(catalogue.TRUSTOR_OVERAGE.labels, *of)].append(row)
    for to, rows in alike.items():
        if all(row.usage_quantity is None and row.overage_price is None for row in rows):
            continue  # listed, with nothing to say
        row = _added_up(rows, samples.values(catalogue.TRUSTOR_PREPAID).get(to.text))
        is_compared = not row.is_third_party and label(row.grouping).lower() not in _NEVER_BILLED
        quantity = samples.values(catalogue.TRUSTOR_OVERAGE).get(to.text)
        used = _used(period, row, read, quantity)
        if not is_compared:
            prepaid = catalogue.TRUSTOR_ESTIMATED_PREPAID_AMOUNT
            money = extended(to, prepaid.labels, used.currency).text
            used = msgspec.structs.replace(used, prepaid=samples.values(prepaid).get(money))
        yield used, label(row.grouping), is_compared


def _added_up(
    rows: Sequence[SubscriptionOverviewUsage], prepaid: Decimal | None
) -> SubscriptionOverviewUsage:
    """Return rows of one series as one; prices on which they differ are none."""
    return msgspec.structs.replace(
        rows[0],
        prepay_quantity=prepaid,
        prepay_price=_agreed(row.prepay_price for row in rows),
        overage_price=_agreed(row.overage_price for row in rows),
        is_third_party=any(row.is_third_party for row in rows),
    )


def _agreed(prices: Iterable[Decimal | None]) -> Decimal | None:
    known = {price for price in map(readable, prices) if price is not None}
    return next(iter(known)) if len(known) == 1 else None


def _used(
    period: TrustorPeriod, row: SubscriptionOverviewUsage, read: Read, quantity: Decimal | None
) -> Used:
    price = readable(row.overage_price)
    amount = None
    if quantity is not None:
        amount = ZERO if not quantity else price and EXACT.multiply(quantity, price)
    prepaid = None
    prepaid_quantity, prepaid_price = readable(row.prepay_quantity), readable(row.prepay_price)
    if prepaid_quantity and prepaid_price:
        prepaid = EXACT.multiply(prepaid_quantity, prepaid_price)
    is_software = label(row.grouping).startswith(_SOFTWARE)
    return Used(
        of=period.name,
        of_id=period.id,
        organizations=read.organizations,
        charge=label(row.name),
        sku=label(row.part_number),
        start=read.start,
        end=read.end,
        currency=label(period.overview.currency),
        quantity=quantity,
        price=price,
        amount=amount,
        prepaid=prepaid,
        is_open=period.is_open,
        obstacle=_RAMP if period.overview.in_ramp_period and is_software and quantity else "",
    )

"""Summaries of samples: pure functions."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from heapq import nlargest

import msgspec

from billing_exporter.collectors.invoices import Totals
from billing_exporter.collectors.trustor_overview import TrustorState
from billing_exporter.metrics import catalogue, forecasts
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.forecasts import Banded
from billing_exporter.metrics.label_text import values_of
from billing_exporter.metrics.samples import EXACT, Samples
from billing_exporter.summaries.records import (
    Account,
    Invoices,
    Kind,
    Money,
    Overage,
    Summary,
    Unpaid,
)

_ZERO = Decimal(0)
# A quote within a value is escaped, so these can only be labels.
_IS_CURRENT, _IS_PREVIOUS = ',period="current",', ',period="previous",'
_CURRENCY = ',currency="'

MOST_OVERAGES = 10
"""As many as a page ranks: all of the largest may be of one customer."""


class Subject(msgspec.Struct, frozen=True):
    """The metrics of customers or of contracts.

    Attributes:
        kind: which of the two.
        id: the label that identifies one.
        name: the label that names it.
        amounts: what adds up to the money of a period.
        overage: the amount of overage among them.
        quantity: of overage.
        price: of one unit of overage.
        forecast: of the money.
        minimum: to pay at least, where there is one.
        start: of a period.
        end: of a period.
        contract_end: of the contract.
    """

    kind: Kind
    id: str
    name: str
    amounts: tuple[Metric, ...]
    overage: Metric
    quantity: Metric
    price: Metric
    forecast: Banded
    minimum: Metric | None
    start: Metric
    end: Metric
    contract_end: Metric


CUSTOMERS = Subject(
    kind="customer",
    id="trustor_id",
    name="trustor",
    amounts=(
        catalogue.TRUSTOR_ESTIMATED_PREPAID_AMOUNT,
        catalogue.TRUSTOR_ESTIMATED_OVERAGE_AMOUNT,
    ),
    overage=catalogue.TRUSTOR_ESTIMATED_OVERAGE_AMOUNT,
    quantity=catalogue.TRUSTOR_OVERAGE,
    price=catalogue.TRUSTOR_OVERAGE_PRICE,
    forecast=forecasts.TRUSTOR_AMOUNTS,
    minimum=catalogue.TRUSTOR_MINIMUM_MONTHLY_AMOUNT,
    start=catalogue.TRUSTOR_PERIOD_START,
    end=catalogue.TRUSTOR_PERIOD_END,
    contract_end=catalogue.TRUSTOR_CONTRACT_END,
)
CONTRACTS = Subject(
    kind="contract",
    id="contract",
    name="contract",
    amounts=(catalogue.CHARGE_OVERAGE_AMOUNT,),
    overage=catalogue.CHARGE_OVERAGE_AMOUNT,
    quantity=catalogue.CHARGE_OVERAGE,
    price=catalogue.CHARGE_OVERAGE_RATE,
    forecast=forecasts.CONTRACT_AMOUNTS,
    minimum=None,
    start=catalogue.CONTRACT_PERIOD_START,
    end=catalogue.CONTRACT_PERIOD_END,
    contract_end=catalogue.CONTRACT_END,
)


def summary_of(part: object, samples: Samples) -> Summary | None:
    """Return the summary of a part of a reading, None for one that no page adds up or ranks.

    Args:
        part: of a collector; one with forecasts holds it as its ``part``.
        samples: what it is exposed as.
    """
    part = getattr(part, "part", part)
    if isinstance(part, TrustorState):
        return part
    if samples.values(catalogue.TRUSTOR_INFO):
        return account_of(samples, CUSTOMERS, next(iter(samples.values(catalogue.TRUSTOR_INFO))))
    if samples.values(catalogue.CONTRACT_INFO):
        return account_of(samples, CONTRACTS, next(iter(samples.values(catalogue.CONTRACT_INFO))))
    if isinstance(part, Totals):
        return Invoices(tuple(_unpaid(samples)))
    return None


def account_of(samples: Samples, subject: Subject, info: str) -> Account:
    """Return the summary of a customer or contract; ``info`` holds its labels."""
    names = values_of(info)
    return Account(
        subject.kind,
        names[subject.id],
        names[subject.name],
        start=_day(_running(samples.values(subject.start))),
        end=_day(_running(samples.values(subject.end))),
        money=tuple(_money(samples, subject)),
        overages=tuple(nlargest(MOST_OVERAGES, _overages(samples, subject), _by_amount)),
        unpriced=_unpriced(samples, subject),
        contract_end=_day(samples.values(subject.contract_end).values()),
        end_customer=names.get("end_customer", ""),
    )


def _money(samples: Samples, subject: Subject) -> Iterator[Money]:
    overage = _sums(samples.values(subject.overage))
    total = dict(overage)
    for metric in subject.amounts:
        if metric is not subject.overage:
            for key, value in _sums(samples.values(metric)).items():
                total[key] = EXACT.add(total.get(key, _ZERO), value)
    if subject.minimum is not None:
        for key, least in _sums(samples.values(subject.minimum)).items():
            if key[0] == "previous":
                total[key] = max(total.get(key, least), least)
    forecast, lower, upper = (
        {_currency(text): value for text, value in samples.values(metric).items()}
        for metric in (subject.forecast.forecast, subject.forecast.lower, subject.forecast.upper)
    )
    currencies = {currency for _, currency in total} | forecast.keys()
    for currency in sorted(currencies):
        yield Money(
            currency,
            total.get(("current", currency)),
            overage.get(("current", currency)),
            forecast.get(currency),
            lower.get(currency),
            upper.get(currency),
            total.get(("previous", currency)),
        )


def _sums(values: Mapping[str, Decimal]) -> dict[tuple[str, str], Decimal]:
    """Add up values by period and currency, which is the last label."""
    sums: dict[tuple[str, str], Decimal] = {}
    for text, value in values.items():
        is_current = _IS_CURRENT in text
        if is_current or _IS_PREVIOUS in text:
            key = "current" if is_current else "previous", text.rpartition(_CURRENCY)[2][:-1]
            known = sums.get(key)
            if known is None:
                sums[key] = value
            elif value:
                sums[key] = EXACT.add(known, value)
    return sums


def _currency(text: str) -> str:
    return text.rpartition(_CURRENCY)[2][:-1]


def _overages(samples: Samples, subject: Subject) -> Iterator[Overage]:
    quantities, prices = samples.values(subject.quantity), samples.values(subject.price)
    for text, amount in samples.values(subject.overage).items():
        if amount > 0 and _IS_CURRENT in text:
            names = values_of(text)
            yield Overage(
                names["charge"],
                names["unit"],
                names["currency"],
                amount,
                quantities.get(text.rpartition(_CURRENCY)[0]),
                prices.get(text),
            )


def _unpriced(samples: Samples, subject: Subject) -> int:
    """Count the overages of the running period that have no amount."""
    beyond = {
        text
        for text, quantity in samples.values(subject.quantity).items()
        if quantity > 0 and _IS_CURRENT in text
    }
    if not beyond:
        return 0
    return len(beyond - {text.rpartition(_CURRENCY)[0] for text in samples.values(subject.overage)})


def _by_amount(overage: Overage) -> Decimal:
    return overage.amount


def _running(values: Mapping[str, Decimal]) -> Iterator[Decimal]:
    """Yield the moments of the running period; several contracts may have one name."""
    return (value for text, value in values.items() if text.endswith(',period="current"'))


def _day(moments: Iterable[Decimal]) -> date | None:
    moment = max(moments, default=None)
    return None if moment is None else datetime.fromtimestamp(float(moment), UTC).date()


def _unpaid(samples: Samples) -> Iterator[Unpaid]:
    amounts = samples.values(catalogue.UNPAID_AMOUNT)
    for text, count in samples.values(catalogue.UNPAID_INVOICES).items():
        if count:
            names = values_of(text)
            yield Unpaid(names["currency"], names["overdue"], int(count), amounts[text])

"""Summaries of samples: pure functions."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from heapq import nlargest
from typing import NamedTuple

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


class OverageMetrics(NamedTuple):
    """The metrics of one kind of overage.

    Attributes:
        of: the label that names what was used.
        amount: of overage.
        quantity: of overage.
        price: of one unit of overage.
    """

    of: str
    amount: Metric
    quantity: Metric
    price: Metric


class Subject(msgspec.Struct, frozen=True):
    """The metrics of customers or of contracts.

    Attributes:
        kind: which of the two.
        id: the label that identifies one.
        name: the label that names it.
        prepaid: amounts that are due besides overage.
        overages: the amounts of overage, each with its quantity and unit price.
        forecast: of the money.
        minimum: to pay at least, where there is one.
        start: of a period.
        end: of a period.
        contract_end: of the contract.
    """

    kind: Kind
    id: str
    name: str
    prepaid: tuple[Metric, ...]
    overages: tuple[OverageMetrics, ...]
    forecast: Banded
    minimum: Metric | None
    start: Metric
    end: Metric
    contract_end: Metric


CUSTOMERS = Subject(
    kind="customer",
    id="trustor_id",
    name="trustor",
    prepaid=(catalogue.TRUSTOR_ESTIMATED_PREPAID_AMOUNT,),
    overages=(
        OverageMetrics(
            "charge",
            catalogue.TRUSTOR_ESTIMATED_OVERAGE_AMOUNT,
            catalogue.TRUSTOR_OVERAGE,
            catalogue.TRUSTOR_OVERAGE_PRICE,
        ),
    ),
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
    prepaid=(),
    overages=(
        OverageMetrics(
            "charge",
            catalogue.CHARGE_OVERAGE_AMOUNT,
            catalogue.CHARGE_OVERAGE,
            catalogue.CHARGE_OVERAGE_RATE,
        ),
        OverageMetrics(
            "wallet",
            catalogue.WALLET_OVERAGE_AMOUNT,
            catalogue.WALLET_OVERAGE,
            catalogue.WALLET_OVERAGE_RATE,
        ),
    ),
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
    overage: dict[tuple[str, str], Decimal] = {}
    for each in subject.overages:
        _add_up(overage, samples.values(each.amount))
    total = dict(overage)
    for metric in subject.prepaid:
        _add_up(total, samples.values(metric))
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


def _add_up(sums: dict[tuple[str, str], Decimal], values: Mapping[str, Decimal]) -> None:
    for key, value in _sums(values).items():
        known = sums.get(key)
        sums[key] = value if known is None else EXACT.add(known, value)


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
    for kind in subject.overages:
        quantities, prices = samples.values(kind.quantity), samples.values(kind.price)
        for text, amount in samples.values(kind.amount).items():
            if amount > 0 and _IS_CURRENT in text:
                names = values_of(text)
                yield Overage(
                    names[kind.of],
                    names["unit"],
                    names["currency"],
                    amount,
                    quantities.get(text.rpartition(_CURRENCY)[0]),
                    prices.get(text),
                )


def _unpriced(samples: Samples, subject: Subject) -> int:
    """Count the overages of the running period that have no amount."""
    return sum(_unpriced_of(samples, kind) for kind in subject.overages)


def _unpriced_of(samples: Samples, kind: OverageMetrics) -> int:
    beyond = {
        text
        for text, quantity in samples.values(kind.quantity).items()
        if quantity > 0 and _IS_CURRENT in text
    }
    if not beyond:
        return 0
    return len(beyond - {text.rpartition(_CURRENCY)[0] for text in samples.values(kind.amount)})


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
            yield Unpaid(names["currency"], names["overdue"], int(count), amounts.get(text))

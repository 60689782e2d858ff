"""Spans of past series: what a running exporter would have shown of closed periods, and when.

A closed period is shown as ``previous`` while the period after it runs, and its total as long as it
is among those of the history.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

import msgspec

from billing_exporter.collectors import contract_history, trustor_history
from billing_exporter.collectors.contracts import ContractData, ContractsCollector, NamedContracts
from billing_exporter.collectors.periods import Period, is_closed, named
from billing_exporter.collectors.settings import ContractsSettings
from billing_exporter.collectors.trustor_overview import TrustorData, condensed, expose_trustor
from billing_exporter.genesys.records import BillingContract
from billing_exporter.history.contracts import ContractPeriod
from billing_exporter.history.trustors import TrustorPeriod, read_of
from billing_exporter.metrics import history as metrics
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples, labels

_DAY = timedelta(days=1)
_PERIOD = "period"
_SHOWN_AS = "previous"


class Span(msgspec.Struct, frozen=True, array_like=True):
    """A series that had one value for a while.

    Attributes:
        metric: its name.
        labels: as the exposition writes them.
        value: of it.
        begin: the first second.
        end: the second after the last one.
    """

    metric: str
    labels: str
    value: str
    begin: int
    end: int


class Reach(msgspec.Struct, frozen=True):
    """What is written.

    Attributes:
        since: day on which the oldest period may begin.
        until: Unix time; nothing is later.
        history: how many closed periods have a total.
    """

    since: date
    until: int
    history: int


class _Dates(msgspec.Struct, frozen=True):
    """A period by its dates alone."""

    id: str
    date_start: date | None
    date_end: date | None
    status: str | None = None


class _Shown(msgspec.Struct, frozen=True):
    """One closed period with what is shown of it."""

    start: date
    end: date
    samples: Samples
    totals: Samples


def trustor_spans(
    periods: Iterable[TrustorPeriod], reach: Reach, *, zero_rows: bool
) -> Iterator[Span]:
    """Yield what was shown of one customer.

    Args:
        periods: its periods; of the newest only the dates count.
        reach: what is written.
        zero_rows: whether rows that are zero throughout are shown.
    """
    shown, every = {}, []
    for number, period in enumerate(periods):
        read = read_of(period)
        if read is None:
            continue
        every.append(_Dates(str(number), read.start, read.end))
        if period.is_open or read.start < reach.since:
            continue
        kept = condensed({_SHOWN_AS: period.overview}, zero_rows=zero_rows)
        data = TrustorData.of(period.id, period.name, kept)
        samples = trustor_history.samples_of(period.overview, data)
        answer = trustor_history.answer_of(period.overview, samples)
        metric = metrics.TRUSTOR_HISTORY_AMOUNT
        amounts = {} if answer is None else answer.amounts
        totals = _totals(metric, (period.name, period.id), amounts, read.start)
        shown[str(number)] = _Shown(read.start, read.end, expose_trustor(data), totals)
    return _spans(shown, every, reach)


def contract_spans(name: str, periods: Iterable[ContractPeriod], reach: Reach) -> Iterator[Span]:
    """Yield what was shown of one contract.

    Args:
        name: of the contract.
        periods: those that were read; of open ones only the dates count.
        reach: what is written.
    """
    collector = ContractsCollector(ContractsSettings())
    shown, every = {}, dict[str, Period]()
    for period in periods:
        detail = period.detail
        key = detail.id or str(detail.date_start)
        every = {**_listed(period.contract), **every, key: detail}
        answer = contract_history.answer_of(detail)
        if answer is None or not is_closed(detail.status) or answer.start < reach.since:
            continue
        data = ContractData(period.contract, {_SHOWN_AS: detail})
        samples = collector.expose(NamedContracts(name, (data,)))
        metric = metrics.CONTRACT_HISTORY_AMOUNT
        totals = _totals(metric, (name,), answer.amounts, answer.start)
        shown[key] = _Shown(answer.start, answer.end, samples, totals)
    return _spans(shown, every.values(), reach)


def _listed(contract: BillingContract) -> dict[str, Period]:
    return {period.id: period for period in contract.billing_periods if period.id}


def _totals(
    metric: Metric, of: tuple[str, ...], amounts: Mapping[str, Decimal], start: date
) -> Samples:
    samples = Samples()
    for currency, amount in amounts.items():
        samples.add(metric, labels(metric.labels, *of, currency, str(start)), amount)
    return samples


def _spans(shown: Mapping[str, _Shown], every: Iterable[Period], reach: Reach) -> Iterator[Span]:
    for key, begin, end in _as_previous(list(every), reach.until):
        if key in shown:
            yield from _of(shown[key].samples, begin, end, only_periods=True)
    if not reach.history:
        return
    # Of an annual period and a monthly one that begin together, the shorter one has a total.
    longest_first = sorted(shown.values(), key=lambda one: one.end - one.start, reverse=True)
    ordered = sorted({one.start: one for one in longest_first}.values(), key=lambda one: one.start)
    for place, one in enumerate(ordered):
        later = ordered[place + 1 :]
        gone = later[reach.history - 1] if reach.history <= len(later) else None
        end = reach.until if gone is None else min(reach.until, _after(gone.end))
        yield from _of(one.totals, _after(one.end), end, only_periods=False)


def _as_previous(every: Sequence[Period], until: int) -> Iterator[tuple[str, int, int]]:
    """Yield which period was the previous one, and for how long.

    It changes where a period begins, and is chosen as the collector chooses it. The last period of
    a contract stays the current one.
    """
    days = sorted({each.date_start for each in every if each.date_start is not None})
    previous = []
    for day in days:
        known = named([each for each in every if (each.date_start or date.max) <= day], day)
        before = known["previous"].id if "previous" in known else None
        previous.append((before or "", _midnight(day)))
    changes = [(key, next(same)[1]) for key, same in groupby(previous, key=itemgetter(0))]
    ends = [*(begin for _, begin in changes[1:]), until]
    for (key, begin), end in zip(changes, ends, strict=False):
        yield key, begin, min(end, until)


def _of(samples: Samples, begin: int, end: int, *, only_periods: bool) -> Iterator[Span]:
    if begin >= end:
        return
    for metric, family in samples.families.items():
        if only_periods and _PERIOD not in metric.labels:
            continue  # facts of today, which say nothing about then
        for text, value in family.items():
            yield Span(metric.name, text, str(value), begin, end)


def _after(day: date) -> int:
    """Return the first second after a day (UTC)."""
    return _midnight(day + _DAY)


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())

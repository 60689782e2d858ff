"""Spans of past series: what a running exporter would have shown of closed periods, and when.

A closed period is shown as ``previous`` while the period after it runs, and its total as long as it
is among those of the history.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import msgspec

from billing_exporter.collectors import contract_history, trustor_history
from billing_exporter.collectors.contracts import ContractData, ContractsCollector, NamedContracts
from billing_exporter.collectors.settings import ContractsSettings
from billing_exporter.collectors.trustor_overview import TrustorData, condensed, expose_trustor
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


class _Shown(msgspec.Struct, frozen=True):
    """One closed period with what is shown of it."""

    start: date
    end: date
    samples: Samples
    totals: Samples


def trustor_spans(
    periods: Iterable[TrustorPeriod], until: int, history: int, *, zero_rows: bool
) -> Iterator[Span]:
    """Yield what was shown of one customer.

    Args:
        periods: its closed periods.
        until: Unix time; nothing is later.
        history: how many closed periods have a total.
        zero_rows: whether rows that are zero throughout are shown.
    """
    shown = []
    for period in periods:
        read = read_of(period)
        if read is None:
            continue
        kept = condensed({_SHOWN_AS: period.overview}, zero_rows=zero_rows)
        data = TrustorData.of(period.id, period.name, kept)
        answer = trustor_history.answer_of(period.overview, data)
        metric = metrics.TRUSTOR_HISTORY_AMOUNT
        amounts = {} if answer is None else answer.amounts
        totals = _totals(metric, (period.name, period.id), amounts, read.start)
        shown.append(_Shown(read.start, read.end, expose_trustor(data), totals))
    return _spans(shown, until, history)


def contract_spans(
    name: str, periods: Iterable[ContractPeriod], until: int, history: int
) -> Iterator[Span]:
    """Yield what was shown of one contract; see ``trustor_spans``."""
    collector = ContractsCollector(ContractsSettings())
    shown = []
    for period in periods:
        detail = period.detail
        answer = contract_history.answer_of(detail)
        if answer is None:
            continue
        data = ContractData(period.contract, {_SHOWN_AS: detail})
        samples = collector.expose(NamedContracts(name, (data,)))
        metric = metrics.CONTRACT_HISTORY_AMOUNT
        totals = _totals(metric, (name,), answer.amounts, answer.start)
        shown.append(_Shown(answer.start, answer.end, samples, totals))
    return _spans(shown, until, history)


def _totals(
    metric: Metric, of: tuple[str, ...], amounts: Mapping[str, Decimal], start: date
) -> Samples:
    samples = Samples()
    for currency, amount in amounts.items():
        samples.add(metric, labels(metric.labels, *of, currency, str(start)), amount)
    return samples


def _spans(shown: Sequence[_Shown], last: int, history: int) -> Iterator[Span]:
    # Of an annual period and a monthly one that begin or end together, the shorter one is shown.
    longest_first = sorted(shown, key=lambda one: one.end - one.start, reverse=True)
    ordered = sorted({one.start: one for one in longest_first}.values(), key=lambda one: one.start)
    shortest = {one.end: one.start for one in ordered}
    for place, one in enumerate(ordered):
        later = ordered[place + 1 :]
        begin = _after(one.end)
        if one.start == shortest[one.end]:
            following = min((end for end in shortest if end > one.end), default=None)
            end = last if following is None else min(last, _after(following))
            yield from _of(one.samples, begin, end, only_periods=True)
        gone = later[history - 1] if 0 < history <= len(later) else None
        if history:
            end = last if gone is None else min(last, _after(gone.end))
            yield from _of(one.totals, begin, end, only_periods=False)


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
    return int(datetime.combine(day + _DAY, time(), UTC).timestamp())

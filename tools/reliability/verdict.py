"""Verdict on two looks, before and under a fault, by the matrix."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.metrics.family import PREFIX
from tools.reliability.exposition_view import Look, metric_of
from tools.reliability.matrix import LOGIN, SAME, SUCCESS, Case, Expected, Shown
from tools.reliability.oracle import Answers, ExpectedSeries, reported

# Sums over rows: without some of the rows they are others.
_SUMS = {
    f"{PREFIX}{name}"
    for name in ("invoices_amount", "unpaid_amount", "invoice_line_amount", "invoice_line_quantity")
}
_ADDITIVE = {metric.name for metrics in CATALOGUE.values() for metric in metrics if metric.additive}
_STATUS = f"{PREFIX}trustor_status"
_READ = f"{PREFIX}trustor_last_success_timestamp_seconds"
# What the whole fleet has, whatever becomes of one customer.
_OF_THE_FLEET = f"{PREFIX}trustors_without_reading"
# They are times of polls, and what was billed is something else.
TIMES = frozenset(
    f"{PREFIX}{name}_last_success_timestamp_seconds"
    for name in ("trustor", "contract_period", "invoice_lines")
)
# They say of a poll how it went.
OF_THE_POLL = TIMES | {_STATUS}


@dataclass(frozen=True)
class Sheets:
    """What a collector has to show, worked out from the API's own answers.

    Attributes:
        well: from those of before.
        now: from those under the fault; the same where they change nothing that is shown.
    """

    well: ExpectedSeries
    now: ExpectedSeries

    def counted_more(self) -> set[str]:
        """Return what more rows are dropped for, or merged, than were before."""
        dropped = Counter(self.now.dropped) - Counter(self.well.dropped)
        return {*dropped, *(["merged"] if self.now.merged > self.well.merged else [])}


@dataclass(frozen=True)
class Verdict:
    """What a collector showed before and under a fault, and what it should have."""

    before: Look
    after: Look
    organization: str
    collector: str
    expected: Expected
    sheets: Sheets

    def faults(self) -> Iterator[str]:
        """Yield what is not as it should be, one line for each."""
        outcome = self.after.own.outcomes(self.organization)[self.collector]
        if outcome != self.expected.outcome:
            yield f"ended with {outcome}, not {self.expected.outcome}"
        if not self._growth("polls_total", outcome=self.expected.outcome):
            yield f"counted no more polls that ended with {self.expected.outcome}"
        yield from self._partial()
        yield from self._time()
        yield from self._counts()
        key = self.organization, self.collector
        was, now = (look.billing.get(key, {}) for look in (self.before, self.after))
        if self.expected.outcome == SUCCESS:
            free = OF_THE_POLL if self.expected.partial else TIMES
            yield from untrue(now, self.sheets.now, free)
            yield from _changed(self.expected.change.shown, was, now)
        elif _billed(was) != _billed(now):
            yield "failed, and shows something else than before"

    def _growth(self, name: str, **more: str) -> float:
        labels = {"organization": self.organization, "collector": self.collector, **more}
        after, before = (look.own.value(name, **labels) for look in (self.after, self.before))
        return (after or 0.0) - (before or 0.0)

    def _growths(self, name: str) -> dict[str, float]:
        """Return by how much each reason of a counter has grown, where it has."""
        labels = {"organization": self.organization, "collector": self.collector}
        reasons = self.after.own.values(name, "reason", **labels)
        grown = {reason: self._growth(name, reason=reason) for (reason,) in reasons}
        return {reason: growth for reason, growth in grown.items() if growth}

    def _partial(self) -> Iterator[str]:
        grown = {*self._growths("partial_failures_total")}
        wanted = {self.expected.partial} - {None}
        if grown != wanted:
            yield f"lived with {grown or 'nothing'}, not with {wanted or 'nothing'}"

    def _time(self) -> Iterator[str]:
        name = "last_success_timestamp_seconds"
        if (self._growth(name) > 0) != (self.expected.outcome == SUCCESS):
            yield "tells the wrong time of its last success"
        if not self._growth("last_attempt_timestamp_seconds") > 0:
            yield "tells the wrong time of its last attempt"

    def _counts(self) -> Iterator[str]:
        """Hold what was counted against what each successful poll had to count."""
        polls, now = self._growth("polls_total", outcome=SUCCESS), self.sheets.now
        dropped = {reason: polls * count for reason, count in now.dropped.items() if polls}
        if (grown := self._growths("rows_dropped_total")) != dropped:
            yield f"counted {grown} dropped rows, not {dropped}"
        if (grown_by := self._growth("rows_merged_total")) != polls * now.merged:
            yield f"counted {grown_by} merged rows, not {polls * now.merged}"
        # Sums are incomplete because of a number that is counted itself.
        more = self.sheets.counted_more() - {"incomplete"}
        if more != {self.expected.change.counted} - {None}:
            yield f"had to count {more or 'nothing'} more, not {self.expected.change.counted}"


def untrue(
    shown: Mapping[str, str], reported: ExpectedSeries, free: Container[str] = TIMES
) -> Iterator[str]:
    """Yield each series that is not what the answers come to; of some metrics the value is free."""
    for series in shown.keys() | reported.series.keys():
        value, so = shown.get(series), reported.series.get(series)
        is_free = metric_of(series) in free
        if value is None or so is None or not (is_free or Decimal(value) == so):
            yield f"shows {series} {value}, and {so} is so"


def _changed(shown: Shown, was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """Yield where what is shown is not what the word for it says of it."""
    differing = {metric_of(it) for it in was.keys() & now.keys() if was[it] != now[it]}
    lost, new = was.keys() - now.keys(), now.keys() - was.keys()
    others = differing - OF_THE_POLL
    if shown == "same" and (others or {*map(metric_of, lost | new)} - OF_THE_POLL):
        yield f"shows something else: {sorted(lost | new | others)[:3]}"
    if shown == "fewer" and (new or not (lost or others) or others - _SUMS):
        yield f"shows not just fewer: {sorted(new | others - _SUMS)[:3]}"
    if shown == "more" and (lost or new or not others or others - _ADDITIVE):
        yield f"shows not just more: {sorted(lost | new | others - _ADDITIVE)[:3]}"
    if shown == "renamed" and (not new or _values(was) != _values(now)):
        yield "shows not just other names"
    of_customers = {*map(metric_of, now)} - {_OF_THE_FLEET}
    if shown == "status" and of_customers != {_STATUS, _READ}:
        yield f"shows not just the status: {sorted(now)[:3]}"
    if shown == "other" and not (lost or new or others):
        yield "shows what it did before"


def _values(shown: Mapping[str, str]) -> Counter[tuple[str, str]]:
    return Counter(
        (metric_of(series), value)
        for series, value in shown.items()
        if metric_of(series) not in TIMES
    )


def _billed(shown: Mapping[str, str]) -> dict[str, str]:
    """Return what is shown but how polls went."""
    return {
        series: value for series, value in shown.items() if metric_of(series) not in OF_THE_POLL
    }


def sheets(case: Case, url: str, organization: str, known: Answers) -> dict[str, Sheets]:
    """Work out what the concerned collectors have to show, while the case's fault holds.

    Args:
        case: the fault and the operation.
        url: of the simulator that shows the fault.
        organization: that is looked at.
        known: what the simulator answered when all was well.
    """
    found = {}
    for collector in case.concerned:
        well = now = reported(collector, organization, known)
        expected = case.expected[collector]
        if expected.outcome == SUCCESS and expected.change != SAME:
            now = reported(collector, organization, Answers(url), known)
        found[collector] = Sheets(well, now)
    return found


def faults(
    case: Case,
    before: Look,
    after: Look,
    organization: str,
    expected: Mapping[str, Sheets],
) -> Iterator[str]:
    """Yield what is not as the case says it should be of some collectors, one line for each.

    Args:
        case: the fault and the operation.
        before: what was shown before it.
        after: what is shown now.
        organization: that is looked at.
        expected: what each collector has to show that is looked at.
    """
    for name, of_collector in expected.items():
        verdict = Verdict(before, after, organization, name, case.expected[name], of_collector)
        yield from (f"{case}: {name} {fault}" for fault in verdict.faults())


def differences(case: Case, warnings: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield what the log says wrongly or not: a failed poll is one warning with its reason.

    Args:
        case: the fault and the operation.
        warnings: collector and reason of each failed poll that was warned of.
    """
    ends = ((name, case.expected[name].outcome) for name in case.concerned)
    wanted = {(name, outcome) for name, outcome in ends if outcome != SUCCESS}
    said = Counter(warnings)
    yield from (f"{case}: is warned of {each}" for each in said.keys() - wanted)
    yield from (f"{case}: is warned {n} times of {each}" for each, n in said.items() if n > 1)
    if case.operation == LOGIN:
        # A login that fails concerns all who wait for it, one of whom says so.
        refused = {outcome for _, outcome in wanted} == {"unauthorized"}
        if wanted and (not said or (refused and len(said) > 1)):
            yield f"{case}: is warned of {sorted(said)}, one of {sorted(wanted)} would do"
    else:
        yield from (f"{case}: is not warned of {each}" for each in wanted - said.keys())

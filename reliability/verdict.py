"""Whether two looks, before and under a fault, tell what the matrix says they should."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from billing_exporter.metrics import PREFIX
from reliability.looking import Look, metric_of
from reliability.matrix import SUCCESS, Case, Expected

# Sums over rows: without some of the rows they are less, which is counted.
_SUMS = {
    f"{PREFIX}{name}"
    for name in ("invoices_amount", "unpaid_amount", "invoice_line_amount", "invoice_line_quantity")
}
# They say of a poll how it went, not what was billed.
OF_THE_POLL = {f"{PREFIX}trustor_last_success_timestamp_seconds", f"{PREFIX}trustor_status"}


@dataclass(frozen=True)
class Verdict:
    """What a collector showed before and under a fault, and what it should have."""

    before: Look
    after: Look
    organization: str
    collector: str
    expected: Expected

    def faults(self) -> Iterator[str]:
        """Yield what is not as it should be, one line for each."""
        outcome = self.after.own.outcomes(self.organization)[self.collector]
        if outcome != self.expected.outcome:
            yield f"ended with {outcome}, not {self.expected.outcome}"
        if not self._has_grown("polls_total", outcome=self.expected.outcome):
            yield f"counted no more polls that ended with {self.expected.outcome}"
        yield from self._partial()
        yield from self._time()
        key = self.organization, self.collector
        was, now = (look.billing.get(key, {}) for look in (self.before, self.after))
        yield from self._differences(was, now)

    def _value(self, look: Look, name: str, **more: str) -> float:
        labels = {"organization": self.organization, "collector": self.collector, **more}
        return look.own.value(name, **labels) or 0.0

    def _has_grown(self, name: str, **more: str) -> bool:
        return self._value(self.after, name, **more) > self._value(self.before, name, **more)

    def _partial(self) -> Iterator[str]:
        labels = {"organization": self.organization, "collector": self.collector}
        reasons = self.after.own.values("partial_failures_total", "reason", **labels)
        grown = {key for (key,) in reasons if self._has_grown("partial_failures_total", reason=key)}
        wanted = {self.expected.partial} - {None}
        if grown != wanted:
            yield f"lived with {grown or 'nothing'}, not with {wanted or 'nothing'}"

    def _time(self) -> Iterator[str]:
        name = "last_success_timestamp_seconds"
        if self._has_grown(name) != (self.expected.outcome == SUCCESS):
            yield "tells the wrong time of its last success"
        if not self._has_grown("last_attempt_timestamp_seconds"):
            yield "tells the wrong time of its last attempt"

    def _differences(self, was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
        if self.expected.shown == "other":
            return
        free = OF_THE_POLL if self.expected.outcome == SUCCESS else frozenset()
        if self.expected.shown == "same":
            lost = (series for series in was if series not in now and metric_of(series) not in free)
            yield from (f"lost {series}" for series in lost)
        for series, value in now.items():
            if was.get(series) != value and not self._may_differ(series, value, was, free):
                yield f"shows {series} {value}, which was {was.get(series)}"

    def _may_differ(
        self, series: str, value: str, was: Mapping[str, str], free: Iterable[str]
    ) -> bool:
        if metric_of(series) in free:
            return True
        if self.expected.shown != "fewer":
            return False
        # A row that is not known to be zero throughout is no longer left out.
        was_zero = series not in was and float(value) == 0
        return was_zero or (series in was and metric_of(series) in _SUMS)


def faults(
    case: Case, before: Look, after: Look, organization: str, collectors: Iterable[str]
) -> Iterator[str]:
    """Yield what is not as the case says it should be of some collectors, one line for each."""
    for collector in collectors:
        verdict = Verdict(before, after, organization, collector, case.expected[collector])
        yield from (f"{case}: {collector} {fault}" for fault in verdict.faults())

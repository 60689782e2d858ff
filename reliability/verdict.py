"""Whether two scrapes, before and under a fault, tell what the matrix says they should."""

from collections.abc import Iterator, Mapping

from billing_exporter.metrics import CATALOGUE, PREFIX
from reliability.matrix import SUCCESS, Case, Expected
from tests.scrapes import Scrape

Key = tuple[str, tuple[tuple[str, str], ...]]

# Sums over rows: without some of the rows they are less, which is counted.
_SUMS = {
    f"{PREFIX}{name}"
    for name in ("invoices_amount", "unpaid_amount", "invoice_line_amount", "invoice_line_quantity")
}
# They say of the poll itself how it went.
_OF_THE_POLL = {f"{PREFIX}trustor_last_success_timestamp_seconds", f"{PREFIX}trustor_status"}


def faults(case: Case, before: Scrape, after: Scrape, organization: str) -> Iterator[str]:
    """Yield what is not as the case says it should be, one line for each."""
    outcomes = after.outcomes(organization)
    for collector, expected in case.expected.items():
        where = f"{case}: {collector}"
        if outcomes[collector] != expected.outcome:
            yield f"{where} ended with {outcomes[collector]}, not {expected.outcome}"
        if not _is_counted(expected, before, after, organization, collector):
            yield f"{where} did not count one more poll that ended with {expected.outcome}"
        yield from _partial(where, expected, before, after, organization, collector)
        if not _has_moved_on(expected, before, after, organization, collector):
            yield f"{where} has the wrong time of its last success"
        metrics = {metric.name for metric in CATALOGUE[collector]}
        was, now = (series_of(each, organization, metrics) for each in (before, after))
        yield from (f"{where} {text}" for text in _differences(expected, was, now))


def series_of(scrape: Scrape, organization: str, metrics: set[str]) -> dict[Key, float]:
    """Return the series of some metrics and their values."""
    return {
        (row.name, tuple(sorted(row.labels.items()))): row.value
        for row in scrape.billing(organization)
        if row.name in metrics
    }


def _is_counted(
    expected: Expected, before: Scrape, after: Scrape, organization: str, collector: str
) -> bool:
    labels = {
        "organization": organization,
        "collector": collector,
        "outcome": expected.outcome,
    }
    return (after.value("polls_total", **labels) or 0) > (before.value("polls_total", **labels) or 0)


def _partial(
    where: str,
    expected: Expected,
    before: Scrape,
    after: Scrape,
    organization: str,
    collector: str,
) -> Iterator[str]:
    labels = {"organization": organization, "collector": collector}
    was, now = (
        each.values("partial_failures_total", "reason", **labels) for each in (before, after)
    )
    grown = {reason for (reason,) in now if now[reason,] > was.get((reason,), 0)}
    wanted = {expected.partial} if expected.partial else set()
    if grown != wanted:
        yield f"{where} lived with failures of {grown or 'nothing'}, not of {wanted or 'nothing'}"


def _has_moved_on(
    expected: Expected, before: Scrape, after: Scrape, organization: str, collector: str
) -> bool:
    labels = {"organization": organization, "collector": collector}
    was, now = (each.value("last_success_timestamp_seconds", **labels) for each in (before, after))
    return now == was if expected.outcome != SUCCESS else (now or 0) > (was or 0)


def _differences(
    expected: Expected, was: Mapping[Key, float], now: Mapping[Key, float]
) -> Iterator[str]:
    if expected.shown == "other":
        return
    free = set() if expected.outcome != SUCCESS else _OF_THE_POLL
    if expected.shown == "same":
        lost = [key for key in was if key not in now and key[0] not in free]
        yield from (f"lost {key}" for key in lost)
    for key, value in now.items():
        if key[0] in free or was.get(key) == value:
            continue
        if expected.shown == "fewer" and key in was and key[0] in _SUMS:
            continue
        yield f"shows {key} as {value}, which was {was.get(key)}"

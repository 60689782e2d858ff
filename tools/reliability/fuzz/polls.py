"""Whole polls of answers at random: from bytes to what a scrape shows, and over a restart."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from itertools import count, product
from typing import Any

import msgspec
from hypothesis import strategies as st

from billing_exporter.collectors import configured
from billing_exporter.collectors.registry import CATALOGUE, REGISTRY
from billing_exporter.genesys import Account, BillingApi
from billing_exporter.genesys.operations import OPERATIONS
from billing_exporter.genesys.transport import Answer
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.metrics.family import PREFIX
from billing_exporter.polling.kept_lines import KeptLines, decoded, encoded, key_of
from billing_exporter.polling.poller import Poller
from billing_exporter.polling.state import Kept
from billing_exporter.polling.target import Target as PollTarget
from billing_exporter.telemetry.api_observer import ApiObserver
from billing_exporter.telemetry.telemetry import Telemetry
from tools.reliability.exposition_view import Look, metric_of
from tools.reliability.fuzz.answers import body_of, kind_of
from tools.reliability.fuzz.harness import Target
from tools.reliability.fuzz.service import Canned
from tools.reliability.in_process_exporter import EVERYTHING, HurriedClock
from tools.testkit.json_strategies import well_formed
from tools.testkit.scrapes import Scrape, billing_text

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REASONS = {
    *("success", "unreachable", "unavailable", "rate_limited", "unauthorized", "forbidden"),
    *("not_found", "rejected", "unexpected_answer", "not_ready", "timeout"),
}
# What a price, a rate or a balance shows was in an answer as it stands, whatever else was there.
_AS_GIVEN = re.compile(
    r"(price|_rate|_tokens|discount_amount|minimum_monthly_amount|invoice_amount)$"
)
_ADDED_UP = re.compile(r"(_quantity|wallet_\w+|charge_overage_amount)$")
_NEVER_GIVEN = re.compile(r"(overage_quantity|estimated_\w+|invoice_line_quantity)$")
_BINARY = re.compile(r"(_info|_status|_closed|_in_ramp)$")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Answers:
    """A body for each operation that a collector asks."""

    collector: str
    bodies: dict[str, bytes]


_LINES_KEY = key_of("origin", ())


class Memory:
    """Keeps what would be on disk."""

    def __init__(self) -> None:
        self.kept: tuple[datetime, bytes] | None = None
        self._lines: bytes | None = None

    def save(self, organization: str, collector: str, kept: Kept) -> None:  # noqa: ARG002 - it is one
        """Keep the data as it would be written."""
        self.kept = kept.at, msgspec.json.encode(kept.data)

    def restore(self, organization: str, collector: str, kind: type[Any]) -> Kept | None:  # noqa: ARG002 - it is one
        """Read it again."""
        if self.kept is None:
            return None
        at, content = self.kept
        return Kept(at, msgspec.json.decode(content, type=kind), at)

    def save_lines(self, organization: str, collector: str, kept: KeptLines) -> None:  # noqa: ARG002 - it is one
        """Keep the lines as they would be written."""
        self._lines = b"".join(encoded(_LINES_KEY, kept))

    def lines(self, organization: str, collector: str, at: datetime) -> KeptLines | None:  # noqa: ARG002 - it is one
        """Read them again."""
        return None if self._lines is None else decoded(_LINES_KEY, self._lines, at)


class PollHarness:
    """One collector's poller, and what it shows."""

    def __init__(self, answers: Answers, memory: Memory) -> None:
        self.exposition = Exposition(CATALOGUE)
        self.telemetry = Telemetry(process=False)
        transport = Canned({name: [Answer(200, {}, body)] for name, body in answers.bodies.items()})
        api = BillingApi(
            Account("https://a.example.com", "https://l.example.com", "id", lambda: "secret"),
            clock=HurriedClock(),
            transport=transport,
            observer=ApiObserver(self.telemetry, "acme"),
        )
        pairs = {collector.name: (collector, how) for collector, how in configured(EVERYTHING)}
        collector, settings = pairs[answers.collector]
        self.poller = Poller(
            PollTarget("acme", collector, settings, api, listed=True),
            self.exposition,
            self.telemetry,
            now=lambda: NOW,
            keep=memory,
        )

    def text(self) -> str:
        """Return the exposition of billing."""
        return billing_text(self.exposition)

    def own(self) -> Scrape:
        """Return what the exporter tells of itself."""
        return Scrape(self.telemetry.live(openmetrics=False).decode())


def _poll(given: Answers) -> None:
    memory = Memory()
    desk = PollHarness(given, memory)
    outcome = desk.poller.poll().outcome
    assert outcome in REASONS, outcome
    text = desk.text()
    Scrape(text)  # the reference parser takes it
    assert (outcome == "success") or not text
    shown = Look.of(text).billing.get(("acme", given.collector), {})
    merged = desk.own().value("rows_merged_total", collector=given.collector)
    given_numbers, given_times = _numbers(given), _times(given)
    for series, value in shown.items():
        _explain(
            metric_of(series).removeprefix(PREFIX),
            Decimal(value),
            given_numbers,
            given_times,
            merged=bool(merged),
        )
    again = PollHarness(given, memory)
    again.poller.restore()
    assert again.text() == text


def _explain(
    metric: str, value: Decimal, numbers: set[Decimal], times: set[Decimal], *, merged: bool
) -> None:
    """Return where a number comes from, or fail."""
    assert value.is_finite()
    if metric.endswith("_timestamp_seconds"):
        assert value in times, (metric, value)
    elif _BINARY.search(metric):
        assert value in {0, 1}, (metric, value)
    elif _is_given(metric, merged=merged):
        assert value in numbers, (metric, value)


def _is_given(metric: str, *, merged: bool) -> bool:
    """Return whether the values of a metric are values of answers as they stand."""
    if _NEVER_GIVEN.search(metric):
        return False
    return bool(_AS_GIVEN.search(metric) or (_ADDED_UP.search(metric) and not merged))


def _leaves(given: Answers) -> Iterator[Any]:
    for body in given.bodies.values():
        try:
            yield from _leaves_of(json.loads(body.decode("utf-8-sig"), parse_float=str))
        except (ValueError, RecursionError):
            continue


def _leaves_of(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        for value in node.values():
            yield from _leaves_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from _leaves_of(value)
    else:
        yield node


def _numbers(given: Answers) -> set[Decimal]:
    found = set()
    for leaf in _leaves(given):
        try:
            number = Decimal(str(leaf))
        except InvalidOperation:
            continue
        if number.is_finite():
            found.add(number)
    return found


def _times(given: Answers) -> set[Decimal]:
    """Return each moment that an answer names, and what the collectors make of days and of now."""
    days = {leaf.date() for leaf in _moments(given)}
    moments = {*_moments(given), NOW}
    months = (NOW.replace(day=1, hour=0), NOW.replace(day=30, hour=23, minute=59, second=59))
    moments |= {months[0], months[1].replace(microsecond=999000)}
    for day, clock in product(days, (time(), time(23, 59, 59), time(23, 59, 59, 999000))):
        for later in range(0, 61, 15):
            if day <= date.max - later * _DAY:
                moments.add(datetime.combine(day + later * _DAY, clock, UTC))
    return {_seconds(moment) for moment in moments}


def _moments(given: Answers) -> Iterator[datetime]:
    for leaf in _leaves(given):
        if not isinstance(leaf, str):
            continue
        try:
            moment = datetime.fromisoformat(leaf.strip())
        except ValueError:
            continue
        yield moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _seconds(moment: datetime) -> Decimal:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    whole = since.days * 86400 + since.seconds
    return Decimal(whole) + Decimal(since.microseconds) / 1_000_000


_ASKED = {name: each.operations for name, each in REGISTRY.items()}


# What stands where a value of the right kind should be.
_ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        "",
        " ",
        "NaN",
        "1,234.5",
        "1e400",
        "-0",
        "0.0001",
        "abc",
        True,
        [],
        {},
        10**30,
        "9" * 40,
    ]
)
_ROWS = ("entities", "usages", "charges", "wallets", "billingPeriods")
_TRIES = 4
_CHANGES = st.dictionaries(st.integers(0, 60), _ODD, max_size=4)


@st.composite
def _body(draw: st.DrawFn, operation: str) -> bytes:
    """Draw a body that a collector can use, with some values that it cannot; or any body."""
    if draw(st.integers(0, 14)) == 0:
        return draw(body_of(OPERATIONS[operation]))
    body: Any = {}
    for _ in range(_TRIES):
        body = json.loads(draw(well_formed(kind_of(OPERATIONS[operation]))))
        if any(body.get(rows) for rows in _ROWS):
            break
    body.pop("nextUri", None)
    if "startDate" in body:
        body["status"] = "Complete"
    changes = draw(_CHANGES)
    places = count()

    def changed(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: changed(value) for key, value in node.items()}
        if isinstance(node, list):
            return [changed(value) for value in node]
        return changes.get(next(places), node)

    return json.dumps(changed(body)).encode()


def _answers_for(collector: str) -> st.SearchStrategy[Answers]:
    bodies = {name: _body(name) for name in _ASKED[collector]}
    return st.builds(Answers, st.just(collector), st.fixed_dictionaries(bodies))


POLLS = Target(
    name="answers to whole polls",
    inputs=st.sampled_from(sorted(_ASKED)).flatmap(_answers_for),
    check=_poll,
    holds="a documented outcome; every number shown was given; a restart shows the same bytes",
    share=4,
)

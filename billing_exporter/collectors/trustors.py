"""The partner's customer organizations (trustors): what each used, prepaid and exceeds.

Exposes, for each customer and period::

    genesyscloud_billing_trustor_overage_quantity{...,trustor="Acme",period="current",...} 12
    genesyscloud_billing_trustor_status{...,trustor="Acme",status="ok"} 1

A customer that fails (no trust, no data, an error) is a status of that customer alone; see
``sweep`` for when it is the API that fails.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from fnmatch import fnmatchcase

import msgspec

from billing_exporter.collectors.base import Poll, label, once_each, side_by_side
from billing_exporter.collectors.closed_periods import PackedHistory
from billing_exporter.collectors.history_samples import expose_history
from billing_exporter.collectors.overviews import Attempt, Overviews
from billing_exporter.collectors.settings import TrustorsSettings
from billing_exporter.collectors.sharding import Shard
from billing_exporter.collectors.sweep import Sweep, TrustorsData
from billing_exporter.collectors.trustor_history import TrustorHistories
from billing_exporter.collectors.trustor_overview import (
    TrustorData,
    TrustorState,
    expose_state,
    expose_trustor,
)
from billing_exporter.genesys.records import Trustor
from billing_exporter.metrics import catalogue
from billing_exporter.metrics import history as metrics
from billing_exporter.metrics.samples import Samples, labels


class _Listing(msgspec.Struct, frozen=True):
    nameless: int
    without_reading: int


class TrustorHistory(msgspec.Struct, frozen=True):
    """The closed periods of one customer."""

    id: str
    name: str
    history: PackedHistory


TrustorsPart = _Listing | TrustorState | TrustorData | TrustorHistory

# So many histories to read take a while: the current periods are shown and saved first.
_SHOWN_BEFORE = 20
# A year of this many customers takes ten seconds at the API's limit.
_SHOWN_TOGETHER = 4
# So many customers are read at once, as the API's limit allows.
_BURST = 40
_LONGEST_SPACING = 1.0  # seconds


class TrustorsCollector:
    """Polls the trustor listing and the overviews of each trustor."""

    name = "trustors"
    metrics = (*catalogue.TRUSTORS_METRICS, *metrics.TRUSTORS_HISTORY)
    data = TrustorsData

    def __init__(self, settings: TrustorsSettings, shard: Shard | None = None) -> None:
        self._settings = settings
        self._max_age = settings.max_age.time
        self._shard = shard or Shard()

    def fetch(self, poll: Poll[TrustorsData]) -> TrustorsData:
        """Discover, filter, and fetch with bounded concurrency.

        Raises:
            ApiError: the API fails, not single customers; what was read is published.
        """
        listed = once_each(_enabled_last(poll.api.trustors()), lambda trustor: trustor.id)
        wanted = [trustor for trustor in listed if trustor.id and self._selects(trustor)]
        nameless = sum(1 for trustor in listed if not trustor.id) if self._shard.is_first else 0
        sweep = Sweep(
            poll.previous or TrustorsData(history=poll.ended.history if poll.ended else {}),
            {str(trustor.id): name_of(trustor) for trustor in wanted},
            nameless,
            poll.now,
        )

        def known() -> TrustorsData:
            return self.fresh(sweep.data(), poll.now)

        offered = 0  # so many customers are shown and saved

        def offer() -> None:
            nonlocal offered
            if sweep.done > offered and poll.offer(known):
                offered = sweep.done

        poll.offer(known)
        by_id = {str(trustor.id): trustor for trustor in wanted}
        ordered = [by_id[key] for key in sweep.order()]
        for trustor, attempt in self._attempts(poll, ordered, offer):
            sweep.note(str(trustor.id), attempt)
            if attempt.error is not None and attempt.is_fault:
                poll.tolerate(attempt.error, f"overview of trustor {trustor.id}")
            poll.progress(sweep.done, len(wanted))
            if sweep.is_hopeless():
                break
            offer()
        failure = sweep.end()
        if failure is not None:
            poll.publish(known())
            raise failure
        return self._with_history(poll, known())

    def _with_history(self, poll: Poll[TrustorsData], data: TrustorsData) -> TrustorsData:
        """Read closed periods behind the current ones, which are shown meanwhile."""
        histories = TrustorHistories(poll, self._settings)
        wanted = histories.needed(data.numbers, data.history) if self._settings.history else []
        if len(wanted) > _SHOWN_BEFORE:
            poll.publish(data)
        numbers, history = dict(data.numbers), dict(data.history)
        is_shown = False

        def known() -> TrustorsData:
            return msgspec.structs.replace(data, numbers=dict(numbers), history=dict(history))

        def idle() -> None:
            nonlocal is_shown
            is_shown = is_shown or poll.offer(known)

        found = histories.read(wanted, data.numbers, data.history, idle)
        for number, (key, updated) in enumerate(found, start=1):
            numbers[key], history[key] = updated.numbers, updated.history
            is_shown = False
            if number % _SHOWN_TOGETHER == 0:
                poll.offer(known)
        return known()

    def fresh(self, data: TrustorsData, now: datetime) -> TrustorsData:
        """Drop the numbers of customers that could not be read for longer than ``max_age``."""
        return data.without_older_than(now - self._max_age)

    def parts(self, data: TrustorsData) -> dict[str, TrustorsPart]:
        """Each customer's numbers are a part, and so is its state."""
        return {
            "listing": _Listing(data.nameless, data.without_reading()),
            **{f"state {key}": state for key, state in data.states.items()},
            **{f"trustor {key}": numbers for key, numbers in data.numbers.items()},
            **{
                f"history {key}": TrustorHistory(key, data.numbers[key].name, history)
                for key, history in data.history.items()
                if self._settings.history and key in data.numbers
            },
        }

    def expose(self, part: TrustorsPart) -> Samples:
        """Return what a part means."""
        if isinstance(part, TrustorData):
            return expose_trustor(part)
        if isinstance(part, TrustorState):
            return expose_state(part)
        if isinstance(part, TrustorHistory):
            of = part.name, part.id
            return expose_history(
                part.history.unpacked(),
                of,
                metrics.TRUSTOR_HISTORY_AMOUNT,
                metrics.TRUSTOR_SETTLEMENT,
            )
        samples = Samples()
        samples.drop("missing", part.nameless)
        samples.add(catalogue.TRUSTORS_WITHOUT_READING, labels(()), part.without_reading)
        return samples

    def _selects(self, trustor: Trustor) -> bool:
        return (
            self._shard.owns(str(trustor.id))
            and matches(trustor, self._settings.include)
            and not matches(trustor, self._settings.exclude)
        )

    def _attempts(
        self, poll: Poll[TrustorsData], wanted: list[Trustor], idle: Callable[[], None]
    ) -> Iterator[tuple[Trustor, Attempt]]:
        """Fetch several customers at a time; yield them as they come."""
        known = poll.previous.numbers if poll.previous is not None else {}
        overviews = Overviews(poll, self._settings)
        again = sum(1 for trustor in wanted if str(trustor.id) in known)
        spread = poll.api.spread(spacing(self._settings, again))

        def attempt(trustor: Trustor) -> Attempt:
            numbers = known.get(str(trustor.id))
            if numbers is not None:
                spread.wait()
            return overviews.attempt(trustor, name_of(trustor), numbers)

        poll.progress(0, len(wanted))
        return side_by_side(attempt, wanted, self._settings.concurrency, idle)


def spacing(settings: TrustorsSettings, customers: int) -> float:
    """Return the seconds between two customers that are only read again.

    They take at most a quarter of the interval and half of the timeout, so that what is urgent
    passes between them. A few are no burden, and more than a second apart helps nobody.
    """
    if customers <= _BURST:
        return 0.0
    most = min(settings.interval.seconds / 4, settings.timeout.seconds / 2)
    return min(_LONGEST_SPACING, most / customers)


def _enabled_last(trustors: Iterable[Trustor]) -> list[Trustor]:
    """Return the trustors with those that trust no more first: one of the same id may still."""
    return sorted(map(_stripped, trustors), key=lambda trustor: trustor.enabled is not False)


def _stripped(trustor: Trustor) -> Trustor:
    """Return the trustor with an id that can be asked for, without white space around it."""
    return msgspec.structs.replace(trustor, id=label(trustor.id) or None)


def name_of(trustor: Trustor) -> str:
    """Return the organization's name, or its id where the listing has no name."""
    return label(trustor.organization.name if trustor.organization else None) or str(trustor.id)


def matches(trustor: Trustor, patterns: tuple[str, ...]) -> bool:
    """Return True if one of the patterns fits the name or the id, in whatever case."""
    texts = (name_of(trustor).lower(), str(trustor.id).lower())
    return any(fnmatchcase(text, pattern.lower()) for pattern in patterns for text in texts)

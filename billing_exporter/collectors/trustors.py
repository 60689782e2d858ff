"""The partner's customer organizations (trustors): what each used, prepaid and exceeds.

Exposes, for each customer and period::

    genesyscloud_billing_trustor_overage_quantity{...,trustor="Acme",period="current",...} 12
    genesyscloud_billing_trustor_status{...,trustor="Acme",status="ok"} 1

A customer that fails (no trust, no data, an error) is a status of that customer alone; see
``sweep`` for when it is the API that fails.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

import msgspec

from billing_exporter.collectors.base import Poll, label, once_each, side_by_side
from billing_exporter.collectors.overviews import Attempt, Overviews
from billing_exporter.collectors.settings import TrustorsSettings, seconds
from billing_exporter.collectors.sharding import Shard
from billing_exporter.collectors.sweep import Sweep, TrustorsData
from billing_exporter.collectors.trustor_overview import (
    TrustorData,
    TrustorState,
    expose_state,
    expose_trustor,
)
from billing_exporter.genesys.records import Trustor
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.samples import Samples, labels


class _Listing(msgspec.Struct, frozen=True):
    nameless: int
    without_reading: int


TrustorsPart = _Listing | TrustorState | TrustorData


class TrustorsCollector:
    """Polls the trustor listing and the overviews of each trustor."""

    name = "trustors"
    metrics = catalogue.TRUSTORS_METRICS
    data = TrustorsData

    def __init__(self, settings: TrustorsSettings, shard: Shard | None = None) -> None:
        self._settings = settings
        self._max_age = timedelta(seconds=seconds(settings.max_age))
        self._shard = shard or Shard()

    def fetch(self, poll: Poll[TrustorsData]) -> TrustorsData:
        """Discover, filter, and fetch with bounded concurrency.

        Raises:
            ApiError: the API fails, not single customers; what was read is published.
        """
        listed = once_each(poll.api.trustors(), lambda trustor: trustor.id)
        wanted = [trustor for trustor in listed if trustor.id and self._selects(trustor)]
        nameless = sum(1 for trustor in listed if not trustor.id) if self._shard.is_first else 0
        sweep = Sweep(
            poll.previous or TrustorsData(),
            {str(trustor.id): name_of(trustor) for trustor in wanted},
            nameless,
            poll.now,
        )

        def known() -> TrustorsData:
            return self.fresh(sweep.data(), poll.now)

        poll.offer(known)
        by_id = {str(trustor.id): trustor for trustor in wanted}
        for trustor, attempt in self._attempts(poll, [by_id[key] for key in sweep.order()]):
            sweep.note(str(trustor.id), attempt)
            if attempt.error is not None and attempt.is_fault:
                poll.tolerate(attempt.error, f"overview of trustor {trustor.id}")
            poll.progress(sweep.done, len(wanted))
            if sweep.is_hopeless():
                break
            poll.offer(known)
        failure = sweep.end()
        if failure is not None:
            poll.publish(known())
            raise failure
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
        }

    def expose(self, part: TrustorsPart) -> Samples:
        """Return what a part means."""
        if isinstance(part, TrustorData):
            return expose_trustor(part)
        if isinstance(part, TrustorState):
            return expose_state(part)
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
        self, poll: Poll[TrustorsData], wanted: list[Trustor]
    ) -> Iterator[tuple[Trustor, Attempt]]:
        """Fetch several customers at a time; yield them as they come."""
        known = poll.previous.numbers if poll.previous is not None else {}
        overviews = Overviews(poll, self._settings)

        def attempt(trustor: Trustor) -> Attempt:
            return overviews.attempt(trustor, name_of(trustor), known.get(str(trustor.id)))

        poll.progress(0, len(wanted))
        return side_by_side(attempt, wanted, self._settings.concurrency)


def name_of(trustor: Trustor) -> str:
    """Return the organization's name, or its id where the listing has no name."""
    return label(trustor.organization.name if trustor.organization else None) or str(trustor.id)


def matches(trustor: Trustor, patterns: tuple[str, ...]) -> bool:
    """Return True if one of the patterns fits the name or the id, in whatever case."""
    texts = (name_of(trustor).lower(), str(trustor.id).lower())
    return any(fnmatchcase(text, pattern.lower()) for pattern in patterns for text in texts)

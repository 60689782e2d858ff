"""The partner's customer organizations (trustors): what each used, prepaid and exceeds.

Exposes, for each customer and period::

    genesyscloud_billing_trustor_overage_quantity{...,trustor="Acme",period="current",...} 12
    genesyscloud_billing_trustor_status{...,trustor="Acme",status="ok"} 1

A customer that fails (no trust, no data, an error) is a status of that customer alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

import msgspec

from billing_exporter.collectors.base import Poll, label, once_each, side_by_side
from billing_exporter.collectors.settings import TrustorsSettings
from billing_exporter.collectors.sharding import Shard
from billing_exporter.collectors.trustor_overview import (
    PeriodData,
    Status,
    TrustorData,
    TrustorState,
    condensed,
    expose_states,
    expose_trustor,
)
from billing_exporter.genesys import ApiError, Forbidden, NotFound, RateLimited, Unauthorized
from billing_exporter.genesys.records import TrusteeBillingOverview, Trustor
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.samples import Samples, labels, unix_time

# So many customers failing one after the other, or all of them, is the API failing.
FAILURES_IN_A_ROW = 10
# These will be the same for the next customer: going on would only add to the trouble.
_OF_ALL = (RateLimited, Unauthorized)
_INDEX = {"current": 0, "previous": 1}


class TrustorsData(msgspec.Struct, frozen=True):
    """All customers that were asked for.

    Attributes:
        states: how each one's last attempt ended.
        trustors: what is known of those that could be read at some time, by id.
        read_at: when each was last read in full, by id.
        nameless: rows of the listing without an id.
    """

    states: tuple[TrustorState, ...]
    trustors: dict[str, TrustorData]
    read_at: dict[str, datetime]
    nameless: int


class _States(msgspec.Struct, frozen=True):
    states: tuple[TrustorState, ...]
    nameless: int


class _Times(msgspec.Struct, frozen=True):
    read: tuple[tuple[str, str, datetime], ...]


TrustorsPart = _States | _Times | TrustorData


@dataclass(frozen=True)
class _Outcome:
    """What one attempt found; ``periods`` is None where what was known is to be kept."""

    status: Status
    periods: dict[str, PeriodData] | None = None
    error: ApiError | None = None


class TrustorsCollector:
    """Polls the trustor listing and the overviews of each trustor."""

    name = "trustors"
    metrics = catalogue.TRUSTORS_METRICS
    data = TrustorsData

    def __init__(self, settings: TrustorsSettings, shard: Shard | None = None) -> None:
        self._settings = settings
        self._shard = shard or Shard()

    def fetch(self, poll: Poll[TrustorsData]) -> TrustorsData:
        """Discover, filter, and fetch with bounded concurrency.

        Raises:
            ApiError: no customer can be read, for a reason that is not the customer's.
        """
        listed = once_each(poll.api.trustors(), lambda trustor: trustor.id)
        known = poll.previous or TrustorsData((), {}, {}, 0)
        wanted = [trustor for trustor in listed if trustor.id and self._selects(trustor)]
        states, trustors, read_at = [], {}, {}
        for trustor, outcome in self._outcomes(poll, wanted, known.trustors):
            key, name = str(trustor.id), name_of(trustor)
            states.append(TrustorState(key, name, outcome.status))
            if outcome.status == "ok":
                read_at[key] = poll.now
                trustors[key] = TrustorData(key, name, outcome.periods or {})
            elif outcome.status == "error" and key in known.trustors:
                read_at[key] = known.read_at[key]
                trustors[key] = known.trustors[key]
        states.sort(key=lambda state: state.id)
        nameless = sum(1 for trustor in listed if not trustor.id) if self._shard.is_first else 0
        return TrustorsData(tuple(states), trustors, read_at, nameless)

    def parts(self, data: TrustorsData) -> dict[str, TrustorsPart]:
        """Each customer is a part; so are all the states, and the times of reading."""
        read = tuple(
            (trustor.name, trustor.id, data.read_at[key]) for key, trustor in data.trustors.items()
        )
        shared: dict[str, TrustorsPart] = {
            "states": _States(data.states, data.nameless),
            "times": _Times(read),
        }
        return {**shared, **{f"trustor {key}": known for key, known in data.trustors.items()}}

    def expose(self, part: TrustorsPart) -> Samples:
        """Say what a part means."""
        if isinstance(part, TrustorData):
            return expose_trustor(part)
        if isinstance(part, _States):
            samples = expose_states(part.states)
            samples.drop("missing", part.nameless)
            return samples
        samples = Samples()
        for name, key, moment in part.read:
            to = labels(catalogue.TRUSTOR, name, key)
            samples.add(catalogue.TRUSTOR_LAST_SUCCESS, to, unix_time(moment))
        return samples

    def _selects(self, trustor: Trustor) -> bool:
        return (
            self._shard.owns(str(trustor.id))
            and matches(trustor, self._settings.include)
            and not matches(trustor, self._settings.exclude)
        )

    def _outcomes(
        self, poll: Poll[TrustorsData], wanted: list[Trustor], known: Mapping[str, TrustorData]
    ) -> Iterator[tuple[Trustor, _Outcome]]:
        """Fetch several customers at a time; yield them as they come."""
        failures = 0
        enabled = sum(1 for trustor in wanted if trustor.enabled is not False)
        most_failures = min(FAILURES_IN_A_ROW, max(2, enabled))

        def attempt(trustor: Trustor) -> _Outcome:
            return self._attempt(poll, trustor, known.get(str(trustor.id)))

        poll.progress(0, len(wanted))
        found = side_by_side(attempt, wanted, self._settings.concurrency)
        for done, (trustor, outcome) in enumerate(found, start=1):
            if outcome.error:
                failures += 1
                if failures >= most_failures:
                    raise outcome.error
            elif outcome.status != "disabled":
                failures = 0
            poll.progress(done, len(wanted))
            yield trustor, outcome

    def _attempt(
        self, poll: Poll[TrustorsData], trustor: Trustor, known: TrustorData | None
    ) -> _Outcome:
        if trustor.enabled is False:
            return _Outcome("disabled")
        try:
            overviews = self._overviews(poll, str(trustor.id), known)
        except NotFound:
            return _Outcome("no_data")
        except Forbidden:
            return _Outcome("forbidden")
        except _OF_ALL:
            raise
        except ApiError as error:
            poll.tolerate(error, f"overview of trustor {trustor.id}")
            return _Outcome("error", error=error)
        return _Outcome("ok", self._periods(overviews, known))

    def _overviews(
        self, poll: Poll[TrustorsData], key: str, known: TrustorData | None
    ) -> dict[str, TrusteeBillingOverview | None]:
        """Fetch the periods; None stands for a closed one that is known already."""
        ask = poll.api.get_billing_trusteebillingoverview_trustor_org_id
        overviews: dict[str, TrusteeBillingOverview | None] = {}
        for period in sorted(self._settings.periods, key=_INDEX.__getitem__):
            if period == "previous" and _is_same_period(known, overviews.get("current")):
                overviews[period] = None
                continue
            try:
                overviews[period] = ask(key, billing_period_index=_INDEX[period])
            except NotFound:
                if not overviews:
                    raise
        return overviews

    def _periods(
        self, overviews: Mapping[str, TrusteeBillingOverview | None], known: TrustorData | None
    ) -> dict[str, PeriodData]:
        kept = known.periods if known else {}
        every = {period: new or kept[period].overview for period, new in overviews.items()}
        fresh = condensed(every, zero_rows=self._settings.zero_rows)
        return {
            period: kept[period] if new is None else fresh[period]
            for period, new in overviews.items()
        }


def _is_same_period(known: TrustorData | None, current: TrusteeBillingOverview | None) -> bool:
    """Tell whether the newest period is the one of the last poll, so the one before is known."""
    # What was kept may be of a time when other periods were configured.
    if known is None or current is None or not known.periods.keys() >= _INDEX.keys():
        return False
    last = known.periods["current"].overview.billing_period_start_date
    return last is not None and last == current.billing_period_start_date


def name_of(trustor: Trustor) -> str:
    """Return the organization's name, or its id where the listing has no name."""
    return label(trustor.organization.name if trustor.organization else None) or str(trustor.id)


def matches(trustor: Trustor, patterns: tuple[str, ...]) -> bool:
    """Tell whether one of the patterns fits the name or the id, in whatever case."""
    texts = (name_of(trustor).lower(), str(trustor.id).lower())
    return any(fnmatchcase(text, pattern.lower()) for pattern in patterns for text in texts)

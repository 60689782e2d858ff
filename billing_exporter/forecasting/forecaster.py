"""Forecaster of one subject of one organization: loads a state, takes a reading in, saves it.

States are read, computed and written customer by customer, never all at once in memory.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable
from datetime import date

import msgspec

from billing_exporter.forecasting.daily import updated
from billing_exporter.forecasting.outlook import Outlook, look_ahead, with_kept
from billing_exporter.forecasting.readings import Subject
from billing_exporter.forecasting.scores import Scored, Tally, has_same_outcomes
from billing_exporter.forecasting.state import EMPTY, HUNDREDTHS, SubjectState
from billing_exporter.forecasting.store import Store

# Outcomes of before a restart are counted once it is over, and without holding anyone up.
_COUNT_AFTER_SECONDS = 5.0
_PAUSE_SECONDS = 0.001


class Quality(msgspec.Struct, frozen=True):
    """How good the forecasts of a subject are.

    Attributes:
        scored: outcomes of kept forecasts, by checkpoint in hundredths of the period.
        results: how many forecasts came out how.
    """

    scored: dict[int, Scored]
    results: dict[str, int]


class Forecaster:
    """Forecasts all customers or contracts of one organization. Thread-safe.

    One lock is held while states are read, another one while outcomes are counted: a scrape asks
    for the counts and never waits for the disk.

    Args:
        prefix: tells apart what different organizations and subjects keep in one store.
        store: where states are kept.
    """

    def __init__(self, prefix: str, store: Store) -> None:
        self._prefix = prefix
        self._store = store
        self._reading = threading.Lock()
        self._lock = threading.Lock()
        self._tally = Tally()
        self._results: dict[str, Counter[str]] = {}
        self._quality: Quality | None = None
        self._uncounted: set[str] = set()

    def take(self, key: str, subject: Subject, day: date | None) -> Outlook | None:
        """Take a reading in and look ahead from it.

        Args:
            key: the id of the customer or contract.
            subject: what was read.
            day: UTC day on which it was read; None where that is not known: nothing is taken in.

        Returns:
            The forecasts; None where the running period is not known or a server is behind. While
            the disk hangs they are made of the reading alone, and nothing is kept or counted.
        """
        with self._reading:
            known = self._store.load(self._key(key))
            before = EMPTY if known is None else known
            state = before if day is None else updated(before, subject, day)
            current = subject.current
            outlook = None
            if current is not None and current.start.toordinal() == state.start:
                outlook = look_ahead(state, current, day)
                if day is not None:
                    state = with_kept(state, outlook)
            if known is not None:
                if outlook is not None and state != before:
                    self._store.save(self._key(key), state)
                with self._lock:
                    self._count_restored(key, before)
                    self._count(key, before, state, outlook)
            return outlook

    def forget_others(self, keys: Iterable[str]) -> None:
        """Count only these customers or contracts from now on; states stay."""
        kept = set(keys)
        with self._reading:
            for key in self._results.keys() - kept:
                self._forget(key)

    def _forget(self, key: str) -> None:
        with self._lock:
            self._quality = None
            if key in self._uncounted:
                self._uncounted.discard(key)
                del self._results[key]
                return
        state = self._store.load(self._key(key))
        if state is None:
            return  # the disk hangs: it is counted until the next listing
        with self._lock:
            self._tally.add(state, times=-1)
            del self._results[key]

    def results(self) -> dict[str, dict[str, int]]:
        """Return how the forecasts of each customer or contract came out."""
        with self._lock:
            return {key: dict(counted) for key, counted in self._results.items()}

    def restore(self, results: dict[str, dict[str, int]]) -> None:
        """Take results of before a restart; their outcomes are counted in the background."""
        with self._reading, self._lock:
            self._results = {key: Counter(counted) for key, counted in results.items()}
            self._uncounted = set(results)
            self._quality = None
        timer = threading.Timer(_COUNT_AFTER_SECONDS, self._count_all)
        timer.daemon = True
        timer.start()

    def _count_all(self) -> None:
        for key in tuple(self._uncounted):
            time.sleep(_PAUSE_SECONDS)
            with self._reading:
                if key in self._uncounted:
                    state = self._store.load(self._key(key))
                    with self._lock:
                        if state is not None:
                            self._count_restored(key, state)

    def _count_restored(self, key: str, state: SubjectState) -> None:
        if key in self._uncounted:
            self._uncounted.discard(key)
            self._tally.add(state)
            if not self._uncounted:
                self._quality = None

    def quality(self) -> Quality:
        """Return how good the forecasts are; no scores before all outcomes are counted."""
        with self._lock:
            if self._quality is None:
                results: Counter[str] = Counter()
                for counted in self._results.values():
                    results.update(counted)
                counted_at = () if self._uncounted else HUNDREDTHS
                scored = {checkpoint: self._tally.at(checkpoint) for checkpoint in counted_at}
                self._quality = Quality(scored, dict(results))
            return self._quality

    def _count(
        self, key: str, before: SubjectState, state: SubjectState, outlook: Outlook | None
    ) -> None:
        results: Counter[str] = Counter()
        if outlook is not None and not outlook.is_over:
            results.update(one.result for one in outlook.charges.values())
        if key not in self._results:
            self._tally.add(state)
        elif not has_same_outcomes(before, state):
            self._tally.add(before, times=-1)
            self._tally.add(state)
        elif results == self._results[key]:
            return
        self._results[key] = results
        self._quality = None

    def _key(self, key: str) -> str:
        return f"{self._prefix}\n{key}"

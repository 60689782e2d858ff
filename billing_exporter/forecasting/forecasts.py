"""Forecasts of all organizations: what joins them to collectors, and what they report."""

import threading
from collections.abc import Collection
from typing import Any

from billing_exporter.collectors.base import Collector
from billing_exporter.forecasting.collector import Accounts, ForecastingCollector
from billing_exporter.forecasting.forecaster import Forecaster, Quality
from billing_exporter.forecasting.outlook import RESULTS
from billing_exporter.forecasting.store import Store
from billing_exporter.metrics import forecasts as metrics
from billing_exporter.metrics.plain import written
from billing_exporter.metrics.samples import Samples, labels

SUBJECTS = ("contracts", "trustors")


class Forecasts:
    """Gives collectors their forecasts. Thread-safe.

    Args:
        store: where states are kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._forecasters: dict[tuple[str, str, str], Forecaster] = {}
        self._written: tuple[tuple[tuple[str, str, Quality], ...], bytes] = ((), b"")

    def added_to(
        self,
        collector: Collector[Any, Any],
        organization: str,
        place: str,
        accounts: Accounts | None = None,
    ) -> Collector[Any, Any]:
        """Return the collector with forecasts, where its subject has any.

        Args:
            collector: of contracts or trustors; others are returned as they are.
            organization: its name.
            place: where its API is: elsewhere the same ids are other customers.
            accounts: take the running periods, if anything does.
        """
        if collector.name not in SUBJECTS:
            return collector
        key = organization, place, collector.name
        with self._lock:
            forecaster = self._forecasters.get(key)
            if forecaster is None:
                self._remove(organization, collector.name)  # it was elsewhere before
                forecaster = Forecaster("\n".join(key), self._store)
                self._forecasters[key] = forecaster
        return ForecastingCollector(collector, forecaster, accounts)

    def keep_only(self, organization: str, subjects: Collection[str]) -> None:
        """Report only these subjects of an organization from now on; states stay."""
        with self._lock:
            for subject in SUBJECTS:
                if subject not in subjects:
                    self._remove(organization, subject)

    def _remove(self, organization: str, subject: str) -> None:
        for key in [*self._forecasters]:
            if (key[0], key[2]) == (organization, subject):
                del self._forecasters[key]

    def text(self) -> bytes:
        """Write how good the forecasts are, as the exposition shows it."""
        with self._lock:
            known = tuple(
                (organization, subject, forecaster.quality())
                for (organization, _, subject), forecaster in self._forecasters.items()
            )
            if known != self._written[0]:
                every = [(name, _samples(subject, quality)) for name, subject, quality in known]
                self._written = known, written(every)
            return self._written[1]


def _samples(subject: str, quality: Quality) -> Samples:
    samples = Samples()
    if not quality.results:
        return samples
    for result in RESULTS:
        to = labels(metrics.FORECASTS.labels, subject, result)
        samples.add(metrics.FORECASTS, to, quality.results.get(result, 0))
    for checkpoint, scored in quality.scored.items():
        to = labels(metrics.SCORED.labels, subject, str(checkpoint))
        samples.add(metrics.SCORED, to, scored.scored)
        samples.add(metrics.ERROR_RATIO, to, scored.error)
        samples.add(metrics.INSIDE_RATIO, to, scored.inside)
    return samples

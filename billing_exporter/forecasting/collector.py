"""Collector that adds forecasts to what another one exposes.

A part is exposed again when it has changed and on the first poll of each UTC day, for a day that
passes is news to a forecast. Taking the part in happens there too, so whatever is shown has been
kept.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from billing_exporter.collectors.base import Collector, Poll
from billing_exporter.collectors.contracts import ContractData
from billing_exporter.collectors.trustor_overview import TrustorData
from billing_exporter.forecasting import contracts, trustors
from billing_exporter.forecasting.forecaster import Forecaster
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples


class Dated(msgspec.Struct, frozen=True):
    """A part, and the UTC day on which it was read; None where it is from before a restart."""

    part: Any
    day: date | None


class ForecastingCollector:
    """Exposes what a collector does and the forecasts made of it."""

    def __init__(self, collector: Collector[Any, Any], forecaster: Forecaster) -> None:
        self.name = collector.name
        self.metrics: tuple[Metric, ...] = collector.metrics
        self.data = collector.data
        self._collector = collector
        self._forecaster = forecaster
        self._at: datetime | None = None

    def fetch(self, poll: Poll[Any]) -> Any:
        """Ask the API for everything."""
        data = self._collector.fetch(poll)
        self._at = poll.now
        return data

    def parts(self, data: Any) -> Mapping[str, Dated]:
        """Divide the data into parts; see the module."""
        day = self._at.date() if self._at is not None else None
        parts = self._collector.parts(data)
        ids = [
            one.id if isinstance(one, TrustorData) else contract_id(one)
            for part in parts.values()
            for one in subjects(part)
        ]
        self._forecaster.forget_others(ids)
        return {key: Dated(part, day if subjects(part) else None) for key, part in parts.items()}

    def expose(self, part: Dated) -> Samples:
        """Return the samples of a part and of its forecasts."""
        samples = self._collector.expose(part.part)
        for one in subjects(part.part):
            self._add_forecasts(samples, one)
        return samples

    def _add_forecasts(self, samples: Samples, one: TrustorData | ContractData) -> None:
        if isinstance(one, TrustorData):
            outlook = self._forecaster.take(one.id, trustors.subject_of(one), self._at)
            if outlook is not None:
                trustors.add_samples(samples, one, outlook)
            return
        key = contract_id(one)
        outlook = self._forecaster.take(key, contracts.subject_of(one), self._at)
        if outlook is not None:
            contracts.add_samples(samples, one, outlook)


def contract_id(data: ContractData) -> str:
    """Return what identifies a contract."""
    return data.contract.id or contracts.name_of(data)


def subjects(part: object) -> tuple[TrustorData | ContractData, ...]:
    """Return the customers or contracts that a part has numbers of."""
    if isinstance(part, TrustorData):
        return (part,)
    if isinstance(part, tuple):
        return tuple(one for one in part if isinstance(one, ContractData))
    return ()

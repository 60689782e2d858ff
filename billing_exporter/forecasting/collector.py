"""Collector that adds forecasts to what another one exposes.

A part is exposed again when it has changed and when it was read on another UTC day, for a day that
passes is news to a forecast. Taking the part in happens there too, so whatever is shown has been
kept.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from billing_exporter.collectors.base import Collector, Poll
from billing_exporter.collectors.closed_periods import PackedHistory
from billing_exporter.collectors.contracts import ContractData, NamedContracts
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import TrustorData
from billing_exporter.forecasting import contracts, trustors
from billing_exporter.forecasting.forecaster import Forecaster
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples


class Dated(msgspec.Struct, frozen=True):
    """A part with what its forecasts hang on besides.

    Attributes:
        part: of the collector.
        day: UTC day on which it was read; None for a part without forecasts.
        history: closed periods of the customer, if any are known.
    """

    part: Any
    day: date | None
    history: PackedHistory | None = None


class ForecastingCollector:
    """Exposes what a collector does and the forecasts made of it."""

    def __init__(self, collector: Collector[Any, Any], forecaster: Forecaster) -> None:
        self.name = collector.name
        self.metrics: tuple[Metric, ...] = collector.metrics
        self.data: type[Any] = collector.data
        self._collector = collector
        self._forecaster = forecaster

    def fetch(self, poll: Poll[Any]) -> Any:
        """Ask the API for everything."""
        return self._collector.fetch(poll)

    def fresh(self, data: Any, now: datetime) -> Any:
        """Return the data without those details that are older than ``max_age``. Pure."""
        return self._collector.fresh(data, now)

    def results(self) -> dict[str, dict[str, int]]:
        """Return how forecasts came out, by the id of the customer or contract."""
        return self._forecaster.results()

    def restore(self, results: dict[str, dict[str, int]]) -> None:
        """Go on from results of before a restart, of parts that are not exposed again."""
        self._forecaster.restore(results)

    def parts(self, data: Any) -> Mapping[str, Dated]:
        """Divide the data into parts; see the module."""
        parts = self._collector.parts(data)
        self._forecaster.forget_others(key for part in parts.values() for key in _ids(part))
        return {
            key: Dated(part, _day_of(part, data), _history_of(part, data))
            for key, part in parts.items()
        }

    def expose(self, part: Dated) -> Samples:
        """Return the samples of a part and of its forecasts."""
        samples = self._collector.expose(part.part)
        if isinstance(part.part, TrustorData):
            history = trustors.NO_HISTORY if part.history is None else part.history.unpacked()
            subject = trustors.subject_of(part.part, history)
            outlook = self._forecaster.take(part.part.id, subject, part.day)
            if outlook is not None:
                trustors.add_samples(samples, part.part, outlook)
        elif isinstance(part.part, NamedContracts):
            for one in part.part.contracts:
                self._add_contract(samples, part.part.name, one, part.day)
        return samples

    def _add_contract(
        self, samples: Samples, name: str, data: ContractData, day: date | None
    ) -> None:
        outlook = self._forecaster.take(contract_id(data), contracts.subject_of(data), day)
        if outlook is not None and name:
            contracts.add_samples(samples, name, outlook)


def contract_id(data: ContractData) -> str:
    """Return what identifies a contract."""
    return data.contract.id or data.contract.external_number or ""


def _ids(part: object) -> Iterator[str]:
    """Yield the ids of the customers or contracts that a part has numbers of."""
    if isinstance(part, TrustorData):
        yield part.id
    elif isinstance(part, NamedContracts):
        yield from map(contract_id, part.contracts)


def _history_of(part: object, data: object) -> PackedHistory | None:
    """Return the closed periods of a customer; those of a contract are in its part."""
    if isinstance(part, TrustorData) and isinstance(data, TrustorsData):
        return data.history.get(part.id)
    return None


def _day_of(part: object, data: object) -> date | None:
    """Return the day on which a part's newest numbers were read."""
    times: list[datetime] = []
    if isinstance(part, TrustorData) and isinstance(data, TrustorsData):
        state = data.states.get(part.id)
        times = [state.read_at] if state is not None and state.read_at is not None else []
    elif isinstance(part, NamedContracts):
        times = [moment for one in part.contracts for moment in one.read.values()]
    return max(times).date() if times else None

"""Collector that adds forecasts to what another one exposes.

A part is exposed again when it has changed and when it was read on another UTC day, for a day that
passes is news to a forecast. Taking the part in happens there too, so whatever is shown has been
kept.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Protocol

import msgspec

from billing_exporter.accounts.records import Current
from billing_exporter.collectors.base import Collector, Poll
from billing_exporter.collectors.closed_periods import MissingBefore, PackedHistory
from billing_exporter.collectors.contracts import ContractData, ContractsData, NamedContracts
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import TrustorData
from billing_exporter.forecasting import contracts, trustors
from billing_exporter.forecasting.forecaster import Forecaster
from billing_exporter.forecasting.outlook import Outlook
from billing_exporter.forecasting.readings import Key, Subject
from billing_exporter.forecasting.running import NOTHING, running_period, without_forecasts
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples
from billing_exporter.reconciliation.records import Subject as AccountSubject


class Accounts(Protocol):
    """What takes the running periods of customers and contracts."""

    def keep_only(
        self,
        subject: AccountSubject,
        keys: Iterable[str],
        unread: Mapping[str, str],
        missing: Mapping[tuple[str, ...], MissingBefore],
    ) -> None:
        """Count only these customers or contracts; some, or closed periods, have not been read."""

    def current_period(
        self, subject: AccountSubject, key: str, name: str, current: Current
    ) -> None:
        """Keep the running period of a customer or contract."""


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

    def __init__(
        self,
        collector: Collector[Any, Any],
        forecaster: Forecaster,
        accounts: Accounts | None = None,
    ) -> None:
        self.name = collector.name
        self.metrics: tuple[Metric, ...] = collector.metrics
        self.data: type[Any] = collector.data
        self._collector = collector
        self._subject: AccountSubject = "trustors" if collector.name == "trustors" else "contracts"
        self._forecaster = forecaster
        self._accounts = accounts

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
        keys = [key for part in parts.values() for key in _ids(part)]
        self._forecaster.forget_others(keys)
        if self._accounts is not None:
            is_known = isinstance(data, (TrustorsData, ContractsData))
            gaps = (data.unread(), data.missing()) if is_known else ({}, {})
            self._accounts.keep_only(self._subject, keys, *gaps)
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
                self._account_for(part.part.id, part.part.name, subject, outlook)
        elif isinstance(part.part, NamedContracts):
            for one in part.part.contracts:
                self._add_contract(samples, part.part.name, one, part.day)
        return samples

    def _add_contract(
        self, samples: Samples, name: str, data: ContractData, day: date | None
    ) -> None:
        key, subject = contract_id(data), contracts.subject_of(data)
        outlook = self._forecaster.take(key, subject, day)
        if outlook is not None and name:
            contracts.add_samples(samples, name, outlook)
            self._account_for(key, name, subject, outlook, contracts.covered_of(data))

    def _account_for(
        self,
        key: str,
        name: str,
        subject: Subject,
        outlook: Outlook,
        covered: Mapping[Key, tuple[str, ...]] = NOTHING,
    ) -> None:
        """Hand the running period with its forecasts to the accounts."""
        if self._accounts is not None and subject.current is not None:
            current = running_period(subject.current, outlook, covered)
            self._accounts.current_period(self._subject, key, name, current)


def account_for_contracts(parts: Mapping[str, Any], data: object, accounts: Accounts) -> None:
    """Hand the running periods of contracts to the accounts, without forecasts.

    Args:
        parts: of what was read; those that are no contracts are passed over.
        data: what was read.
        accounts: take them.
    """
    for part in parts.values():
        for one in part.contracts if isinstance(part, NamedContracts) else ():
            current = contracts.subject_of(one).current
            if current is not None and part.name:
                running = without_forecasts(current, _day_of(part, data))
                row = running_period(current, running, contracts.covered_of(one))
                accounts.current_period("contracts", contract_id(one), part.name, row)
    if isinstance(data, ContractsData):
        keys = [key for each in parts.values() for key in _ids(each)]
        accounts.keep_only("contracts", keys, data.unread(), data.missing())


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

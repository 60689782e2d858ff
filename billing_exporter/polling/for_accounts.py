"""Collectors that read for the accounts alone what another shard shows."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from billing_exporter.collectors import Collector, Poll
from billing_exporter.collectors.contracts import ContractsCollector
from billing_exporter.collectors.invoices import InvoicesCollector
from billing_exporter.collectors.settings import Collectors, CollectorSettings
from billing_exporter.forecasting.collector import Accounts, account_for_contracts
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples

_CLOSED = 2  # periods of a contract that allocations need


def for_accounts(
    settings: Collectors, wanted: Collection[str], accounts: Accounts
) -> Iterator[tuple[Collector[Any, Any], CollectorSettings]]:
    """Yield the collectors that are wanted and that the settings list.

    Of contracts the two newest closed periods are enough: names of charges are from the one, and
    what bills the other does not count any more.
    """
    if "contracts" in wanted and settings.contracts is not None:
        few = replace(settings.contracts, history=min(settings.contracts.history, _CLOSED))
        yield NotShown(ContractsCollector(few), accounts), few
    if "invoices" in wanted and settings.invoices is not None:
        invoices = InvoicesCollector(settings.invoices, for_ledger=True)
        yield NotShown(invoices, accounts), settings.invoices


class NotShown:
    """A collector that shows nothing; its contracts go to the accounts."""

    metrics: tuple[Metric, ...] = ()

    def __init__(self, collector: Collector[Any, Any], accounts: Accounts) -> None:
        self.name = collector.name
        self.data: type[Any] = collector.data
        self._collector = collector
        self._accounts = accounts

    def fetch(self, poll: Poll[Any]) -> Any:
        """Ask the API for everything."""
        return self._collector.fetch(poll)

    def fresh(self, data: Any, now: datetime) -> Any:
        """Return the data without those details that are older than ``max_age``. Pure."""
        return self._collector.fresh(data, now)

    def parts(self, data: Any) -> Mapping[str, object]:
        """Hand the contracts to the accounts; return nothing to show."""
        account_for_contracts(self._collector.parts(data), data, self._accounts)
        return {}

    def expose(self, part: object) -> Samples:  # noqa: ARG002 - the protocol's
        """Return nothing: there are no parts."""
        return Samples()

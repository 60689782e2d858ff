"""One file for each billing subject: how it is fetched and what it means as samples."""

from collections.abc import Iterator
from typing import Any

from billing_exporter.collectors.base import Collector, Poll
from billing_exporter.collectors.contracts import ContractsCollector
from billing_exporter.collectors.invoices import InvoicesCollector
from billing_exporter.collectors.settings import Collectors, CollectorSettings
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.collectors.usage import UsageCollector

__all__ = ["Collector", "Poll", "configured"]

_EVERY = (UsageCollector, InvoicesCollector, ContractsCollector, TrustorsCollector)


def configured(settings: Collectors) -> Iterator[tuple[Collector[Any, Any], CollectorSettings]]:
    """Yield a collector, and its settings, for each that the settings list."""
    for kind in _EVERY:
        of_collector = getattr(settings, kind.name)
        if of_collector is not None:
            yield kind(of_collector), of_collector

"""One file for each billing subject: how it is fetched and what it means as samples."""

from collections.abc import Iterator
from typing import Any

from billing_exporter.collectors.base import Collector, Poll
from billing_exporter.collectors.contracts import ContractsCollector
from billing_exporter.collectors.invoices import InvoicesCollector
from billing_exporter.collectors.settings import Collectors, CollectorSettings
from billing_exporter.collectors.sharding import Shard
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.collectors.usage import UsageCollector

__all__ = ["WHOLE", "Collector", "Poll", "Shard", "configured"]

WHOLE = Shard()


def configured(
    settings: Collectors, shard: Shard = WHOLE
) -> Iterator[tuple[Collector[Any, Any], CollectorSettings]]:
    """Yield a collector, and its settings, for each that the settings list and the shard polls."""
    if shard.is_first:
        if settings.usage is not None:
            yield UsageCollector(settings.usage), settings.usage
        if settings.invoices is not None:
            yield InvoicesCollector(settings.invoices), settings.invoices
        if settings.contracts is not None:
            yield ContractsCollector(settings.contracts), settings.contracts
    if settings.trustors is not None:
        yield TrustorsCollector(settings.trustors, shard), settings.trustors

"""An exporter of an imitated cloud, polled once, and the source of its pages."""

from typing import Any

from billing_exporter.collectors.base import Collector
from billing_exporter.collectors.contracts import ContractsCollector
from billing_exporter.collectors.invoices import InvoicesCollector
from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.collectors.settings import (
    CollectorSettings,
    ContractsSettings,
    InvoicesSettings,
    TrustorsSettings,
)
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.genesys import BillingApi
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.polling.poller import Poller
from billing_exporter.polling.target import Target
from billing_exporter.telemetry.telemetry import Telemetry
from billing_exporter.views import Source
from tests.unit.collectors.api_stub import NOW
from tools.testkit.recorded_api import billing_api


class Exporter:
    """The pollers of one organization, acme, and the source of its pages.

    Attributes:
        telemetry: of the exporter.
        pollers: of customers, invoices and contracts.
        source: of the pages.
    """

    def __init__(self) -> None:
        self.telemetry = Telemetry(process=False)
        api = billing_api()
        trustors = TrustorsSettings(history=0, concurrency=1)
        contracts = ContractsSettings(history=0)
        self.pollers = (
            self._poller(api, TrustorsCollector(trustors), trustors),
            self._poller(api, InvoicesCollector(InvoicesSettings()), InvoicesSettings()),
            self._poller(api, ContractsCollector(contracts), contracts),
        )
        self.source = Source(
            "1.2.3", lambda: self.pollers, self.telemetry, lambda: NOW, lambda: 3600.0
        )

    def poll(self) -> Source:
        """Poll everything once."""
        for poller in self.pollers:
            poller.poll()
        return self.source

    def _poller(
        self, api: BillingApi, collector: Collector[Any, Any], settings: CollectorSettings
    ) -> Poller:
        target = Target("acme", collector, settings, api, listed=True)
        return Poller(target, Exposition(CATALOGUE), self.telemetry, now=lambda: NOW)

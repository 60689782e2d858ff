"""Registry of the collectors: all that the rest of the product knows a collector by.

Commands, configuration, documents, tools and tests derive their list of collectors from
``REGISTRY``. A new collector is registered here and nowhere else.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from billing_exporter.collectors.base import Collector
from billing_exporter.collectors.contracts import ContractsCollector
from billing_exporter.collectors.invoices import InvoicesCollector
from billing_exporter.collectors.settings import Collectors, CollectorSettings
from billing_exporter.collectors.sharding import Shard
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.collectors.usage import UsageCollector
from billing_exporter.genesys import OPERATIONS
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.forecasts import CONTRACTS_FORECASTS, TRUSTORS_FORECASTS

WHOLE = Shard()


@dataclass(frozen=True)
class Registration:
    """What a collector is known by.

    Attributes:
        title: heading of its section in the documents.
        collector: its class.
        create: returns a collector with settings, for a shard.
        operations: reference names of the API's operations that it asks, the listing first.
        per_customer: those of them that are asked once per customer. One customer's refusal says
            nothing about the permission.
        forecasts: metrics that forecasts add to those of the collector.
        divided: whether shards divide its work; all else is polled in full by the first shard.
    """

    title: str
    collector: type[Collector[Any, Any]]
    create: Callable[[Any, Shard], Collector[Any, Any]]
    operations: tuple[str, ...]
    per_customer: tuple[str, ...] = ()
    forecasts: tuple[Metric, ...] = ()
    divided: bool = False

    @property
    def name(self) -> str:
        """The ``collector`` label and the key in the configuration."""
        return self.collector.name

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All metrics that it may expose, with forecasts."""
        return (*self.collector.metrics, *self.forecasts)

    @property
    def permissions(self) -> tuple[str, ...]:
        """Permissions that its operations need, each once."""
        needed = (OPERATIONS[operation].permission for operation in self.operations)
        return tuple(dict.fromkeys(permission for permission in needed if permission))


_REGISTERED = (
    Registration(
        title="Billable usage",
        collector=UsageCollector,
        create=lambda settings, _: UsageCollector(settings),
        operations=(
            "get_billing_reports_billableusage",
            "get_billing_contracts",
            "get_billing_contract",
            "get_organizations_me",
        ),
    ),
    Registration(
        title="Invoices",
        collector=InvoicesCollector,
        create=lambda settings, _: InvoicesCollector(settings),
        operations=("get_billing_contracts_invoices", "get_billing_contracts_invoice_lines"),
    ),
    Registration(
        title="Contracts, charges, wallets and plans",
        collector=ContractsCollector,
        create=lambda settings, _: ContractsCollector(settings),
        operations=(
            "get_billing_contracts",
            "get_billing_contract",
            "get_billing_contract_billingperiod",
        ),
        forecasts=CONTRACTS_FORECASTS,
    ),
    Registration(
        title="Trustors: the customers of a partner",
        collector=TrustorsCollector,
        create=TrustorsCollector,
        operations=(
            "get_orgauthorization_trustors",
            "get_billing_trusteebillingoverview_trustor_org_id",
        ),
        per_customer=("get_billing_trusteebillingoverview_trustor_org_id",),
        forecasts=TRUSTORS_FORECASTS,
        divided=True,
    ),
)

REGISTRY: Mapping[str, Registration] = MappingProxyType({each.name: each for each in _REGISTERED})
"""The collectors by name, in the order of the documents."""

CATALOGUE: Mapping[str, tuple[Metric, ...]] = MappingProxyType(
    {name: each.metrics for name, each in REGISTRY.items()}
)
"""The billing metrics of each collector."""


def configured(
    settings: Collectors, shard: Shard = WHOLE
) -> Iterator[tuple[Collector[Any, Any], CollectorSettings]]:
    """Yield a collector and its settings for each that the settings list and the shard polls."""
    for name, registration in REGISTRY.items():
        of_collector: CollectorSettings | None = getattr(settings, name)
        if of_collector is not None and (registration.divided or shard.is_first):
            yield registration.create(of_collector, shard), of_collector


def needing(operation: str) -> tuple[str, ...]:
    """Return the names of the collectors that ask an operation."""
    return tuple(name for name, each in REGISTRY.items() if operation in each.operations)


def per_customer() -> dict[str, str]:
    """Return the operations that are asked once per customer, with the collector that asks."""
    return {operation: name for name, each in REGISTRY.items() for operation in each.per_customer}

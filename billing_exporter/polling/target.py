"""The target of a poller: one collector of one organization."""

from dataclasses import dataclass
from typing import Any

from billing_exporter.collectors import Collector
from billing_exporter.collectors.settings import CollectorSettings
from billing_exporter.genesys import BillingApi


@dataclass(frozen=True)
class Target:
    """What one loop polls, and how.

    Attributes:
        listed: whether the configuration names the collector; one that merely runs by default may
            lack its permission without that being news.
        is_shown: whether what is read is shown; else it is for the accounts alone.
    """

    organization: str
    collector: Collector[Any, Any]
    settings: CollectorSettings
    api: BillingApi
    listed: bool
    is_shown: bool = True

    @property
    def key(self) -> tuple[str, str]:
        """The names of organization and collector."""
        return self.organization, self.collector.name

    @property
    def is_optional(self) -> bool:
        """Whether nothing is missing where the collector may not read.

        What is read for the accounts alone is shown by another shard, whose client may.
        """
        return self.is_shown or not self.listed

    @property
    def where(self) -> dict[str, str]:
        """The names of organization and collector, as labels and log fields."""
        return {"organization": self.organization, "collector": self.collector.name}

    def is_like(self, other: "Target") -> bool:
        """Return whether polling the other would be the same."""
        return (self.settings, self.api, self.listed) == (other.settings, other.api, other.listed)

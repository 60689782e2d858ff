"""Collectors: one module for each billing subject, with how it is fetched and what it means."""

from billing_exporter.collectors.base import Collector, Poll
from billing_exporter.collectors.registry import CATALOGUE, REGISTRY, WHOLE, configured
from billing_exporter.collectors.sharding import Shard

__all__ = ["CATALOGUE", "REGISTRY", "WHOLE", "Collector", "Poll", "Shard", "configured"]

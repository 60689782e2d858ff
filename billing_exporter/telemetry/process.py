"""Metrics of the process and of Python, read at every scrape."""

from collections.abc import Iterable, Iterator
from itertools import chain

from prometheus_client import CollectorRegistry, Metric, PlatformCollector, ProcessCollector

from billing_exporter.telemetry.families import header, line


class ProcessMetrics:
    """What prometheus-client finds out about the process, in its names."""

    def __init__(self) -> None:
        """Read what does not change."""
        self._process = ProcessCollector(registry=CollectorRegistry())
        self._platform = [*PlatformCollector(registry=CollectorRegistry()).collect()]

    def text(self, *, openmetrics: bool) -> Iterator[str]:
        """Yield each family as it is now."""
        families: Iterable[Metric] = chain(self._process.collect(), self._platform)
        for family in families:
            yield header(family.name, family.type, family.documentation, openmetrics=openmetrics)
            for sample in family.samples:
                yield line(sample.name, sample.labels, sample.value)

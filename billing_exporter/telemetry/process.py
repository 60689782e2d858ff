"""Metrics of the process and of Python, with prometheus-client's names and texts.

Its collector reads and parses several files at every scrape, which takes longer than the rest of a
scrape. What never changes is taken from it once, the rest is read here.
"""

import os
import time
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector

from billing_exporter.telemetry.families import header, line

_DESCRIPTORS = "/proc/self/fd"
_STATM = Path("/proc/self/statm")


class ProcessMetrics:
    """The metrics, as far as the system has them: none of the process where there is no /proc."""

    def __init__(self) -> None:
        """Read what does not change."""
        process = [*ProcessCollector(registry=CollectorRegistry()).collect()]
        platform = PlatformCollector(registry=CollectorRegistry()).collect()
        self._has_proc = bool(process)
        self._families = [*chain(process, platform)]

    def text(self, *, openmetrics: bool) -> Iterator[str]:
        """Yield each family as it is now."""
        now = _values() if self._has_proc else {}
        for family in self._families:
            yield header(family.name, family.type, family.documentation, openmetrics=openmetrics)
            for sample in family.samples:
                yield line(sample.name, sample.labels, now.get(sample.name, sample.value))


def _values() -> Mapping[str, float]:
    """Return what changes from scrape to scrape."""
    total, resident, *_ = _STATM.read_bytes().split()
    page = os.sysconf("SC_PAGE_SIZE")
    return {
        "process_virtual_memory_bytes": int(total) * page,
        "process_resident_memory_bytes": int(resident) * page,
        "process_cpu_seconds_total": time.process_time(),
        "process_open_fds": len(os.listdir(_DESCRIPTORS)),  # noqa: PTH208 - iterdir makes paths of them
    }

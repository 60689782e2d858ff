"""Metrics of the process and of Python, with prometheus-client's names and texts.

Its collector reads and parses several files at every scrape, which takes longer than the rest of a
scrape. What never changes is taken from it once, the rest is read here.
"""

import os
import time
from collections.abc import Container, Iterator, Mapping
from itertools import chain

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import Metric

from billing_exporter.telemetry.families import go_number, header, line

_DESCRIPTORS = "/proc/self/fd"
_STATM = "/proc/self/statm"
_STATM_BYTES = 256


class ProcessMetrics:
    """The metrics, as far as the system has them: none of the process where there is no /proc."""

    def __init__(self) -> None:
        """Write what does not change."""
        process = [*ProcessCollector(registry=CollectorRegistry()).collect()]
        platform = PlatformCollector(registry=CollectorRegistry()).collect()
        families = [*chain(process, platform)]
        self._has_proc = bool(process)
        changing = _values() if process else {}
        self._lines = {
            form: [*chain.from_iterable(_lines(family, changing, form) for family in families)]
            for form in (False, True)
        }

    def text(self, *, openmetrics: bool) -> Iterator[str]:
        """Yield the families as they are now."""
        now = _values() if self._has_proc else {}
        for text, name in self._lines[openmetrics]:
            yield f"{text}{name} {go_number(now[name])}\n" if name else text


def _lines(
    family: Metric, changing: Container[str], openmetrics: bool
) -> Iterator[tuple[str, str | None]]:
    """Yield the text of a family: each part, and the name of the value that follows it."""
    text = header(family.name, family.type, family.documentation, openmetrics=openmetrics)
    for sample in family.samples:
        if sample.name in changing:
            yield text, sample.name
            text = ""
        else:
            text += line(sample.name, sample.labels, sample.value)
    yield text, None


def _values() -> Mapping[str, float]:
    """Return what changes from scrape to scrape."""
    file = os.open(_STATM, os.O_RDONLY)
    try:
        total, resident, *_ = os.read(file, _STATM_BYTES).split()
    finally:
        os.close(file)
    page = os.sysconf("SC_PAGE_SIZE")
    return {
        "process_virtual_memory_bytes": int(total) * page,
        "process_resident_memory_bytes": int(resident) * page,
        "process_cpu_seconds_total": time.process_time(),
        "process_open_fds": len(os.listdir(_DESCRIPTORS)),  # noqa: PTH208 - iterdir makes paths of them
    }

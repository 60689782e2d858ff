"""Metrics of the process and of Python, with prometheus-client's names and texts.

Its collector reads and parses several files at every scrape, which takes longer than the rest of a
scrape. What never changes is taken from it once, the rest is read here.
"""

import os
import time
from collections.abc import Container, Iterator, Mapping
from itertools import chain
from weakref import finalize

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import Metric

from billing_exporter.telemetry.families import go_number, header, line

_DESCRIPTORS = "/proc/self/fd"
_STATM_BYTES = 256


class ProcessMetrics:
    """The metrics, as far as the system has them: none of the process where there is no /proc."""

    def __init__(self) -> None:
        """Write what does not change."""
        process = [*ProcessCollector(registry=CollectorRegistry()).collect()]
        platform = PlatformCollector(registry=CollectorRegistry()).collect()
        families = [*chain(process, platform)]
        self._statm = _Statm() if process else None
        changing = _values(self._statm) if self._statm else {}
        self._lines = {
            form: [*chain.from_iterable(_lines(family, changing, form) for family in families)]
            for form in (False, True)
        }

    def text(self, *, openmetrics: bool) -> Iterator[str]:
        """Yield the families as they are now."""
        now = _values(self._statm) if self._statm else {}
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


class _Statm:
    """The memory of the process, by a file that stays open."""

    def __init__(self) -> None:
        self._file = os.open("/proc/self/statm", os.O_RDONLY)
        finalize(self, os.close, self._file)

    def pages(self) -> tuple[int, int]:
        """Return the pages of virtual and of resident memory."""
        total, resident, *_ = os.pread(self._file, _STATM_BYTES, 0).split()
        return int(total), int(resident)


def _values(statm: _Statm) -> Mapping[str, float]:
    """Return what changes from scrape to scrape.

    Each call of the system lets another thread run, for up to 5 ms where one is busy: so there are
    few.
    """
    page = os.sysconf("SC_PAGE_SIZE")
    total, resident = statm.pages()
    return {
        "process_virtual_memory_bytes": total * page,
        "process_resident_memory_bytes": resident * page,
        "process_cpu_seconds_total": time.process_time(),
        "process_open_fds": _open_files(),
    }


def _open_files() -> int:
    """Return how many descriptors are open; systems before Linux 6.2 have to list them."""
    return os.stat(_DESCRIPTORS).st_size or len(os.listdir(_DESCRIPTORS))  # noqa: PTH116, PTH208 - quick

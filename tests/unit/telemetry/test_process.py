"""Metrics of the process: the series of prometheus-client's collectors, with current values."""

import gc
import os
from pathlib import Path

import pytest
from prometheus_client import (
    CollectorRegistry,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from billing_exporter.telemetry.process import ProcessMetrics
from tools.testkit.scrapes import samples_of


def reference(*, openmetrics: bool) -> str:
    """Return what prometheus-client writes about this process."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    write = generate_openmetrics if openmetrics else generate_latest
    return write(registry).decode().removesuffix("# EOF\n")


@pytest.mark.parametrize("openmetrics", [False, True])
def test_the_series_are_those_of_the_client_library(*, openmetrics: bool) -> None:
    """Names, texts and kinds are the library's, and the values are about the same."""
    ours = "".join(ProcessMetrics().text(openmetrics=openmetrics))
    theirs = reference(openmetrics=openmetrics)
    comments = [line for line in ours.splitlines() if line.startswith("#")]
    assert comments == [line for line in theirs.splitlines() if line.startswith("#")]
    found, expected = (
        {(sample.name, *sample.labels.items()): sample.value for sample in samples_of(text)}
        for text in (ours, theirs)
    )
    assert found == pytest.approx(expected, rel=0.2, abs=20)


def test_values_are_current(tmp_path: Path) -> None:
    """A file that is opened and memory that is taken show at the next scrape."""
    metrics = ProcessMetrics()

    def value(name: str) -> float:
        text = "".join(metrics.text(openmetrics=False))
        (found,) = [sample.value for sample in samples_of(text) if sample.name == name]
        return float(found)

    gc.collect()  # what other tests left open is closed now, not between two looks
    descriptors, memory = value("process_open_fds"), value("process_virtual_memory_bytes")
    opened = [os.open(tmp_path, os.O_RDONLY) for _ in range(5)]
    block = bytearray(64 * 1024 * 1024)
    assert value("process_open_fds") == descriptors + len(opened)
    assert value("process_virtual_memory_bytes") >= memory + len(block) / 2
    for descriptor in opened:
        os.close(descriptor)

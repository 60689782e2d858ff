"""The usual way: gauges of prometheus-client, rendered at every scrape."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from prometheus_client import CollectorRegistry, Gauge, generate_latest, start_http_server

from billing_exporter.metrics.family import Metric
from tools.bench import measure, world
from tools.bench.contestants.exporter import COLLECTOR, ORGANIZATION

_VALUES = re.compile('"([^"]*)"')


def registry(series: int) -> CollectorRegistry:
    """Return gauges that hold the samples which our exporter exposes."""
    gauges = CollectorRegistry()
    known: dict[Metric, Gauge] = {}
    for part in COLLECTOR.parts(world.trustors(series)).values():
        for metric, family in COLLECTOR.expose(part).families.items():
            if metric not in known:
                names = metric.all_labels
                known[metric] = Gauge(metric.name, metric.help, names, registry=gauges)
            _set(known[metric], family)
    return gauges


def _set(gauge: Gauge, family: dict[str, Decimal]) -> None:
    for text, value in family.items():
        gauge.labels(ORGANIZATION, *_VALUES.findall(text)).set(float(value))


def works(series: int) -> dict[str, Callable[[], object]]:
    """Prepare to render everything."""
    gauges = registry(series)
    return {"generate_latest": lambda: generate_latest(gauges)}


@contextmanager
def serving(series: int) -> Iterator[str]:
    """Serve the gauges on a free port of the loopback; yield their URL."""
    server, thread = start_http_server(0, "127.0.0.1", registry(series))
    try:
        yield f"http://127.0.0.1:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    if sys.argv[1] == "works":
        measure.perform(works(int(sys.argv[2])))
    else:
        with serving(int(sys.argv[2])) as served_url:
            measure.stay(served_url)

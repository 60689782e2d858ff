"""Our exporter with a world of trustors: what it publishes, and what it serves."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.collectors.settings import TrustorsSettings
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.genesys import OPERATIONS
from billing_exporter.httpd.response import Body
from billing_exporter.httpd.server import WebServer
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.polling.reading import Reading, read
from billing_exporter.telemetry.telemetry import Telemetry
from billing_exporter.web.negotiation import Format
from billing_exporter.web.routes import Routes
from tools.bench import measure, world

ORGANIZATION = "acme"
COLLECTOR = TrustorsCollector(TrustorsSettings())


def works(series: int) -> dict[str, Callable[[], object]]:
    """Prepare to publish a first poll, and a second one in which one trustor of 100 changed."""
    first = world.trustors(series)
    second = world.trustors(series, changed=max(1, len(first.numbers) // 100))
    last = _read(first, None)
    exposition, telemetry = Exposition(CATALOGUE), Telemetry()
    _fill(telemetry, last)

    def publish(reading: Reading) -> None:
        exposition.update(COLLECTOR.name, ORGANIZATION, reading.changed, reading.removed)

    return {
        "whole": lambda: _read(first, None),
        "whole, compressed": lambda: publish(_read(first, None)),
        "changed": lambda: _read(second, last),
        "changed, compressed": lambda: publish(_read(second, last)),
        "live part": lambda: telemetry.live_parts(openmetrics=False),
    }


def _read(data: object, last: Reading | None) -> Reading:
    return read(COLLECTOR, ORGANIZATION, data, world.NOW, last)


@contextmanager
def serving(series: int) -> Iterator[str]:
    """Serve the exposition on a free port of the loopback; yield the metrics' URL."""
    exposition, telemetry = Exposition(CATALOGUE), Telemetry()
    reading = _read(world.trustors(series), None)
    exposition.publish(COLLECTOR.name, ORGANIZATION, reading.changed)
    _fill(telemetry, reading)

    def scrape(form: Format, gzip: bool) -> Body:
        kept, live = telemetry.live_parts(openmetrics=form is Format.OPENMETRICS)
        return exposition.body.pieces(live, gzip=gzip, kept=(kept,))

    site = Routes(scrape=scrape)
    server = WebServer("127.0.0.1:0", site)
    server.start()
    try:
        yield f"{server.url}/metrics"
    finally:
        server.stop()


def _fill(telemetry: Telemetry, reading: Reading) -> None:
    """Return what the exporter of one organization has to tell after a day."""
    for name in CATALOGUE:
        telemetry.interval(ORGANIZATION, name, 21_600)
        telemetry.attempted(ORGANIZATION, name, reading.at)
        telemetry.polled(ORGANIZATION, name, "success", 1.5)
        telemetry.shown(
            ORGANIZATION,
            name,
            reading.at,
            series=reading.series,
            left_out=1,
            labels_cut=1,
            dropped={"missing": 1},
            merged=0,
        )
    for operation in OPERATIONS:
        telemetry.requested(ORGANIZATION, operation, "200", 0.2)
    telemetry.limited(ORGANIZATION, 300, 1)


if __name__ == "__main__":
    if sys.argv[1] == "works":
        measure.perform(works(int(sys.argv[2])))
    else:
        with serving(int(sys.argv[2])) as served_url:
            measure.stay(served_url)

"""Publishing where one customer of many changed, and the usual way beside it: one stream."""

import json
import sys
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.collectors.settings import TrustorsSettings
from billing_exporter.collectors.trustor_overview import TrustorData, condensed
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.genesys.operations import TRUSTEEBILLINGOVERVIEW
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.metrics.rendering import Rendered, render
from tools.bench import measure
from tools.bench.customers import PERIODS, Customers, name
from tools.bench.world import identifier

ORGANIZATION = "acme"
COLLECTOR = TrustorsCollector(TrustorsSettings())
_BATCH = 500
_NAMES = ("current", "previous")


def works(count: int, *, stream: bool = True) -> dict[str, Callable[[], object]]:
    """Prepare an exposition of so many customers, of whom one has other numbers each time.

    Args:
        count: how many customers.
        stream: whether to keep all lines too, for the usual way.
    """
    today = datetime.now(UTC).date()
    customers, later = Customers(count, today), Customers(count, today + timedelta(days=1))
    exposition, kept = published(customers, keep=stream)
    middle = count // 2
    versions = [rendered(later, middle), rendered(customers, middle)]

    def one_changed() -> None:
        versions.reverse()
        exposition.update(COLLECTOR.name, ORGANIZATION, {identifier(middle): versions[0]})

    return {"one changed": one_changed, "one stream": lambda: one_stream(kept)}


def sizes(count: int) -> tuple[int, int]:
    """Return the bytes of the body with gzip, and those of one stream."""
    exposition, kept = published(Customers(count, datetime.now(UTC).date()), keep=True)
    return len(b"".join(exposition.body.pieces(b"", gzip=True))), len(one_stream(kept))


def published(customers: Customers, *, keep: bool) -> tuple[Exposition, dict[str, Rendered]]:
    """Publish all customers, batch by batch; return their lines too, if they are to be kept."""
    count = customers.count
    exposition = Exposition(CATALOGUE)
    kept: dict[str, Rendered] = {}
    for first in range(0, count, _BATCH):
        batch = range(first, min(first + _BATCH, count))
        parts = {identifier(each): rendered(customers, each) for each in batch}
        exposition.update(COLLECTOR.name, ORGANIZATION, parts)
        if keep:
            kept |= parts
    return exposition, kept


def rendered(customers: Customers, number: int) -> Rendered:
    """Return the lines of a customer."""
    decode = TRUSTEEBILLINGOVERVIEW.decoder.decode
    overviews = {
        _NAMES[period]: decode(customers.overview(number, period)).value
        for period in range(PERIODS)
    }
    periods = condensed(overviews, zero_rows=False)
    return render(
        COLLECTOR.expose(TrustorData.of(identifier(number), name(number), periods)), ORGANIZATION
    )


def one_stream(parts: dict[str, Rendered]) -> bytes:
    """Join all lines and deflate them as one stream, with its checksum."""
    lines = (
        part.lines[metric]
        for metric in COLLECTOR.metrics
        for part in parts.values()
        if metric in part.lines
    )
    text = b"".join(lines)
    deflater = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return deflater.compress(text) + deflater.flush()


if __name__ == "__main__":
    if sys.argv[2] == "sizes":
        print(json.dumps(sizes(int(sys.argv[1]))))
    else:
        measure.perform(works(int(sys.argv[1]), stream=sys.argv[2] == "stream"))

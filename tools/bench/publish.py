"""Cost of publishing a reading, beside rendering the usual gauges."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial

from tools.bench import measure
from tools.bench.measure import Worker
from tools.bench.report import Aim, Finding
from tools.bench.scale import AIMED_AT, Scale

# The times aimed at, in milliseconds, beside 1,332 for generate_latest on the same machine.
AIMS = {"whole": 150 / 1332, "changed": 25 / 1332}
_STOCK = "generate_latest"
_WHAT = {
    "whole": "publish {series:,} series, before compression",
    "whole, compressed": "publish {series:,} series, compressed",
    "changed": "the same where 1 % of the trustors changed, before compression",
    "changed, compressed": "the same, compressed",
}


def findings(scale: Scale) -> Iterator[Finding]:
    """Measure the largest size, in processor time."""
    series = max(scale.series)
    with (
        closing(Worker("tools.bench.contestants.exporter", "works", series)) as ours,
        closing(Worker("tools.bench.contestants.stock", "works", series)) as stock,
    ):
        costs = measure.interleaved(
            {
                **{work: partial(ours.cost, work) for work in (*_WHAT, "live part")},
                _STOCK: partial(stock.cost, _STOCK),
            },
            scale.rounds,
        )
    medians = {name: measure.median_cost(each) for name, each in costs.items()}
    theirs = medians[_STOCK]
    for work, what in _WHAT.items():
        aim = Aim(ratio=AIMS[work]) if work in AIMS and series == AIMED_AT else None
        yield Finding(
            what.format(series=series),
            "ms",
            1000 * medians[work].cpu,
            _STOCK,
            1000 * theirs.cpu,
            aim,
        )
    peak, their_peak = (
        measure.mebibytes(cost.peak) for cost in (medians["changed, compressed"], theirs)
    )
    what = "peak memory of that, two readings and the body"
    yield Finding(what, "MiB", peak, _STOCK, their_peak)
    yield Finding(
        "the live part about the exporter, at each scrape", "ms", 1000 * medians["live part"].cpu
    )

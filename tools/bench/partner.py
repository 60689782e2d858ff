"""The cost of many customers: publishing one of them, and the exporter's life with all of them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.bench import measure
from tools.bench.measure import Cost, Worker
from tools.bench.partner_run import Life, first_shown, live
from tools.bench.report import Aim, Finding
from tools.bench.scale import Scale
from tools.paths import ROOT

_MODULE = "tools.bench.contestants.partner"
_API = "tools.bench.contestants.partner_api"
_STREAM = "one stream"
_ONE_CHANGED = "one changed"
# Above so many customers the lines of all would fill the memory; the stream is calculated.
_MOST_STREAMED = 2_000
# The API's headers allow as many requests as the exporter can make.
_UNLIMITED = 999_999_999
_LIMIT = 300
_PACED_SECONDS = 45.0
BEFORE = "BENCH_BEFORE"
"""Names the checkout of a version to compare with."""
# A version that keeps all text would need gigabytes for more customers.
_MOST_BEFORE = 2_000
_MOST = {
    (10_000, "memory, peak of two sweeps"): Aim(value=256.0),
    (10_000, "restart to a scrape of all"): Aim(value=1.0),
}


def findings(scale: Scale) -> Iterator[Finding]:
    """Measure each size."""
    yield from _publishing(scale)
    for count in scale.customers:
        yield from _life(count)
        yield from _paced(count)


def _publishing(scale: Scale) -> Iterator[Finding]:
    per_customer = 0.0
    for count in scale.published:
        what = f"publish, 1 of {count:,} customers changed"
        if count <= _MOST_STREAMED:
            costs = _costs(count, scale.rounds, "stream")
            stream = costs[_STREAM].cpu
            per_customer, note = stream / count, _STREAM
            yield _size(count)
        else:
            costs = _costs(count, scale.rounds, "changes")
            stream, note = per_customer * count, f"{_STREAM}, calculated"
        aim = Aim(ratio=1 / 10 if count <= _MOST_STREAMED else 1 / 40)
        ours = 1000 * costs[_ONE_CHANGED].cpu
        yield Finding(what, "ms", ours, note, 1000 * stream if stream else None, aim)


def _costs(count: int, rounds: int, mode: str) -> dict[str, Cost]:
    works = (_ONE_CHANGED, _STREAM) if mode == "stream" else (_ONE_CHANGED,)
    with closing(Worker(_MODULE, count, mode)) as worker:
        worker.cost(_ONE_CHANGED)
        costs = measure.interleaved(
            {work: partial(worker.cost, work) for work in works}, max(rounds, 5)
        )
    return {name: measure.median_cost(each) for name, each in costs.items()}


def _size(count: int) -> Finding:
    command = (sys.executable, "-m", _MODULE, str(count), "sizes")
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    ours, stream = (each / 1024 for each in json.loads(output))
    return Finding(f"gzip body of {count:,} customers", "KiB", ours, _STREAM, stream, Aim(1.1))


def _life(count: int) -> Iterator[Finding]:
    """Let an exporter read all customers twice and start again, and the one before beside it."""
    ours = _lived(count, ROOT)
    place = os.environ.get(BEFORE)
    before = _lived(count, Path(place)) if place and count <= _MOST_BEFORE else None
    rows = (
        ("memory, peak of two sweeps", "MiB", lambda life: measure.mebibytes(life.peak), 1 / 6),
        ("first sweep, no limit", "s", lambda life: life.seconds, None),
        ("its processor time", "s", lambda life: life.cpu, 1.2),
        ("longest gzip scrape of two sweeps", "ms", lambda life: 1000 * life.longest_scrape, 1 / 2),
        ("restart to a scrape of all", "s", lambda life: life.restart_seconds, 1 / 4),
    )
    for what, unit, value_of, ratio in rows:
        who = f"{count:,} customers: {what}"
        if before is not None:
            aim = Aim(ratio=ratio) if ratio else None
            yield Finding(who, unit, value_of(ours), "before", value_of(before), aim)
        else:
            yield Finding(who, unit, value_of(ours), aim=_MOST.get((count, what)))


def _lived(count: int, place: Path) -> Life:
    with (
        measure.service(_API, count, _UNLIMITED) as url,
        TemporaryDirectory() as folder,
    ):
        return live(url, count, Path(folder), place)


def _paced(count: int) -> Iterator[Finding]:
    """Let an exporter begin at the API's limit, and see what its scrapes show."""
    with (
        measure.service(_API, count, _LIMIT) as url,
        TemporaryDirectory() as folder,
    ):
        begun = first_shown(url, count, Path(folder), _PACED_SECONDS)
    who = f"{count:,} customers at {_LIMIT} requests a minute"
    aim = Aim(value=15)
    yield Finding(f"{who}: start to the first on /metrics", "s", begun.first_seconds, aim=aim)
    lag = Aim(value=10)
    yield Finding(f"{who}: read to shown, longest", "s", begun.longest_lag, aim=lag)
    yield Finding(f"{who}: read and lost by kill -9", "s of reading", begun.lost_seconds, aim=lag)

"""The cost of many customers: publishing one of them, and the exporter's life with all of them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.bench import measure
from tools.bench.measure import Cost, Worker
from tools.bench.partner_run import Life, Sweep, first_shown, live
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
MOST_MEBIBYTES = {10_000: 256.0}


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
    """Let an exporter read all customers twice, start again, and be killed in a first sweep."""
    who = f"{count:,} customers"
    with (
        measure.service(_API, count, _UNLIMITED) as url,
        TemporaryDirectory() as folder,
    ):
        life: Life = live(url, count, Path(folder))
    first: Sweep = life.first
    peak = measure.mebibytes(life.peak)
    aim = Aim(value=MOST_MEBIBYTES[count]) if count in MOST_MEBIBYTES else None
    yield Finding(f"{who}: memory, peak of two sweeps", "MiB", peak, aim=aim)
    yield Finding(f"{who}: first sweep, no limit", "s", first.seconds)
    yield Finding(f"{who}: its processor time", "s", first.cpu)
    yield Finding(f"{who}: longest gzip scrape meanwhile", "ms", 1000 * first.longest_scrape)
    yield Finding(f"{who}: restart to a scrape of all", "s", life.restart_seconds)


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

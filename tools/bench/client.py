"""Cost of the API client, beside the vendor's SDK."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from importlib.util import find_spec

from tools.bench import measure
from tools.bench.measure import Cost, Worker
from tools.bench.report import Aim, Finding
from tools.bench.scale import Scale

_OURS, _SDK = "tools.bench.contestants.client", "tools.bench.contestants.sdk"
_NAME = "the SDK"


def findings(scale: Scale) -> Iterator[Finding]:
    """Measure every kind of answer, in processor time; each in a fresh process."""
    overviews = f"{scale.overviews:,} overviews of 40 rows"
    report = f"a usage report of {scale.resources:,} resources"
    with measure.service("tools.bench.contestants.api", scale.resources, scale.pages) as url:
        run = partial(_run, url, scale)
        plain = run("overviews")
        yield _cpu(overviews, *plain, Aim(ratio=1 / 7))
        yield _memory(overviews, *plain)
        yield _cpu(f"{overviews}, each with a row of blank numbers", *run("blank"))
        counted = run("counted", "report")
        yield _cpu(f"{report}, counted", *counted, Aim(ratio=1 / 50))
        yield _memory(f"{report}, counted", *counted)
        full = run("report")
        yield _cpu(f"{report}, every field", *full)
        yield _memory(f"{report}, every field", *full)
        invoices = run("invoices")
        yield _cpu(f"{scale.pages} pages of 200 invoices", *invoices, Aim(ratio=1 / 20))
        yield _memory(f"{scale.pages} pages of 200 invoices", *invoices)
        yield _memory("nothing but the import", *run("nothing"))


def _run(url: str, scale: Scale, ours: str, theirs: str | None = None) -> tuple[Cost, Cost | None]:
    """Return the median costs of our work and of theirs, if the SDK is there."""
    contestants = {_OURS: partial(_cost, _OURS, url, scale, ours)}
    if find_spec("PureCloudPlatformClientV2"):
        contestants[_SDK] = partial(_cost, _SDK, url, scale, theirs or ours)
    costs = measure.interleaved(contestants, scale.starts)
    medians = {name: measure.median_cost(each) for name, each in costs.items()}
    return medians[_OURS], medians.get(_SDK)


def _cpu(what: str, ours: Cost, theirs: Cost | None, aim: Aim | None = None) -> Finding:
    return Finding(f"{what}: CPU", "s", ours.cpu, _NAME, theirs.cpu if theirs else None, aim)


def _memory(what: str, ours: Cost, theirs: Cost | None) -> Finding:
    peak = measure.mebibytes(theirs.peak) if theirs else None
    return Finding(f"{what}: memory", "MiB", measure.mebibytes(ours.peak), _NAME, peak)


def _cost(module: str, url: str, scale: Scale, work: str) -> Cost:
    with closing(Worker(module, url, scale.overviews)) as worker:
        return worker.cost(work)

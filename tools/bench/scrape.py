"""Cost of a scrape, beside the usual way and beside nginx with the same bytes."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from functools import partial
from statistics import median

from tools.bench import measure
from tools.bench.contestants import nginx
from tools.bench.report import Aim, Finding
from tools.bench.scale import AIMED_AT, Scale
from tools.bench.scraper import Scraper
from tools.testkit.components import find

AT_A_TIME = 20
"""Scrapes per round, but of the stock exposition, which is too slow for more than one."""
_OURS, _STOCK, _NGINX = "ours", "prometheus-client", "nginx"


def findings(scale: Scale) -> Iterator[Finding]:
    """Measure every size, plain and compressed."""
    for series in scale.series:
        with ExitStack() as servers:
            urls = _serve(servers, series)
            for gzip in (True, False):
                aims = gzip and series == AIMED_AT
                yield from _compare(urls, series, scale.rounds, gzip=gzip, aims=aims)


def _serve(servers: ExitStack, series: int) -> dict[str, str]:
    """Start whom there is to compare."""

    def start(name: str) -> str:
        module = f"tools.bench.contestants.{name}"
        return servers.enter_context(measure.service(module, "serving", series))

    urls = {_OURS: start("exporter"), _STOCK: start("stock")}
    program = find("nginx")
    if program is not None:
        urls[_NGINX] = servers.enter_context(nginx.serving(program, urls[_OURS]))
    return urls


def _compare(
    urls: Mapping[str, str], series: int, rounds: int, *, gzip: bool, aims: bool
) -> Iterator[Finding]:
    with ExitStack() as stack:
        scrapers = {
            name: stack.enter_context(closing(Scraper(url, gzip=gzip)))
            for name, url in urls.items()
        }
        measured = measure.interleaved(
            {
                name: partial(_milliseconds, scraper, 1 if name == _STOCK else AT_A_TIME)
                for name, scraper in scrapers.items()
            },
            rounds,
        )
    medians = {name: median(values) for name, values in measured.items()}
    what = f"scrape of {series:,} series, {'gzip' if gzip else 'plain'}"
    for name, aim in ((_STOCK, 1 / 500), (_NGINX, 1.5)):
        if name in medians:
            yield Finding(
                what, "ms", medians[_OURS], name, medians[name], Aim(ratio=aim) if aims else None
            )


def _milliseconds(scraper: Scraper, times: int) -> float:
    """Return the median of so many scrapes that follow each other."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        scraper.scrape()
        taken.append(time.perf_counter() - start)
    return 1000 * median(taken)

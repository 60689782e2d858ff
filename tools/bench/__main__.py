"""Measure, and print the findings as Markdown; run from the repository's root."""

import argparse
import dataclasses
import platform
import time
from collections.abc import Callable, Iterator

from tools.bench import client, forecast, pacing, pages, partner, publish, scrape, start
from tools.bench.report import Finding, table
from tools.bench.scale import FULL, QUICK, Scale

MEASURES: dict[str, Callable[[Scale], Iterator[Finding]]] = {
    "scrape": scrape.findings,
    "publish": publish.findings,
    "client": client.findings,
    "start": start.findings,
    "pacing": pacing.findings,
    "forecast": forecast.findings,
    "pages": pages.findings,
    "scale": partner.findings,
}


def main() -> None:
    """Measure what the command line names, or everything."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"of {', '.join(MEASURES)}")
    parser.add_argument("--rounds", type=int, help="how often everyone is measured")
    parser.add_argument("--quick", action="store_true", help="small sizes, in less than a minute")
    arguments = parser.parse_args()
    if unknown := set(arguments.measures) - set(MEASURES):
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(MEASURES)}")
    scale = QUICK if arguments.quick else FULL
    if arguments.rounds:
        scale = dataclasses.replace(scale, rounds=arguments.rounds)
    print(f"Python {platform.python_version()}, {platform.machine()}, medians of interleaved runs")
    for name in arguments.measures or MEASURES:
        began = time.monotonic()
        print(f"\n### {name}\n\n{table(MEASURES[name](scale))}", end="", flush=True)
        print(f"\nMeasured in {time.monotonic() - began:.0f} s.", flush=True)


if __name__ == "__main__":
    main()

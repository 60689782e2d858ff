"""Walk the forecast forward over generated and real series, and print what came out as Markdown."""

import argparse
import sys
from collections.abc import Iterable, Iterator

from tools.forecast_report import generated, real
from tools.forecast_report.report import page, table
from tools.forecast_report.series import Daily
from tools.forecast_report.walk import Outcome, Walked, walk
from tools.paths import ROOT

PAGE = ROOT / "docs" / "forecast.md"
SEED = 7
CHARGES = 252  # generated ones that add up
OTHERS = 90  # licences and storage
COUNTED = 12  # periods of a generated series
NEWEST = 24  # periods of a real one at each anchor, so that no series outweighs the others
ANCHORS = (1, 11, 21)
CALLS = "calls of a bank"


def main() -> int:
    """Print the report, and write it into the page where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tools.forecast_report", description=__doc__)
    parser.add_argument("--charges", type=int, default=CHARGES, help="generated charges")
    parser.add_argument("--write", action="store_true", help="write the report to docs/forecast.md")
    arguments = parser.parse_args()
    lines = list(_generated(arguments.charges))
    missing = ""
    try:
        lines += _real(real.series())
    except real.MissingDataError as error:
        missing = f"NO REAL SERIES WERE MEASURED: not installed: {error}."
        lines += ["", missing]
    report = "\n".join(lines).strip()
    print(report)
    if missing:
        print(missing, file=sys.stderr)
        return 1
    if arguments.write:
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), report), encoding="utf-8")
    return 0


def _generated(charges: int) -> Iterator[str]:
    sums = [walk(each, newest=COUNTED) for each in generated.sums(charges, SEED)]
    settled = [outcome for each in sums for outcome in each.settled]
    installed = [outcome for each in sums for outcome in each.installed]
    yield from _section(f"Generated: {charges} charges that add up, watched for a year", settled)
    yield from _section("The same, by an exporter installed in that period", installed)
    others = list(generated.others(OTHERS * charges // CHARGES or 3, SEED))
    for name in ("licences", "storage"):
        walked = [walk(each, newest=COUNTED) for each in others if each.name == name]
        yield from _section(f"Generated: {name}", [one for each in walked for one in each.settled])


def _real(every: Iterable[Daily]) -> Iterator[str]:
    walked: dict[str, list[Walked]] = {
        each.name: [walk(each, anchor=anchor, newest=NEWEST) for anchor in ANCHORS]
        for each in every
    }
    usual = {name: found for name, found in walked.items() if name != real.BURSTS}
    yield from _section(
        f"Real: {', '.join(usual)}", [one for found in usual.values() for one in _settled(found)]
    )
    yield from _section(f"Of which {CALLS}", _settled(walked[CALLS]))
    yield from _section(f"Real, a case of bursts: {real.BURSTS}", _settled(walked[real.BURSTS]))


def _settled(walked: Iterable[Walked]) -> list[Outcome]:
    return [one for each in walked for one in each.settled]


def _section(title: str, outcomes: Iterable[Outcome]) -> list[str]:
    return ["", f"### {title}", "", *table(outcomes)]


if __name__ == "__main__":
    raise SystemExit(main())

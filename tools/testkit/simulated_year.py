"""A simulated year of a partner, read over HTTP, and its export."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from billing_exporter.collectors.settings import EVERY_COLLECTOR
from billing_exporter.export import live
from billing_exporter.export.build import FOCUS_DATASETS, Export, Wanted, export
from billing_exporter.export.source import Source
from billing_exporter.export.spans import Selection
from billing_exporter.export.tables import Table
from billing_exporter.simulator import Options, Simulator
from tools.testkit.recorded_api import client_at

START = datetime(2026, 11, 28, 12, tzinfo=UTC)
FIRST = date(2025, 12, 1)


@dataclass(frozen=True)
class Year:
    """A simulated partner whose time stands still, and what was read of it."""

    simulator: Simulator
    source: Source

    def exported(self, *datasets: str, first: date | None = FIRST, version: str = "1.4") -> Export:
        """Return the export of the periods since a day, or of the last two."""
        wanted = Wanted(
            datasets=datasets or FOCUS_DATASETS,
            selection=Selection(START.date(), first=first),
            version="1.2" if version == "1.2" else "1.4",
        )
        return export([self.source], wanted)


@contextmanager
def simulated_year(trustors: int = 6) -> Iterator[Year]:
    """Simulate a partner and read a year of it."""
    options = Options(
        address="127.0.0.1:0",
        start=START,
        time_scale=0,
        rate_limit=0,
        in_progress=0,
        trustors=trustors,
    )
    with Simulator(options) as simulator:
        api = client_at(simulator.url)
        selection = Selection(START.date(), first=FIRST)
        reading = live.read(api, "acme", EVERY_COLLECTOR, selection)
        api.close()
        assert reading.not_read == []
        yield Year(simulator, reading.source)


def joined(made: Export, dataset: str) -> Table:
    """Return the periods of a dataset as one table."""
    tables = [table for table in made.tables if table.dataset == dataset]
    rows = tuple(row for table in tables for row in table.rows)
    first = tables[0]
    return Table(dataset, first.period, tables[-1].end, first.columns, rows, first.guarded)

"""Shards that keep their readings, restarted one by one and changed in number, as a chart does."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tools.paths import ROOT
from tools.testkit.components import require
from tools.testkit.processes import Program, clean_environment, serving, simulating
from tools.testkit.prometheus_server import PrometheusServer, running_prometheus
from tools.testkit.scrapes import Scrape, wait_until_polled

CUSTOMERS = 12
# Each answer takes so long that a sweep is seen while it runs.
WORLD = ("--trustors", str(CUSTOMERS), "--rate-limit", "0", "--latency", "0.1")
CONFIGURATION = """\
organizations:
  - name: demo
    api_url: ${API_URL}
    client_id: demo
    client_secret: demo
    collectors:
      invoices: {lines: none}
      trustors: {history: 0, concurrency: 1}
"""
RULES = sorted((ROOT / "prometheus" / "rules").glob("records_*.yml"))
TOTAL = "organization_currency:trustor_estimated_overage_amount:sum"
READ = "count(count by (trustor_id) (genesyscloud_billing_trustor_period_end_timestamp_seconds))"


@dataclass
class Shards:
    """Exporters with a folder each, which Prometheus finds by their number.

    Attributes:
        prometheus: scrapes them.
        running: what runs, by its number.
    """

    stack: ExitStack
    folder: Path
    simulator: Program
    prometheus: PrometheusServer
    running: dict[int, Program] = field(default_factory=dict)

    def begin(self, index: int, count: int) -> Program:
        """Start one shard on its folder."""
        flags = ["--config.file", str(self.folder / "config.yml")]
        flags += ["--state.dir", str(self.folder / f"state-{index}")]
        flags += ["--shard.count", str(count), "--shard.index", str(index)]
        environ = clean_environment(API_URL=self.simulator.url)
        program = self.stack.enter_context(serving(environ, *flags))
        self.running[index] = program
        self._tell()
        return program

    def end(self, *indexes: int) -> None:
        """Stop shards."""
        for index in indexes:
            assert self.running.pop(index).end() == 0
        self._tell()

    def wait(self, count: int) -> float:
        """Wait until each shard has polled and the total over all is recorded; return the time."""
        for program in self.running.values():
            wait_until_polled(program.url)
        self.prometheus.wait_for(f"sum(up) == {count}")
        self.prometheus.wait_for(TOTAL)
        return time.time()

    def _tell(self) -> None:
        found = [
            {
                "targets": [program.url.removeprefix("http://")],
                "labels": {"instance": f"shard-{index}"},
            }
            for index, program in self.running.items()
        ]
        (self.folder / "new.json").write_text(json.dumps(found))
        (self.folder / "new.json").replace(self.folder / "targets.json")


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shards]:
    """A simulator, a Prometheus with the rules, and no shard yet."""
    folder = tmp_path_factory.mktemp("shards")
    (folder / "config.yml").write_text(CONFIGURATION)
    (folder / "targets.json").write_text("[]")
    found = {"files": [str(folder / "targets.json")], "refresh_interval": "1s"}
    job = {"job_name": "billing", "file_sd_configs": [found]}
    with ExitStack() as stack:
        simulator = stack.enter_context(simulating(*WORLD))
        prometheus = stack.enter_context(
            running_prometheus(require("prometheus-3"), jobs=[job], rules=RULES)
        )
        yield Shards(stack, folder, simulator, prometheus)


def _ever(prometheus: PrometheusServer, expression: str, since: float, until: float) -> list[float]:
    """Return all values that an expression had, of all its series."""
    span = {"start": f"{since:.3f}", "end": f"{until:.3f}", "step": "1"}
    answer = prometheus.get("/api/v1/query_range", query=expression, **span)
    return [float(value) for row in answer["data"]["result"] for _, value in row["values"]]


def test_restarts_and_changed_numbers_lose_no_series_and_show_no_small_total(
    shards: Shards,
) -> None:
    """A restarted shard shows all of its customers at its first scrape; a shard of another number
    reads its own again, the first one keeps the organization's own numbers; and whatever happens
    the recorded total over customers is the whole one or absent.
    """
    for index in range(2):
        shards.begin(index, 2)
    began = shards.wait(2)
    whole = {
        row["metric"]["currency"]: float(row["value"][1]) for row in shards.prometheus.query(TOTAL)
    }
    assert whole

    before = _shown(shards.running[1])
    shards.end(1)
    assert _shown(shards.begin(1, 2)) == before
    shards.wait(2)

    # As a StatefulSet replaces its pods: a pod is ready once it listens.
    for count, indexes in ((3, (2, 1, 0)), (2, (1, 0))):
        shards.end(*[index for index in shards.running if index >= count])
        for index in indexes:
            if index in shards.running:
                shards.end(index)
            scrape = Scrape.of(shards.begin(index, count).url)
            assert scrape.value("waiting", collector="trustors") == 1
            assert scrape.value("trustors_without_reading") is None
            own = scrape.value("restored", collector="invoices")
            assert own == (1 if index == 0 else None)
        ended = shards.wait(count)
        assert sum(len(_shown(program)) for program in shards.running.values()) == _read(shards)

    for currency, total in whole.items():
        seen = _ever(shards.prometheus, f'{TOTAL}{{currency="{currency}"}}', began, ended)
        assert seen == pytest.approx([total] * len(seen))
    absent = _ever(shards.prometheus, f"absent({TOTAL})", began, ended)
    assert absent  # there were sweeps in which it would have been too small
    assert min(_ever(shards.prometheus, READ, began, ended)) < _read(shards)
    assert max(_ever(shards.prometheus, READ, began, ended)) == _read(shards)


def _shown(program: Program) -> set[str]:
    """Return the customers of an exporter that have numbers."""
    rows = Scrape.of(program.url).rows("trustor_period_end_timestamp_seconds")
    return {row.labels["trustor_id"] for row in rows}


def _read(shards: Shards) -> int:
    (row,) = shards.prometheus.query(READ)
    return int(row["value"][1])

"""Months of the demo's world: a Prometheus whose blocks hold what an exporter would have shown.

The simulator starts in the past and its clock leaps; after each leap the exporter polls
everything, and what a scrape then shows is written down with that time. promtool makes blocks of
it. At the end the clock is that of the machine, and Prometheus scrapes the exporter as usual.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from billing_exporter.app import App, build
from billing_exporter.commands.demo import settings_for
from billing_exporter.simulator import Options, Simulator
from billing_exporter.web.negotiation import Format
from tools.paths import RULES
from tools.testkit.prometheus_server import PrometheusServer, running_prometheus

_STEP = timedelta(days=1)
_CLOSE = timedelta(days=2)  # before now, steps are an hour: so far look the panels about polls
_CLOSE_STEP = timedelta(hours=1)
# A sample is looked at for longer than a step, else lines over days would have holds in them.
LOOKBACK = "25h"
_SETTINGS = {"storage.tsdb.retention.time": "500d", "query.lookback-delta": LOOKBACK}
_BLOCK = "--max-block-duration=744h"
_SOURCE = 'job="exporter",instance="demo"'
_WAITING = re.compile(r"^ +for: .*\n", re.MULTILINE)
_SAMPLE = re.compile(rb"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")


@dataclass(frozen=True)
class Programs:
    """The real programs that it takes."""

    prometheus: Path
    promtool: Path


@contextmanager
def watched(programs: Programs, days: int) -> Iterator[PrometheusServer]:
    """Run a Prometheus that has watched the demo for so many days, and watches it on.

    Its alerts do not wait: what ``for`` says is left out, since the rules run for moments only.
    """
    with tempfile.TemporaryDirectory() as name, _world(days) as (simulator, app):
        folder = Path(name)
        steps = [*_steps(simulator.now(), datetime.now(UTC))]
        _write_down(simulator, app, steps, folder / "history.om")
        _make_blocks(programs.promtool, folder / "history.om", folder / "data")
        app.server.start()
        app.exporter.start(spread=0)
        try:
            target = app.server.url.removeprefix("http://")
            statics = [{"targets": [target], "labels": {"instance": "demo"}}]
            with running_prometheus(
                programs.prometheus,
                scrape={"static_configs": statics},
                rules=_rules_that_do_not_wait(folder / "rules"),
                data=folder / "data",
                settings=_SETTINGS,
            ) as server:
                server.wait_for("organization_contract_wallet:runway:days")
                server.wait_for('ALERTS{alertstate="firing"}')
                yield server
        finally:
            app.server.stop()
            app.exporter.stop()


@contextmanager
def _world(days: int) -> Iterator[tuple[Simulator, App]]:
    start = datetime.now(UTC) - timedelta(days=days)
    options = Options(address="127.0.0.1:0", start=start, rate_limit=1_000_000)
    with Simulator(options) as simulator:
        settings = settings_for(simulator.url, time_scale=1)
        yield simulator, build(settings, address="127.0.0.1:0", now=simulator.now)


def _steps(first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the times of the polls; towards the end they are closer."""
    at = first
    while at < last - _CLOSE_STEP / 2:
        yield at
        at += _STEP if at < last - _CLOSE else _CLOSE_STEP


def _write_down(simulator: Simulator, app: App, steps: list[datetime], file: Path) -> None:
    """Let time leap from step to step and write what a scrape shows at each."""
    with file.open("wb") as output:
        for step in steps:
            _leap(simulator, step)
            app.exporter.poll_once()
            text = b"".join(app.exporter.scrape(Format.TEXT, gzip=False))
            output.writelines(samples(text, step.timestamp()))
        output.write(b"# EOF\n")
    _leap(simulator, datetime.now(UTC))


def _leap(simulator: Simulator, to: datetime) -> None:
    simulator.service.advance(max(0.0, (to - simulator.now()).total_seconds()))


def samples(exposition: bytes, at: float) -> Iterator[bytes]:
    """Yield the samples of a scrape as lines of OpenMetrics with a time, in seconds."""
    for line in exposition.splitlines():
        if found := _SAMPLE.match(line):
            name, labels, value = found.groups()
            source = _SOURCE.encode() + (b"," + labels if labels else b"")
            yield b"%s{%s} %s %.3f\n" % (name, source, value, at)


def _make_blocks(promtool: Path, file: Path, data: Path) -> None:
    data.mkdir()
    command = [promtool, "tsdb", "create-blocks-from", _BLOCK, "openmetrics", file, data]
    subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL)


def _rules_that_do_not_wait(folder: Path) -> list[Path]:
    folder.mkdir()
    for path in sorted(RULES.glob("*.yml")):
        text = _WAITING.sub("", path.read_text(encoding="utf-8"))
        (folder / path.name).write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())

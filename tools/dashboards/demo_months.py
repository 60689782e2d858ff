"""Months of the demo's world: a Prometheus whose blocks hold what an exporter would have shown.

The simulator starts in the past and its clock leaps; after each leap the exporter polls
everything, and what a scrape then shows is written down with that time. promtool makes blocks of
it. At the end the clock is that of the machine, and Prometheus scrapes the exporter as usual; it
polls no more.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from billing_exporter.app import App, build
from billing_exporter.commands.demo import settings_for
from billing_exporter.config import Settings
from billing_exporter.simulator import Options, Simulator
from billing_exporter.web.negotiation import Format
from tools.paths import RULES
from tools.testkit.prometheus_server import PrometheusServer, running_prometheus

_DAY = timedelta(days=1)
# A sample is looked at for longer than a step, else lines over days would have holds in them.
LOOKBACK = "25h"
_SETTINGS = {"storage.tsdb.retention.time": "500d", "query.lookback-delta": LOOKBACK}
# A scrape that fails ends all series, and the exporter shares a process with what looks at it.
_PATIENT = {"scrape_interval": "3s", "scrape_timeout": "3s"}
PATIENCE = 180.0  # seconds; on a busy machine rules over months take long
_BLOCK = "--max-block-duration=744h"
_SOURCE = 'job="exporter",instance="demo"'
_FACTOR = 1.03  # by which the usage of a settled period is changed
_CHANGE_DAY, _SEEN_DAY = 13, 22
_WAITING = re.compile(r"^ +for: .*\n", re.MULTILINE)
_SAMPLE = re.compile(rb"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")


@dataclass(frozen=True)
class Programs:
    """The real programs that it takes."""

    prometheus: Path
    promtool: Path


@dataclass(frozen=True, kw_only=True)
class Past:
    """What lies before now.

    Attributes:
        days: how long it is.
        step: time between two polls.
        close: how long before now the steps become smaller, for panels about polls look so far.
        close_step: time between two polls from then on.
        trustors: customers of the demo.
        history: closed periods that the first poll reads of each customer and contract.
    """

    days: int
    step: timedelta = _DAY
    close: timedelta = timedelta(days=3)
    close_step: timedelta = timedelta(hours=1)
    trustors: int = 12
    history: int = 12

    def steps(self, last: datetime) -> Iterator[datetime]:
        """Yield the times of the polls before now."""
        at, near = last - timedelta(days=self.days), last - self.close
        while at < last - self.close_step / 2:
            yield at
            at = min(at + self.step, near) if at < near else at + self.close_step


@contextmanager
def watched(programs: Programs, past: Past) -> Iterator[PrometheusServer]:
    """Run a Prometheus that has watched the demo for some time, and watches it on.

    Its alerts do not wait: what ``for`` says is left out, since the rules run for moments only.
    """
    with tempfile.TemporaryDirectory() as name, _world(past) as (simulator, app):
        folder = Path(name)
        steps = polls(past, datetime.now(UTC))
        _write_down(simulator, app, steps, folder / "history.om")
        _make_blocks(programs.promtool, folder / "history.om", folder / "data")
        app.server.start()
        try:
            target = app.server.url.removeprefix("http://")
            statics = [{"targets": [target], "labels": {"instance": "demo"}}]
            with running_prometheus(
                programs.prometheus,
                scrape={"static_configs": statics, **_PATIENT},
                rules=_rules_that_do_not_wait(folder / "rules"),
                data=folder / "data",
                settings=_SETTINGS,
            ) as server:
                server.wait_for("organization_contract_wallet:runway:days", timeout=PATIENCE)
                server.wait_for('ALERTS{alertstate="firing"}', timeout=PATIENCE)
                yield server
        finally:
            app.server.stop()
            app.exporter.stop()


@contextmanager
def _world(past: Past) -> Iterator[tuple[Simulator, App]]:
    options = Options(
        address="127.0.0.1:0",
        start=datetime.now(UTC) - timedelta(days=past.days),
        rate_limit=1_000_000,
        trustors=past.trustors,
    )
    with Simulator(options) as simulator:
        settings = _with_history(settings_for(simulator.url, time_scale=1), past.history)
        yield simulator, build(settings, address="127.0.0.1:0", now=simulator.now)


def _with_history(settings: Settings, periods: int) -> Settings:
    """Return settings that read so many closed periods."""
    replace = msgspec.structs.replace
    (one,) = settings.organizations
    names = "contracts", "trustors"
    changed = {name: replace(getattr(one.collectors, name), history=periods) for name in names}
    collectors = replace(one.collectors, **changed)
    return replace(settings, organizations=(replace(one, collectors=collectors),))


def _write_down(simulator: Simulator, app: App, steps: list[datetime], file: Path) -> None:
    """Let time leap from step to step and write what a scrape shows at each."""
    period, restated_on = restatement(steps[-1])
    with file.open("wb") as output:
        for step in steps:
            _leap(simulator, step)
            if step.date() >= restated_on:
                simulator.service.set_faults([f"restated:factor={_FACTOR},period={period}"])
            app.exporter.poll_once()
            _export(app, step)
            text = b"".join(app.exporter.scrape(Format.TEXT, gzip=False))
            output.writelines(samples(text, step.timestamp()))
        output.write(b"# EOF\n")
    _leap(simulator, datetime.now(UTC))
    app.exporter.poll_once()
    _export(app, datetime.now(UTC))


def _export(app: App, at: datetime) -> None:
    """Show what an export to a folder would; there is none, since nothing would read it."""
    app.exporter.telemetry.exporting()
    app.exporter.telemetry.exported(at)


def polls(past: Past, now: datetime) -> list[datetime]:
    """Return the times of the polls before now; one of them is the day before the restatement.

    However far apart the others are, the month has then been read twice before it changes, so it
    has settled.
    """
    steps = [*past.steps(now)]
    _, restated_on = restatement(steps[-1])
    before = datetime.combine(restated_on - _DAY, now.timetz())
    return sorted({*steps, before} if before > steps[0] else steps)


def restatement(now: datetime) -> tuple[date, date]:
    """Return the start of a calendar month that had settled, and the day on which it changes.

    Periods settle within twelve days of their end, and are read again on the fifteenth.
    """
    this_month = now.date().replace(day=1)
    if now.day <= _SEEN_DAY:
        this_month = (this_month - _DAY).replace(day=1)
    return (this_month - _DAY).replace(day=1), this_month.replace(day=_CHANGE_DAY)


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

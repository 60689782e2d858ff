"""The exporter as a process that lives in a simulator's time and polls again and again.

    python -m tools.reliability.exporter CONFIGURATION --simulator URL --state.dir DIR

The configuration is read as ``serve`` reads it, again at each SIGHUP; then every collector is made
to poll each second. All else is what ``serve`` runs.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from billing_exporter.app import build, serve
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import Collectors
from billing_exporter.config import Organization, Settings, load
from billing_exporter.logs import configure
from billing_exporter.malloc import return_memory
from billing_exporter.redaction import Redactor
from tools.testkit.scrapes import time_of

_SPREAD_SECONDS = 0.2


@dataclass(frozen=True)
class SimulatedTime:
    """A simulator's time, told without asking it again.

    Attributes:
        start: what the simulator said.
        at: monotonic seconds at which it said so.
        scale: simulated seconds in a second.
    """

    start: datetime
    at: float
    scale: float

    @classmethod
    def of(cls, simulator: str, scale: float) -> "SimulatedTime":
        """Ask a simulator for its time."""
        return cls(time_of(simulator), time.monotonic(), scale)

    def now(self) -> datetime:
        """Return the simulated time."""
        return self.start + timedelta(seconds=(time.monotonic() - self.at) * self.scale)


def quickened(settings: Settings, interval: str) -> Settings:
    """Return the same settings with another interval, shorter than an operator may set."""
    return Settings(
        organizations=tuple(_quickened(each, interval) for each in settings.organizations)
    )


def _quickened(organization: Organization, interval: str) -> Organization:
    listed = {
        name: msgspec.structs.replace(collector, interval=Duration(interval))
        for name in Collectors.__struct_fields__
        if (collector := getattr(organization.collectors, name)) is not None
    }
    return msgspec.structs.replace(organization, collectors=Collectors(**listed))


def reader(file: Path, interval: str) -> Callable[[], Settings]:
    """Return what reads a configuration and makes it quick."""
    return lambda: quickened(load(str(file), os.environ), interval)


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.reliability.exporter", description=__doc__
    )
    parser.add_argument("configuration", type=Path)
    parser.add_argument("--simulator", required=True, metavar="URL")
    parser.add_argument("--time-scale", type=float, default=1.0)
    parser.add_argument("--interval", default="1s")
    parser.add_argument("--state.dir", dest="state_dir", type=Path)
    parser.add_argument("--web.listen-address", dest="address", default="127.0.0.1:0")
    arguments = parser.parse_args()
    return_memory()
    redactor = Redactor()
    configure("info", "logfmt", sys.stderr, redactor)
    read = reader(arguments.configuration, arguments.interval)
    app = build(
        read(),
        address=arguments.address,
        read_settings=read,
        now=SimulatedTime.of(arguments.simulator, arguments.time_scale).now,
        state=arguments.state_dir,
        redact=redactor.redact,
    )
    serve(app, spread=_SPREAD_SECONDS)


if __name__ == "__main__":
    main()

"""The exporter as a process that asks a simulator for the time before each poll.

    python -m tools.testkit.follower http://127.0.0.1:10060

So it follows when somebody moves the simulator's clock. It polls everything each second; all else
is what ``serve`` runs.
"""

import sys

from billing_exporter.app import build, serve
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import every_collector
from billing_exporter.config import Settings
from billing_exporter.logs import configure
from billing_exporter.redaction import Redactor
from tools.testkit.organizations import organization_at
from tools.testkit.scrapes import time_of

OFTEN = Duration("1s")
# Beyond the interval: invoices of all the years that a test may move the clock through.
EVERYTHING = every_collector({"interval": OFTEN}, invoices={"lookback": Duration("10y")})


def main(simulator: str) -> None:
    """Serve until SIGTERM."""
    configure("info", "logfmt", sys.stderr, Redactor())
    settings = Settings(organizations=(organization_at(simulator, EVERYTHING, name="demo"),))
    serve(build(settings, address="127.0.0.1:0", now=lambda: time_of(simulator)), spread=0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])

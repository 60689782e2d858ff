"""Command ``demo``: runs the exporter against a simulated Genesys Cloud and shows where to look."""

import argparse
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from time import monotonic, sleep
from typing import Any

from billing_exporter.app import build, serve
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import every_collector
from billing_exporter.commands import flags
from billing_exporter.commands.demo_plan import PLAN
from billing_exporter.commands.errors import CommandError, UsageError
from billing_exporter.config import Organization, Secret, Settings
from billing_exporter.logs import configure
from billing_exporter.redaction import Redactor
from billing_exporter.simulator import Options, Simulator
from billing_exporter.web.negotiation import Format

EXAMPLES = """\
examples:
  billing-exporter demo                           then look at http://localhost:10059/
  billing-exporter demo --time-scale 1440         a day passes in a minute
  billing-exporter demo --trustors 500 --seed 7   a larger partner, and another world
"""

ORGANIZATION = "demo"
# Between two polls lie the six simulated hours of a real configuration, but real seconds enough
# for a person to follow and few enough to see something move.
_INTERVAL_SECONDS = 6 * 3600.0
_SHORTEST_SECONDS, _LONGEST_SECONDS = 5.0, 60.0
_FIRST_DATA_SECONDS = 60.0
_EXAMPLES = (
    "genesyscloud_billing_unpaid_amount",
    "genesyscloud_billing_trustor_overage_quantity",
    "genesyscloud_billing_trustor_estimated_overage_amount",
    "genesyscloud_billing_wallet_balance",
    "genesyscloud_billing_usage_quantity",
)


# Where days pass in seconds, reading a year of every customer would take weeks.
_FASTEST_WITH_HISTORY = 1440.0


def _demo_settings(time_scale: float) -> dict[str, dict[str, Any]]:
    """Return what makes the demo show more, sooner, by collector."""
    history = {} if time_scale <= _FASTEST_WITH_HISTORY else {"history": 0}
    return {
        "invoices": {"lines": "all"},
        "contracts": history,
        "trustors": {"concurrency": 8, **history},
    }


def settings_for(url: str, *, time_scale: float) -> Settings:
    """Return settings that poll the simulator at a URL at a pace that suits its clock."""
    wait = min(max(_INTERVAL_SECONDS / time_scale, _SHORTEST_SECONDS), _LONGEST_SECONDS)
    interval = Duration(f"{wait:.0f}s")
    organization = Organization(
        name=ORGANIZATION,
        api_url=url,
        client_id="demo",
        client_secret=Secret("demo"),
        collectors=every_collector({"interval": interval}, **_demo_settings(time_scale)),
    )
    return Settings(
        organizations=(organization,),
        budgets=PLAN.budgets,
        showback=PLAN.showback,
        prices=PLAN.prices,
        thresholds={name: {**by_currency} for name, by_currency in PLAN.thresholds.items()},
    )


@dataclass(frozen=True)
class Guide:
    """Tells a newcomer where to look, and shows that data flows.

    Attributes:
        simulator: the simulator's URL.
        telemetry_path: the path of the metrics.
        waiting_for: names what has had no outcome yet.
        exposition: returns the text of the metrics.
        say: takes a line.
    """

    simulator: str
    telemetry_path: str
    waiting_for: Callable[[], Sequence[str]]
    exposition: Callable[[], str]
    say: Callable[[str], None]

    def begin(self, exporter: str) -> None:
        """Print where the exporter serves, and in the background what its first polls bring."""
        say = self.say
        say("A simulated Genesys Cloud partner with its customers, and the exporter watching it.")
        say("")
        say(f"  Overview      {exporter}/")
        say(f"  Metrics       {exporter}{self.telemetry_path}")
        say(f"  Simulator     {self.simulator}   (client demo, secret demo)")
        say("")
        say("Reading the first numbers ...")
        threading.Thread(target=self._show_data, daemon=True).start()

    def _show_data(self) -> None:
        until = monotonic() + _FIRST_DATA_SECONDS
        while self.waiting_for() and monotonic() < until:
            sleep(0.2)
        text = self.exposition()
        series = sum(1 for line in text.splitlines() if line and not line.startswith("#"))
        self.say(f"{series} series; a few of them:")
        for line in examples(text):
            self.say(f"  {line}")
        for late in self.waiting_for():
            self.say(f"  still reading: {late}")
        self.say("Ctrl-C ends it.")


def examples(exposition: str) -> Iterator[str]:
    """Yield a line with a number other than zero for some metrics worth a look."""
    lines = exposition.splitlines()
    for name in _EXAMPLES:
        of_metric = (line for line in lines if line.startswith(f"{name}{{"))
        yield from islice((line for line in of_metric if float(line.rpartition(" ")[2])), 1)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.add_web(parser)
    # Above the 300 of the real service, so that the first numbers show at once.
    flags.add_simulated_world(parser, rate_limit=3000)
    flags.add_log(parser, level="warn")


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT.

    Raises:
        CommandError: an option is invalid, or the address cannot be listened on.
    """
    configure(arguments.log_level, arguments.log_format, sys.stderr, Redactor())
    try:
        options = Options(
            address="127.0.0.1:0",
            seed=arguments.seed,
            trustors=arguments.trustors,
            time_scale=arguments.time_scale,
            rate_limit=arguments.rate_limit,
        )
        with Simulator(options) as simulator:
            _show(simulator, arguments)
    except ValueError as error:
        raise UsageError(f"billing-exporter: {error}") from None
    except OSError as error:
        raise CommandError(f"billing-exporter: {error}") from None
    return 0


def _show(simulator: Simulator, arguments: argparse.Namespace) -> None:
    app = build(
        settings_for(simulator.url, time_scale=arguments.time_scale),
        address=arguments.listen_address,
        telemetry_path=arguments.telemetry_path,
        pages=arguments.pages,
        now=simulator.now,
    )
    exporter = app.exporter
    guide = Guide(
        simulator.url,
        arguments.telemetry_path,
        exporter.waiting_for,
        exposition=lambda: b"".join(exporter.scrape(Format.TEXT, gzip=False)).decode(),
        say=lambda line: print(line, flush=True),
    )
    serve(app, spread=0.5, started=guide.begin)

"""The demo: a simulated Genesys Cloud and the exporter against it, in one process."""

import threading
from collections.abc import Callable, Iterator
from itertools import islice
from time import monotonic, sleep

from billing_exporter.app import Exporter, serve, serving
from billing_exporter.collectors.settings import (
    Collectors,
    ContractsSettings,
    InvoicesSettings,
    TrustorsSettings,
    UsageSettings,
)
from billing_exporter.config import Organization, Secret, Settings
from billing_exporter.simulator import Options, Simulator
from billing_exporter.web.negotiation import Format

ORGANIZATION = "demo"
# Between two polls lie the six simulated hours of a real configuration, but real seconds enough
# for a person to follow and few enough to see something move.
_INTERVAL_SECONDS = 6 * 3600.0
_SHORTEST_SECONDS, _LONGEST_SECONDS = 5.0, 60.0
_EXAMPLES = (
    "genesyscloud_billing_unpaid_amount",
    "genesyscloud_billing_trustor_overage_quantity",
    "genesyscloud_billing_trustor_estimated_overage_amount",
    "genesyscloud_billing_wallet_balance",
    "genesyscloud_billing_usage_quantity",
)
_FIRST_DATA_SECONDS = 60.0

Say = Callable[[str], None]


def settings_for(simulator: Simulator, *, time_scale: float) -> Settings:
    """Return settings that poll a simulator at a pace that suits its clock."""
    wait = min(max(_INTERVAL_SECONDS / time_scale, _SHORTEST_SECONDS), _LONGEST_SECONDS)
    interval = f"{wait:.0f}s"
    organization = Organization(
        name=ORGANIZATION,
        api_url=simulator.url,
        client_id="demo",
        client_secret=Secret("demo"),
        collectors=Collectors(
            usage=UsageSettings(interval=interval),
            invoices=InvoicesSettings(interval=interval, lines="all"),
            contracts=ContractsSettings(interval=interval),
            trustors=TrustorsSettings(interval=interval, concurrency=8),
        ),
    )
    return Settings(organizations=(organization,))


def run(options: Options, *, address: str, telemetry_path: str, say: Say) -> None:
    """Run simulator and exporter until SIGTERM or SIGINT, and say where to look.

    Raises:
        OSError: an address cannot be listened on.
        ValueError: an address, a path or a fault cannot be read.
    """
    with Simulator(options) as simulator:
        settings = settings_for(simulator, time_scale=options.time_scale)
        exporter = Exporter(settings, now=simulator.now)
        server = serving(exporter, address, telemetry_path)

        def guide(url: str) -> None:
            _say_where(say, simulator.url, url, telemetry_path)
            threading.Thread(target=_show_data, args=(exporter, say), daemon=True).start()

        serve(exporter, server, spread=0.5, started=guide)


def _say_where(say: Say, simulator: str, exporter: str, telemetry_path: str) -> None:
    say("A simulated Genesys Cloud partner with its customers, and the exporter that watches it.")
    say("")
    say(f"  Status page   {exporter}/")
    say(f"  Metrics       {exporter}{telemetry_path}")
    say(f"  Simulator     {simulator}   (client demo, secret demo)")
    say("")
    say("Reading the first numbers ...")


def _show_data(exporter: Exporter, say: Say) -> None:
    """Say when data has come in, with a few lines of it."""
    until = monotonic() + _FIRST_DATA_SECONDS
    while exporter.waiting_for() and monotonic() < until:
        sleep(0.2)
    for poller in exporter.pollers:
        series = poller.state.reading.series if poller.state.reading else 0
        outcome = poller.state.outcome or "still reading"
        say(f"  {poller.target.collector.name:<10} {outcome:<14} {series} series")
    say("")
    for line in examples(b"".join(exporter.scrape(Format.TEXT, gzip=False)).decode()):
        say(f"  {line}")
    say("")
    say("Ctrl-C ends it.")


def examples(exposition: str) -> Iterator[str]:
    """Yield a line with a number other than zero for some metrics worth a look."""
    lines = exposition.splitlines()
    for name in _EXAMPLES:
        of_metric = (line for line in lines if line.startswith(f"{name}{{"))
        yield from islice((line for line in of_metric if not line.endswith(" 0")), 1)

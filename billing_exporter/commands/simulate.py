"""Command ``simulate``: runs the simulated Genesys Cloud alone."""

import argparse
import signal
import sys

from billing_exporter.commands import flags
from billing_exporter.commands.errors import CommandError, UsageError
from billing_exporter.signals import Signals
from billing_exporter.simulator import FAULTS, Options, Simulator

DEFAULT_ADDRESS = "127.0.0.1:10060"

EXAMPLES = """\
examples:
  billing-exporter simulate --time-scale 1440     a day passes in a minute
  billing-exporter simulate --fault 429 --fault stall:get_billing_contracts_invoices
  billing-exporter simulate --fault list          the faults there are

Its time can be moved on while it runs:
  curl --data '{"advance": 86400}' http://127.0.0.1:10060/_simulator/clock
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument(
        "--web.listen-address",
        dest="listen_address",
        metavar="ADDRESS",
        default=DEFAULT_ADDRESS,
        help=f"address to listen on (default {DEFAULT_ADDRESS})",
    )
    flags.add_simulated_world(parser, rate_limit=300)
    parser.add_argument("--client-id", default="demo", help="OAuth client id (default demo)")
    parser.add_argument(
        "--client-secret", default="demo", help="secret of that client (default demo)"
    )
    parser.add_argument(
        "--client",
        dest="more_clients",
        action="append",
        default=[],
        metavar="ID:SECRET",
        help="one more OAuth client, with a rate limit of its own; may be repeated",
    )
    parser.add_argument(
        "--token-lifetime",
        type=int,
        default=86400,
        metavar="SECONDS",
        help="lifetime of a token (default 86400)",
    )
    parser.add_argument(
        "--keys",
        choices=("236", "269"),
        default="269",
        help="spelling of the JSON keys: that of SDK 236 or of SDK 269 (default)",
    )
    parser.add_argument(
        "--latency",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="wait before each answer (default 0)",
    )
    parser.add_argument(
        "--in-progress",
        type=int,
        default=1,
        metavar="N",
        help="how often a usage report answers InProgress before it is complete (default 1)",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:OPERATION][:k=v,...]",
        help="a fault to show, may be repeated; --fault list names them",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT.

    Raises:
        CommandError: an option is invalid, or the address cannot be listened on.
    """
    if "list" in arguments.fault:
        for name, meaning in FAULTS.items():
            print(f"{name:<16} {meaning}")
        return 0
    try:
        options = _options(arguments)
        with Signals(signal.SIGTERM, signal.SIGINT) as signals, Simulator(options) as simulator:
            print(f"Simulated Genesys Cloud on {simulator.url}, API and login alike.")
            print("Point the exporter or the official SDK at it:")
            print(f"  export GENESYSCLOUD_API_URL={simulator.url}")
            print(f"  export GENESYSCLOUD_OAUTHCLIENT_ID={options.client_id}")
            print("  export GENESYSCLOUD_OAUTHCLIENT_SECRET=...")
            sys.stdout.flush()
            signals.wait()
    except ValueError as error:
        raise UsageError(f"billing-exporter: {error}") from None
    except OSError as error:
        raise CommandError(f"billing-exporter: {error}") from None
    return 0


def _options(arguments: argparse.Namespace) -> Options:
    return Options(
        address=arguments.listen_address,
        seed=arguments.seed,
        trustors=arguments.trustors,
        time_scale=arguments.time_scale,
        rate_limit=arguments.rate_limit,
        token_lifetime=arguments.token_lifetime,
        keys=arguments.keys,
        latency=arguments.latency,
        in_progress=arguments.in_progress,
        client_id=arguments.client_id,
        client_secret=arguments.client_secret,
        more_clients=tuple(arguments.more_clients),
        faults=tuple(arguments.fault),
    )

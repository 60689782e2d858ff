"""The command line: what can be asked for, with help that teaches it."""

import argparse
from pathlib import Path

from billing_exporter import __version__

DEFAULT_ADDRESS = ":10059"
SIMULATOR_ADDRESS = "127.0.0.1:10060"
HEALTH_URL = "http://127.0.0.1:10059/-/healthy"

_DESCRIPTION = """\
Prometheus exporter for the Genesys Cloud Billing API: billable usage, invoices, contracts, and the
billing overviews of a partner's customers.
"""

_EPILOG = """\
first steps:
  billing-exporter demo                           see it work, with a simulated Genesys Cloud
  billing-exporter check --config.file c.yml      find every mistake in a configuration
  billing-exporter doctor --config.file c.yml     try each operation of the API, say what is missing
  billing-exporter serve --config.file c.yml      poll, and serve /metrics on port 10059

Without --config.file one organization is taken from the environment: GENESYSCLOUD_REGION,
GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET.

exit status: 0 all is well; 1 it failed and says why on standard error; 2 the call is wrong
"""

_EPILOGS = {
    "serve": """\
examples:
  billing-exporter serve                          one organization, from the environment
  billing-exporter serve --config.file c.yml --config.auto-reload --state.dir state
  billing-exporter serve --config.file c.yml --web.config.file web.yml --log.format json
""",
    "demo": """\
examples:
  billing-exporter demo                           then look at http://localhost:10059/
  billing-exporter demo --time-scale 1440         a day passes in a minute
  billing-exporter demo --trustors 500 --seed 7   a larger partner, and another world
""",
    "simulate": """\
examples:
  billing-exporter simulate --time-scale 1440     a day passes in a minute
  billing-exporter simulate --fault 429 --fault stall:get_billing_contracts_invoices
  billing-exporter simulate --fault list          the faults there are

Its time can be moved on while it runs:
  curl --data '{"advance": 86400}' http://127.0.0.1:10060/_simulator/clock
""",
    "check": """\
examples:
  billing-exporter check                          what the environment says
  billing-exporter check --config.file c.yml --web.config.file web.yml
""",
    "doctor": """\
examples:
  billing-exporter doctor                         the organization of the environment
  billing-exporter doctor --config.file c.yml --log.level info

exit status: 1 when a collector that runs misses something
""",
    "once": """\
examples:
  billing-exporter once --config.file c.yml --format openmetrics
  billing-exporter once --config.file c.yml > billing.new && mv billing.new billing.prom
""",
    "api": """\
examples:
  billing-exporter api get_billing_contracts_invoices --payment-status UnPaid
  billing-exporter api get_billing_contract --contract-id C-1001
  billing-exporter api get_billing_reports_billableusage \\
      --start-date 2026-01-01 --end-date 2026-01-31
  billing-exporter api list                       the operations and their parameters

The answer may hold addresses, payment links and names of users: it is what the API said.
""",
    "health": """\
examples:
  billing-exporter health                         the exporter on this machine
  billing-exporter health --url https://billing.example.com:10059/-/ready --timeout 2
""",
    "metrics": """\
examples:
  billing-exporter metrics > metrics.md
""",
    "schema": """\
examples:
  billing-exporter schema > schema.json           for an editor that checks YAML
  billing-exporter schema --markdown > configuration.md
""",
}


def parser() -> argparse.ArgumentParser:
    """Return the parser; ``command`` in what it parses is the name of the command."""
    root = _Parser(
        prog="billing-exporter",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    root.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=summary, description=summary, epilog=_EPILOGS[name])

    _serve(add("serve", "Poll the API and serve the metrics until SIGTERM or SIGINT."))
    _demo(add("demo", "Run a simulated Genesys Cloud and the exporter against it."))
    _simulate(add("simulate", "Run the simulated Genesys Cloud alone."))
    check = add("check", "Read the configuration and say every mistake with file and line.")
    _config(check)
    _web_config(check)
    doctor = add(
        "doctor",
        "Say for each organization and operation what works, and what to change where.",
    )
    _config(doctor)
    _log(doctor, level="error")
    once = add("once", "Poll everything once and print the exposition; 1 if a collector failed.")
    _config(once)
    _log(once, level="warn")
    once.add_argument(
        "--format",
        choices=("text", "openmetrics"),
        default="text",
        help="form of the exposition (default text)",
    )
    _api(add("api", "Call one operation of the API and print its JSON."))
    _health(add("health", "Ask a running exporter whether it is well; 1 if it is not."))
    add("metrics", "Print the reference of all metrics (Markdown).")
    schema = add("schema", "Print the JSON Schema of the configuration file.")
    schema.add_argument(
        "--markdown", action="store_true", help="print the configuration reference instead"
    )
    return root


class _Parser(argparse.ArgumentParser):
    """A parser whose texts keep their lines, and that takes no abbreviated flags."""

    def __init__(self, **settings: object) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **settings)  # type: ignore[arg-type]  # argparse's own


def _config(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--config.file",
        dest="config_file",
        metavar="FILE",
        help="YAML configuration; without it the environment describes one organization",
    )


def _log(command: argparse.ArgumentParser, *, level: str = "info") -> None:
    command.add_argument(
        "--log.level",
        dest="log_level",
        choices=("debug", "info", "warn", "error"),
        default=level,
        help=f"least severity that is logged (default {level})",
    )
    command.add_argument(
        "--log.format",
        dest="log_format",
        choices=("logfmt", "json"),
        default="logfmt",
        help="form of a log line (default logfmt)",
    )


def _web(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--web.listen-address",
        dest="listen_address",
        metavar="ADDRESS",
        default=DEFAULT_ADDRESS,
        help=f"where to serve, host:port or :port (default {DEFAULT_ADDRESS})",
    )
    command.add_argument(
        "--web.telemetry-path",
        dest="telemetry_path",
        metavar="PATH",
        default="/metrics",
        help="path of the metrics (default /metrics)",
    )


def _web_config(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--web.config.file",
        dest="web_config_file",
        metavar="FILE",
        help="YAML with TLS, users and headers, in the format of Prometheus's own exporters",
    )


def _world(command: argparse.ArgumentParser, *, rate_limit: int) -> None:
    """Add what shapes the simulated world."""
    command.add_argument(
        "--seed", type=int, default=1, help="the same seed gives the same world (default 1)"
    )
    command.add_argument(
        "--trustors",
        type=int,
        default=12,
        metavar="N",
        help="how many customer organizations the partner has (default 12)",
    )
    command.add_argument(
        "--time-scale",
        type=float,
        default=1.0,
        metavar="X",
        help="simulated seconds per second; 1440 makes a day pass in a minute (default 1)",
    )
    command.add_argument(
        "--rate-limit",
        type=int,
        default=rate_limit,
        metavar="N",
        help=f"requests a minute per client, 0 for no limit (default {rate_limit})",
    )


def _serve(command: argparse.ArgumentParser) -> None:
    _config(command)
    command.add_argument(
        "--config.auto-reload",
        dest="auto_reload",
        action="store_true",
        help="take up the file of --config.file when it changes; SIGHUP asks for it at any time",
    )
    _web(command)
    _web_config(command)
    command.add_argument(
        "--web.protect-health",
        dest="protect_health",
        action="store_true",
        help="ask the health endpoints' callers for a password too, where users are configured",
    )
    _log(command)
    command.add_argument(
        "--state.dir",
        dest="state_dir",
        type=Path,
        metavar="FOLDER",
        help="where readings are kept, so that a restart shows them at once (default: nowhere)",
    )
    command.add_argument(
        "--shard.count",
        dest="shard_count",
        type=int,
        default=1,
        metavar="N",
        help="how many exporters share the customers of this configuration (default 1)",
    )
    command.add_argument(
        "--shard.index",
        dest="shard_index",
        type=int,
        default=0,
        metavar="I",
        help="which of them this is, from 0 (default); the first also polls the organization's own "
        "billing",
    )


def _demo(command: argparse.ArgumentParser) -> None:
    _web(command)
    # Above the 300 of the real service, so that the first numbers show at once.
    _world(command, rate_limit=3000)
    _log(command, level="warn")


def _simulate(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--web.listen-address",
        dest="listen_address",
        metavar="ADDRESS",
        default=SIMULATOR_ADDRESS,
        help=f"where to serve (default {SIMULATOR_ADDRESS})",
    )
    _world(command, rate_limit=300)
    command.add_argument("--client-id", default="demo", help="OAuth client id (default demo)")
    command.add_argument("--client-secret", default="demo", help="its secret (default demo)")
    command.add_argument(
        "--client",
        dest="more_clients",
        action="append",
        default=[],
        metavar="ID:SECRET",
        help="one more OAuth client, with a rate limit of its own; may be repeated",
    )
    command.add_argument(
        "--token-lifetime", type=int, default=86400, metavar="SECONDS", help="default 86400"
    )
    command.add_argument(
        "--keys",
        choices=("236", "269"),
        default="269",
        help="spelling of the JSON keys: that of SDK 236 or of SDK 269 (default)",
    )
    command.add_argument(
        "--latency",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="wait before each answer (default 0)",
    )
    command.add_argument(
        "--in-progress",
        type=int,
        default=1,
        metavar="N",
        help="how often a usage report answers InProgress before it is complete (default 1)",
    )
    command.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:OPERATION][:k=v,...]",
        help="a fault to show, may be repeated; --fault list names them",
    )


def _health(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--url",
        default=HEALTH_URL,
        help=f"what is asked, http or https (default {HEALTH_URL})",
    )
    command.add_argument(
        "--timeout",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="how long the answer may take (default 5)",
    )


def _api(command: argparse.ArgumentParser) -> None:
    _config(command)
    _log(command, level="warn")
    command.add_argument(
        "--organization", metavar="NAME", help="whose API, where the configuration has several"
    )
    command.add_argument("operation", metavar="OPERATION", help="reference name, or list")
    command.add_argument(
        "parameters",
        metavar="--parameter value",
        nargs=argparse.REMAINDER,
        help="parameters of the operation",
    )

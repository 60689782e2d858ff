"""Flags that several commands share."""

import argparse
from collections.abc import Sequence
from typing import Any

DEFAULT_ADDRESS = ":10059"


class _Repeated(argparse.Action):
    """A flag that may be given several times; what is given replaces the default."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - the signature is argparse's
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,  # noqa: ARG002 - the same
    ) -> None:
        given = getattr(namespace, self.dest)
        before = () if given is self.default else given
        setattr(namespace, self.dest, (*before, values))


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add ``--config.file``."""
    parser.add_argument(
        "--config.file",
        dest="config_file",
        metavar="FILE",
        help="YAML configuration; without it the environment describes one organization",
    )


def add_log(parser: argparse.ArgumentParser, *, level: str = "info") -> None:
    """Add ``--log.level`` and ``--log.format``."""
    parser.add_argument(
        "--log.level",
        dest="log_level",
        choices=("debug", "info", "warn", "error"),
        default=level,
        help=f"least severity that is logged (default {level})",
    )
    parser.add_argument(
        "--log.format",
        dest="log_format",
        choices=("logfmt", "json"),
        default="logfmt",
        help="format of a log line (default logfmt)",
    )


def add_web(parser: argparse.ArgumentParser) -> None:
    """Add where the exporter listens and where its metrics are."""
    parser.add_argument(
        "--web.listen-address",
        dest="listen_address",
        metavar="ADDRESS",
        action=_Repeated,
        default=(DEFAULT_ADDRESS,),
        help=f"address to listen on, host:port or :port (default {DEFAULT_ADDRESS}); may be "
        "repeated",
    )
    parser.add_argument(
        "--web.telemetry-path",
        dest="telemetry_path",
        metavar="PATH",
        default="/metrics",
        help="path of the metrics (default /metrics)",
    )
    parser.add_argument(
        "--web.no-pages",
        dest="pages",
        action="store_false",
        help="serve no pages and no /api/v1, only metrics, health and reload (default: serve them)",
    )


def add_web_external(parser: argparse.ArgumentParser) -> None:
    """Add how the exporter is reached: by a reverse proxy, or a socket of systemd."""
    parser.add_argument(
        "--web.external-url",
        dest="external_url",
        metavar="URL",
        help="URL at which users reach the exporter, as behind a proxy; the root leads to its path",
    )
    parser.add_argument(
        "--web.route-prefix",
        dest="route_prefix",
        metavar="PATH",
        help="path before all others (default: the path of --web.external-url); health, readiness "
        "and reload answer at the root too",
    )
    parser.add_argument(
        "--web.systemd-socket",
        dest="systemd_socket",
        action="store_true",
        help="serve on the socket that systemd has opened, in the place of --web.listen-address",
    )


def add_web_config(parser: argparse.ArgumentParser) -> None:
    """Add ``--web.config.file``."""
    parser.add_argument(
        "--web.config.file",
        dest="web_config_file",
        metavar="FILE",
        help="YAML with TLS, users and headers, in the format of the Prometheus exporter-toolkit",
    )


def add_shard(parser: argparse.ArgumentParser) -> None:
    """Add which part of the customers is this program's."""
    parser.add_argument(
        "--shard.count",
        dest="shard_count",
        type=int,
        default=1,
        metavar="N",
        help="number of exporters that share the customers of this configuration (default 1)",
    )
    parser.add_argument(
        "--shard.index",
        dest="shard_index",
        type=int,
        default=0,
        metavar="I",
        help="index of this exporter among them, from 0 (default); the first also has the "
        "organization's own billing",
    )


def add_simulated_world(parser: argparse.ArgumentParser, *, rate_limit: int) -> None:
    """Add what shapes the simulated world."""
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed gives the same world (default 1)"
    )
    parser.add_argument(
        "--trustors",
        type=int,
        default=12,
        metavar="N",
        help="number of customer organizations of the partner (default 12)",
    )
    parser.add_argument(
        "--time-scale",
        type=float,
        default=1.0,
        metavar="X",
        help="simulated seconds per second; 1440 makes a day pass in a minute (default 1)",
    )
    parser.add_argument(
        "--rate-limit",
        type=int,
        default=rate_limit,
        metavar="N",
        help=f"requests a minute per client, 0 for no limit (default {rate_limit})",
    )

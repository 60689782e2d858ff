"""Command ``serve``: polls the API and serves the metrics."""

import argparse
import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from billing_exporter.app import build, serve
from billing_exporter.collectors import Shard
from billing_exporter.commands import flags
from billing_exporter.commands.configuration import configured, protection_of, read_settings
from billing_exporter.commands.errors import CommandError, UsageError
from billing_exporter.commands.export_schedule import exporting
from billing_exporter.config import Settings
from billing_exporter.config.file_watch import FileWatch
from billing_exporter.httpd.address import inherited_listener
from billing_exporter.malloc import return_memory
from billing_exporter.polling.state_lock import locked
from billing_exporter.redaction import Redactor
from billing_exporter.web.protection import Protection
from billing_exporter.web.route_prefix import prefix_of

EXAMPLES = """\
examples:
  billing-exporter serve                          one organization, from the environment
  billing-exporter serve --config.file c.yml --config.auto-reload --state.dir state
  billing-exporter serve --config.file c.yml --web.config.file web.yml --log.format json
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.add_config(parser)
    parser.add_argument(
        "--config.auto-reload",
        dest="auto_reload",
        action="store_true",
        help="reload the file of --config.file when it changes; SIGHUP reloads it at any time",
    )
    flags.add_web(parser)
    flags.add_web_external(parser)
    flags.add_web_config(parser)
    parser.add_argument(
        "--web.protect-health",
        dest="protect_health",
        action="store_true",
        help="ask for a password on the health endpoints too, where users are configured",
    )
    flags.add_log(parser)
    parser.add_argument(
        "--state.dir",
        dest="state_dir",
        type=Path,
        metavar="FOLDER",
        help="folder for saved readings, so that a restart shows them at once (default: none)",
    )
    parser.add_argument(
        "--export.dir",
        dest="export_dir",
        type=Path,
        metavar="FOLDER",
        help="folder for FOCUS datasets of settled billing periods: each is written once, and "
        "again when it is restated (default: none)",
    )
    flags.add_shard(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT.

    Raises:
        CommandError: the configuration is invalid, the address cannot be listened on, or another
            exporter uses the state directory.
    """
    return_memory()
    settings, redactor = configured(arguments)
    protection = protection_of(arguments)
    try:
        with locked(arguments.state_dir) if arguments.state_dir else nullcontext():
            _serve(arguments, settings, redactor, protection)
    except ValueError as error:
        raise UsageError(f"billing-exporter: {error}") from None
    except OSError as error:
        raise CommandError(f"billing-exporter: {error}") from None
    return 0


def _serve(
    arguments: argparse.Namespace,
    settings: Settings,
    redactor: Redactor,
    protection: Callable[[], Protection],
) -> None:
    latest = [settings]

    def read_again() -> Settings:
        latest[:] = [read_settings(arguments)]
        return latest[0]

    shard = Shard(arguments.shard_index, arguments.shard_count)
    app = build(
        settings,
        address=arguments.listen_address,
        telemetry_path=arguments.telemetry_path,
        prefix=prefix_of(arguments.external_url, arguments.route_prefix),
        listener=inherited_listener(os.environ) if arguments.systemd_socket else None,
        read_settings=read_again,
        protection=protection,
        protect_health=arguments.protect_health,
        pages=arguments.pages,
        state=arguments.state_dir,
        redact=redactor.redact,
        shard=shard,
        restored=False,
    )
    issuer = lambda: latest[0].export.invoice_issuer  # noqa: E731 - as it is after a reload
    beside = exporting(app.exporter, arguments.export_dir, issuer, shard)
    serve(app, changed=_file_changed(arguments), beside=beside)


def _file_changed(arguments: argparse.Namespace) -> Callable[[], bool]:
    """Return a function that reports a changed configuration, where that is asked for."""
    if not arguments.auto_reload:
        return lambda: False
    if not arguments.config_file:
        raise UsageError("billing-exporter: --config.auto-reload needs --config.file")
    watch = FileWatch.of([Path(arguments.config_file)])

    def changed() -> bool:
        found = watch.changed()
        if found:
            watch.accept()
        return found

    return changed

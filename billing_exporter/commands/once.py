"""Command ``once``: polls everything once and prints the exposition."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from billing_exporter.atomic_file import write_output
from billing_exporter.commands import flags
from billing_exporter.commands.configuration import configured
from billing_exporter.commands.errors import CommandError
from billing_exporter.commands.progress import ProgressLine
from billing_exporter.commands.terminal import escaped, write_bytes
from billing_exporter.exporter import Exporter, interruptible
from billing_exporter.genesys import Interrupted
from billing_exporter.polling.state import SUCCESS
from billing_exporter.web.negotiation import Format

EXAMPLES = """\
examples:
  billing-exporter once --config.file c.yml --format openmetrics
  billing-exporter once --config.file c.yml --output /var/lib/node_exporter/billing.prom

--output replaces the file in any case, at once, so that what could be read is there and what could
not is marked by `genesyscloud_billing_up 0`.

exit status: 0 all collectors succeeded, or lack a permission that nobody asked for; 1 a collector
failed, or none succeeded
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.add_config(parser)
    flags.add_log(parser, level="warn")
    parser.add_argument(
        "--format",
        choices=("text", "openmetrics"),
        default="text",
        help="format of the exposition (default text)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="file to write, replaced at once even where a collector failed (default: print)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print or write the exposition; the status is 1 where a collector failed.

    Raises:
        CommandError: the configuration is invalid, or a signal ended the command.
    """
    settings, redactor = configured(arguments)
    line = ProgressLine(sys.stderr)
    exporter = Exporter(
        settings, process_metrics=False, progress=line.update, redact=redactor.redact
    )
    try:
        with interruptible(exporter):
            exporter.poll_once()
    except Interrupted:
        raise CommandError("billing-exporter: interrupted, nothing is written") from None
    finally:
        line.clear()
    form = Format.OPENMETRICS if arguments.format == "openmetrics" else Format.TEXT
    _write(exporter.scrape(form, gzip=False), arguments.output)
    if exporter.failed():
        print(escaped(f"billing-exporter: {_failures(exporter)}"), file=sys.stderr)
    return int(exporter.failed())


def _write(pieces: Iterable[bytes], output: Path | None) -> None:
    if output is None:
        for piece in pieces:
            write_bytes(sys.stdout, piece)
        sys.stdout.flush()
        return
    try:
        write_output(output, pieces)
    except OSError as error:
        why = error.strerror or error
        raise CommandError(f"billing-exporter: {output} cannot be written: {why}") from None


def _failures(exporter: Exporter) -> str:
    """Return which collectors failed and why, for one line."""
    failed = [
        f"{poller.target.organization} {poller.target.collector.name} ({poller.state.outcome})"
        for poller in exporter.pollers
        if poller.state.outcome != SUCCESS
    ]
    if len(failed) == len(exporter.pollers):
        return f"no collector succeeded: {', '.join(failed)}; `billing-exporter doctor` says why"
    return f"failed: {', '.join(failed)}"

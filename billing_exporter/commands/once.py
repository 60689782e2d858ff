"""Command ``once``: polls everything once and prints the exposition."""

import argparse
import sys

from billing_exporter.app import Exporter, interruptible
from billing_exporter.commands import flags
from billing_exporter.commands.configuration import configured
from billing_exporter.commands.errors import CommandError
from billing_exporter.commands.progress import ProgressLine
from billing_exporter.genesys import Interrupted
from billing_exporter.web.negotiation import Format

EXAMPLES = """\
examples:
  billing-exporter once --config.file c.yml --format openmetrics
  billing-exporter once --config.file c.yml > billing.new && mv billing.new billing.prom
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


def run(arguments: argparse.Namespace) -> int:
    """Print the exposition; the status is 1 where a collector failed.

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
        raise CommandError("billing-exporter: interrupted, nothing is printed") from None
    finally:
        line.clear()
    form = Format.OPENMETRICS if arguments.format == "openmetrics" else Format.TEXT
    for piece in exporter.scrape(form, gzip=False):
        sys.stdout.buffer.write(piece)
    sys.stdout.flush()
    return int(exporter.failed())

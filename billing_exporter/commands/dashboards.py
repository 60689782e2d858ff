"""Command ``dashboards``: writes the dashboards for Grafana."""

import argparse
from pathlib import Path

from billing_exporter.commands.shipped_files import shipped, write_files
from billing_exporter.monitoring.importable import importable

EXAMPLES = """\
examples:
  billing-exporter dashboards --output /var/lib/grafana/dashboards/genesyscloud-billing
  billing-exporter dashboards --output import --import-inputs

With --import-inputs Grafana asks for the data source when a file is imported by hand; without it
the files are for provisioning, and each dashboard has a choice of data sources.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", required=True, help="folder of the files"
    )
    parser.add_argument(
        "--import-inputs",
        action="store_true",
        help="files for import by hand, which ask for the data source",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the files.

    Raises:
        CommandError: a file cannot be written.
    """
    shape = importable if arguments.import_inputs else str
    shown = {name: shape(text) for name, text in shipped("dashboards").items()}
    write_files(arguments.output, shown)
    return 0

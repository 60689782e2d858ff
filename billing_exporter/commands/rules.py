"""Command ``rules``: writes the recording and alert rules, with links of your own."""

import argparse
from pathlib import Path

from billing_exporter.commands.shipped_files import base_url, shipped, write_files
from billing_exporter.monitoring.links import with_links

EXAMPLES = """\
examples:
  billing-exporter rules --output /etc/prometheus/genesyscloud-billing
  billing-exporter rules --output rules --runbook-base-url https://git.example.com/team/exporter \\
                         --dashboard-base-url https://grafana.example.com
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", required=True, help="folder of the files"
    )
    parser.add_argument(
        "--runbook-base-url",
        type=base_url,
        metavar="URL",
        help="address that docs/runbooks is below, for the links of alerts",
    )
    parser.add_argument(
        "--dashboard-base-url",
        type=base_url,
        metavar="URL",
        help="address of Grafana, for the links of alerts",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the files.

    Raises:
        CommandError: a file cannot be written.
    """
    runbooks, dashboards = arguments.runbook_base_url or "", arguments.dashboard_base_url or ""
    write_files(
        arguments.output,
        {
            name: with_links(text, runbooks=runbooks, dashboards=dashboards)
            for name, text in shipped("rules").items()
        },
    )
    return 0

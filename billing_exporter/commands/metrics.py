"""Command ``metrics``: prints the metric reference."""

import argparse

from billing_exporter.commands.metric_docs import metric_reference

EXAMPLES = """\
examples:
  billing-exporter metrics > metrics.md
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add no flags."""


def run(_: argparse.Namespace) -> int:
    """Print the reference as Markdown."""
    print(metric_reference(), end="")
    return 0

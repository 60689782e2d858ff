"""Command ``schema``: prints the JSON Schema or the reference of the configuration file."""

import argparse
import json

from billing_exporter.config import reference, schema

EXAMPLES = """\
examples:
  billing-exporter schema > schema.json           for an editor that checks YAML
  billing-exporter schema --markdown > configuration.md
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument(
        "--markdown", action="store_true", help="print the configuration reference instead"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the schema, or the reference as Markdown."""
    print(reference() if arguments.markdown else json.dumps(schema(), indent=2) + "\n", end="")
    return 0

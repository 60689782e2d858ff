"""Command ``check``: reports every error of the configuration with file and line."""

import argparse

from billing_exporter.collectors import configured
from billing_exporter.commands import flags
from billing_exporter.commands.configuration import protection_of, settings_of
from billing_exporter.commands.errors import CommandError
from billing_exporter.config import Settings

EXAMPLES = """\
examples:
  billing-exporter check                          what the environment says
  billing-exporter check --config.file c.yml --web.config.file web.yml
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.add_config(parser)
    flags.add_web_config(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print what the configuration describes.

    Raises:
        CommandError: with the errors of both files.
    """
    for organization in _checked(arguments).organizations:
        api_url, _ = organization.hosts()
        names = ", ".join(collector.name for collector, _ in configured(organization.collectors))
        print(f"{organization.name}: {api_url}, collectors {names}")
    print("the configuration is valid")
    return 0


def _checked(arguments: argparse.Namespace) -> Settings:
    errors = []
    try:
        protection_of(arguments)
    except CommandError as error:
        errors.append(str(error))
    try:
        settings = settings_of(arguments)
    except CommandError as error:
        errors.insert(0, str(error))
    if errors:
        raise CommandError("\n".join(errors))
    return settings

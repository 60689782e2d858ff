"""Configuration as the commands read it: files and environment in, settings or an error out."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from billing_exporter.commands.errors import CommandError, UsageError, near
from billing_exporter.config import ConfigError, Organization, Settings, from_environment, load
from billing_exporter.config.web_reload import Rotation
from billing_exporter.logs import configure
from billing_exporter.redaction import Redactor
from billing_exporter.web.protection import Protection


def read_settings(arguments: argparse.Namespace) -> Settings:
    """Return the settings of ``--config.file``, or else of the environment.

    Raises:
        ConfigError: with every error that was found.
    """
    if arguments.config_file:
        return load(arguments.config_file, os.environ)
    return from_environment(os.environ)


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return the settings, or end the command with the errors in them.

    Raises:
        CommandError: the configuration is invalid.
    """
    try:
        return read_settings(arguments)
    except ConfigError as error:
        raise CommandError(str(error)) from None


def configured(arguments: argparse.Namespace) -> tuple[Settings, Redactor]:
    """Return the settings and set up the log; the redactor masks secrets in it.

    Raises:
        CommandError: the configuration is invalid.
    """
    settings = settings_of(arguments)
    redactor = Redactor()
    configure(arguments.log_level, arguments.log_format, sys.stderr, redactor)
    return settings, redactor


def protection_of(arguments: argparse.Namespace) -> Callable[[], Protection]:
    """Return a function that gives the current TLS and authentication settings.

    Raises:
        CommandError: ``--web.config.file`` is invalid.
    """
    if not arguments.web_config_file:
        return Protection
    try:
        return Rotation(Path(arguments.web_config_file)).protection
    except ConfigError as error:
        raise CommandError(str(error)) from None


def organization_of(settings: Settings, name: str | None) -> Organization:
    """Return the named organization, or the only one.

    Raises:
        UsageError: there is none of that name, or there are several and none is named.
    """
    found = organizations_of(settings, name)
    if len(found) > 1:
        known = ", ".join(each.name for each in found)
        raise UsageError(f"billing-exporter: --organization is needed, one of: {known}")
    return found[0]


def organizations_of(settings: Settings, name: str | None) -> list[Organization]:
    """Return the named organization, or all of them.

    Raises:
        UsageError: there is none of that name.
    """
    found = [each for each in settings.organizations if name in {None, each.name}]
    if not found:
        names = [each.name for each in settings.organizations]
        text = f"no organization {name}, only: {', '.join(names)}{near(str(name), names)}"
        raise UsageError(f"billing-exporter: {text}")
    return found

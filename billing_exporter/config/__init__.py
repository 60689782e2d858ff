"""The configuration: what an operator may say, where it is read, and what is wrong with it.

    yamltree ─▶ shape ─▶ rules ─▶ settings        load joins them
    (lines)    (types)  (between)  (typed, frozen)

Nothing in here shows a secret: not a setting's repr, and not a message, which names settings and
lines but never a value.
"""

from billing_exporter.config.errors import ConfigError, Problem
from billing_exporter.config.load import from_environment, load, parse
from billing_exporter.config.reference import reference
from billing_exporter.config.schema import schema
from billing_exporter.config.secret import Secret
from billing_exporter.config.settings import Organization, Settings

__all__ = [
    "ConfigError",
    "Organization",
    "Problem",
    "Secret",
    "Settings",
    "from_environment",
    "load",
    "parse",
    "reference",
    "schema",
]

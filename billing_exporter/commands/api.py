"""Command ``api``: calls one operation of the API by its reference name."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from billing_exporter.commands import flags
from billing_exporter.commands.configuration import configured, organization_of
from billing_exporter.commands.errors import CommandError
from billing_exporter.genesys import OPERATIONS, ApiError, BillingApi, Parameter, encode, parameters
from billing_exporter.polling.organization import connect

EXAMPLES = """\
examples:
  billing-exporter api get_billing_contracts_invoices --payment-status UnPaid
  billing-exporter api get_billing_contract --contract-id C-1001
  billing-exporter api get_billing_reports_billableusage \\
      --start-date 2026-01-01 --end-date 2026-01-31
  billing-exporter api list                       the operations and their parameters

The answer may hold addresses, payment links and names of users: it is what the API said.
"""


class CallError(ValueError):
    """The operation or a parameter is not one that can be asked for; says what can."""


def call(api: BillingApi, operation: str, given: Mapping[str, str]) -> bytes:
    """Call an operation and return its answer as JSON with the API's own names.

    Args:
        api: the client.
        operation: the reference name, such as ``get_billing_contracts``.
        given: parameters as text by their names, in snake_case or with hyphens.

    Raises:
        CallError: the operation or a parameter is unknown, missing or cannot be read.
        ApiError: the API did not answer as it should.
    """
    if operation not in OPERATIONS:
        raise CallError(f"unknown operation {operation}; known are {', '.join(OPERATIONS)}")
    known = {parameter.name: parameter for parameter in parameters(operation)}
    named = {name.replace("-", "_"): text for name, text in given.items()}
    for name in named:
        if name not in known:
            flags = ", ".join(map(_flag, known)) or "none"
            raise CallError(f"{operation} has no {_flag(name)}; its parameters: {flags}")
    for parameter in known.values():
        if parameter.required and parameter.name not in named:
            raise CallError(f"{operation} needs {_flag(parameter.name)}: {parameter.help}")
    values = {name: _read(known[name], text) for name, text in named.items()}
    return encode(getattr(api, operation)(**values))


def listing() -> str:
    """Return the operations with their parameters; optional ones are in brackets."""
    lines = []
    for operation in OPERATIONS:
        lines.append(operation)
        for parameter in parameters(operation):
            flag = _flag(parameter.name)
            shown = flag if parameter.required else f"[{flag}]"
            lines.append(f"    {shown:<26} {parameter.help}")
    return "\n".join(lines) + "\n"


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _read(parameter: Parameter, text: str) -> Any:
    try:
        value = parameter.read(text)
    except ValueError:
        raise CallError(f"{_flag(parameter.name)}: expected {parameter.help}") from None
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.add_config(parser)
    flags.add_log(parser, level="warn")
    parser.add_argument(
        "--organization",
        metavar="NAME",
        help="organization to call the API of, where the configuration has several",
    )
    parser.add_argument("operation", metavar="OPERATION", help="reference name, or list")
    parser.add_argument(
        "parameters",
        metavar="--parameter value",
        nargs=argparse.REMAINDER,
        help="parameters of the operation",
    )


def run(arguments: argparse.Namespace) -> int:
    """Call the operation and print its answer.

    Raises:
        CommandError: the call is wrong, or the API did not answer as it should.
    """
    if arguments.operation == "list":
        print(listing(), end="")
        return 0
    settings, redactor = configured(arguments)
    api = connect(organization_of(settings, arguments.organization), redactor.redact)
    try:
        answer = call(api, arguments.operation, _pairs(arguments.parameters))
    except (CallError, ApiError) as error:
        raise CommandError(f"billing-exporter: {error}") from None
    finally:
        api.close()
    sys.stdout.buffer.write(answer + b"\n")
    sys.stdout.flush()
    return 0


def _pairs(words: Sequence[str]) -> dict[str, str]:
    """Read ``--name value`` and ``--name=value``."""
    pairs: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name:
            raise CommandError(f"billing-exporter: expected --parameter value, got {word}")
        given = value if equals else next(rest, None)
        if given is None:
            raise CommandError(f"billing-exporter: --{name} needs a value")
        pairs[name] = given
    return pairs

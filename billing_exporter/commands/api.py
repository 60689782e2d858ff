"""Command ``api``: calls one operation of the API by its reference name."""

import argparse
import logging
import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from billing_exporter.commands import flags
from billing_exporter.commands.configuration import configured, organization_of
from billing_exporter.commands.errors import CommandError, UsageError, near
from billing_exporter.commands.terminal import escaped, write_bytes
from billing_exporter.genesys import (
    MOST_EMPTY_PAGES,
    OPERATIONS,
    ApiError,
    BillingApi,
    Parameter,
    RawPage,
    UnexpectedAnswer,
    following,
    parameters,
)
from billing_exporter.polling.organization import connect

EXAMPLES = """\
examples:
  billing-exporter api get_billing_contracts_invoices --payment-status UnPaid
  billing-exporter api get_billing_contract --contract-id C-1001
  billing-exporter api get_billing_reports_billableusage \\
      --start-date 2026-01-01 --end-date 2026-01-31
  billing-exporter api get_orgauthorization_trustors --all
  billing-exporter api list                       the operations and their parameters

The JSON is what the API sent, with every key, null and number as it was, indented on a terminal.
With --all each page is printed, one JSON text after the other. It may hold addresses, payment links
and names of users.
"""

log = logging.getLogger(__name__)

_ALL = "--all"
# The command's own flags; they are no parameters of an operation.
_OWN = ("--config.file", "--log.level", "--log.format", "--organization")
_MOST_PAGES = 10_000
# How many rows the API puts on a numbered page unless asked.
_PAGE_SIZE = 25


class CallError(ValueError):
    """The operation or a parameter is not one that can be asked for; says what can."""


def call(api: BillingApi, operation: str, given: Mapping[str, str]) -> bytes:
    """Call an operation and return the JSON that the API sent.

    Args:
        api: the client.
        operation: the reference name, such as ``get_billing_contracts``.
        given: parameters as text by their names, in snake_case or with hyphens.

    Raises:
        CallError: the operation or a parameter is unknown, missing or cannot be read.
        ApiError: the API did not answer as it should.
    """
    return _body(api, operation, _values(operation, given))


def call_all(api: BillingApi, operation: str, given: Mapping[str, str]) -> Iterator[bytes]:
    """Call an operation for all its pages and yield the JSON of each.

    Raises:
        CallError: as ``call``; or the operation has no pages.
        ApiError: the API did not answer as it should, or the pages do not end.
    """
    values = _values(operation, given)
    name = _page_parameter(operation)
    page_size = values.get("page_size") or _PAGE_SIZE
    number = values.get(name) or 1 if name == "page_number" else None
    rows = page_size * (number - 1) if number else 0
    empty, seen = 0, set[str | int]()
    for _ in range(_MOST_PAGES):
        body = _body(api, operation, values)
        yield body
        page = _page(body, operation)
        rows += len(page.entities)
        empty = 0 if page.entities else empty + 1
        after = following(page, operation, number, rows, page_size)
        if after is None:
            return
        if after in seen or (number and empty == MOST_EMPTY_PAGES):
            break
        seen.add(after)
        values[name] = after
        number = number and number + 1
    raise UnexpectedAnswer("the pages do not end", path="$.nextUri", operation=operation)


def _page_parameter(operation: str) -> str:
    names = {parameter.name for parameter in parameters(operation)}
    if not names & {"after", "page_number"}:
        raise CallError(f"{operation} has no pages: leave out {_ALL}")
    return "page_number" if "page_number" in names else "after"


def printable(body: bytes, *, indented: bool) -> str:
    """Return JSON as it is printed: what could steer a terminal is escaped as JSON allows."""
    text = body.decode("utf-8-sig")
    if indented:
        text = msgspec.json.format(text, indent=2)
    # Such characters stand within strings alone, where JSON has the same escapes.
    return escaped(text.replace("\r\n", "\n")).rstrip("\n") + "\n"


def _body(api: BillingApi, operation: str, values: Mapping[str, Any]) -> bytes:
    """Return the JSON that an operation was answered with, also where the client cannot use it."""
    bodies: list[bytes] = []
    try:
        getattr(api.recording(bodies.append), operation)(**values)
    except UnexpectedAnswer as error:
        if not bodies or not _is_json(bodies[-1]):
            raise
        log.warning("the exporter would not use this answer: %s", error)
    return bodies[-1]


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body.removeprefix(BOM_UTF8), type=msgspec.Raw)
    except ValueError:
        return False
    return True


def _page(body: bytes, operation: str) -> RawPage:
    try:
        return msgspec.json.decode(body.removeprefix(BOM_UTF8), type=RawPage)
    except ValueError:
        raise UnexpectedAnswer("the answer is no page", operation=operation) from None


def _values(operation: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters by their names, each as its type."""
    if operation not in OPERATIONS:
        known_ones = ", ".join(OPERATIONS)
        meant = near(operation, OPERATIONS)
        raise CallError(f"unknown operation {operation}; known are {known_ones}{meant}")
    known = {parameter.name: parameter for parameter in parameters(operation)}
    named = {name.replace("-", "_"): text for name, text in given.items()}
    for name in named:
        if name not in known:
            if (flag := _flag(name)) in _OWN:
                raise CallError(f"{flag} belongs before the operation: api {flag} ... {operation}")
            flags = ", ".join(map(_flag, known)) or "none"
            meant = near(_flag(name), map(_flag, known))
            raise CallError(f"{operation} has no {_flag(name)}; its parameters: {flags}{meant}")
    for parameter in known.values():
        if parameter.required and parameter.name not in named:
            raise CallError(f"{operation} needs {_flag(parameter.name)}: {parameter.help}")
    return {name: _read(known[name], text) for name, text in named.items()}


def listing(operations: Iterable[str] = OPERATIONS) -> str:
    """Return operations with their parameters; optional ones are in brackets."""
    lines = []
    for operation in operations:
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
        help=f"parameters of the operation; {_ALL} asks for every page of a listing",
    )


def run(arguments: argparse.Namespace) -> int:
    """Call the operation and print its answer.

    Raises:
        UsageError: the call is wrong.
        CommandError: the API did not answer as it should.
    """
    operation, words = arguments.operation, arguments.parameters
    try:
        if _is_asked_for_help(operation, words):
            print(listing(OPERATIONS if operation == "list" else [operation]), end="")
            return 0
        given = _pairs([word for word in words if word != _ALL])
        _values(operation, given)
        if _ALL in words:
            _page_parameter(operation)
    except CallError as error:
        raise UsageError(f"billing-exporter: {error}") from None
    ask = call_all if _ALL in words else _call_once
    settings, redactor = configured(arguments)
    api = connect(organization_of(settings, arguments.organization), redactor.redact)
    try:
        for body in ask(api, operation, given):
            text = printable(body, indented=sys.stdout.isatty())
            write_bytes(sys.stdout, text.encode())
    except ApiError as error:
        raise CommandError(f"billing-exporter: {error}") from None
    finally:
        api.close()
    sys.stdout.flush()
    return 0


def _is_asked_for_help(operation: str, words: Sequence[str]) -> bool:
    """Return whether nothing is to be called: what there is to call is asked for.

    Raises:
        CallError: there are words that say nothing of it.
    """
    if operation == "list" and words:
        raise CallError(f"unexpected argument after list: {words[0]}")
    return operation == "list" or (operation in OPERATIONS and list(words) in (["--help"], ["-h"]))


def _call_once(api: BillingApi, operation: str, given: Mapping[str, str]) -> Iterable[bytes]:
    return (call(api, operation, given),)


def _pairs(words: Sequence[str]) -> dict[str, str]:
    """Read ``--name value`` and ``--name=value``.

    Raises:
        CallError: a word is neither, or a parameter is given twice.
    """
    pairs: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name:
            raise CallError(f"expected --parameter value, got {word}")
        given = value if equals else next(rest, None)
        if given is None:
            raise CallError(f"--{name} needs a value")
        if name in pairs:
            raise CallError(f"--{name} is given twice")
        pairs[name] = given
    return pairs

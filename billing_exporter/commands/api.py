"""Calls one operation of the API by its reference name, with parameters given as text."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from billing_exporter.genesys import OPERATIONS, BillingApi, Parameter, encode, parameters


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

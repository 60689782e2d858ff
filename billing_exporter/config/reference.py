"""The configuration explained from its own types, as Markdown."""

from collections.abc import Iterator

import msgspec
from msgspec import inspect

from billing_exporter.collectors.settings import default_text
from billing_exporter.config.errors import ConfigError
from billing_exporter.config.load import DEFAULT_NAME, VARIABLES, parse
from billing_exporter.config.settings import Settings
from billing_exporter.config.validation import Kind, expected, kind_of

EXAMPLE = """\
organizations:
  - name: acme
    region: eu-central-1
    client_id: 5f0c8b1e-7d0a-4a6b-9a51-1d3c0e9f2b77
    client_secret_file: /run/secrets/acme
    collectors:
      usage: {interval: 6h, window: contract}
      invoices: {interval: 1h, lookback: 400d, lines: unpaid}
      contracts:
      trustors:
        interval: 6h
        periods: [current, previous]
        include: ["*"]
        exclude: ["Test *"]
        concurrency: 4
        zero_rows: false
  - name: sandbox
    api_url: https://api.mypurecloud.ie
    client_id: ${SANDBOX_CLIENT_ID}
    client_secret: ${SANDBOX_CLIENT_SECRET}
"""
"""A whole configuration, as the reference shows it."""

_INVALID = """\
organizations:
  - name: 0x1F
    region: eu-centrl-1
    client_id: no
    client_secret: ${ACME_SECRET}
    collectors:
      usage: {intervall: 6h}
      invoices: {interval: 30}
"""

_INTRODUCTION = """\
# Configuration

`billing-exporter serve --config.file config.yml` reads one YAML file. `billing-exporter check`
names every error in it with line and setting, `billing-exporter schema` prints its JSON Schema
for editors. One organization needs no file, only
[environment variables](#environment-variables)."""

_DURATIONS = """\
## Durations

Whole numbers with a unit, as Prometheus writes them: `90s`, `15m`, `6h`, `30d`, `1h30m`. The
units are `ms`, `s`, `m`, `h`, `d`, `w` (7 days) and `y` (365 days), the largest first."""

_SECRETS = """\
## Values from the environment, and secrets

`${NAME}` within a text value is replaced by the environment variable `NAME`; one that is not set
is an error. `$${` stands for a literal `${`. What a variable holds is text in any case: it cannot
add settings.

A secret is shown by no command, message or log line. One that stands in a file is read again for
each token, without the line feed at its end."""

_ENVIRONMENT = f"""\
## Environment variables

Without a file these describe one organization, on which all four collectors run with their
defaults. A variable that is empty counts as unset; the name is then `{DEFAULT_NAME}`."""

_ERRORS = """\
## Errors

All are named at once, and nothing is polled until the last is fixed. Unknown keys, keys given
twice and values of the wrong kind are errors; aliases (`*name`) are followed, merge keys (`<<`),
tags (`!name`) and second documents are refused. For example"""


_JSON = msgspec.json.Encoder(decimal_format="number")


def reference() -> str:
    """Return the reference as Markdown: every setting, its type, default and meaning."""
    parts = [_INTRODUCTION, f"## Example\n\n```yaml\n{EXAMPLE}```"]
    parts += _sections(kind_of(inspect.type_info(Settings)), "")
    parts += [_DURATIONS, _SECRETS, f"{_ENVIRONMENT}\n\n{_variables()}", _problems()]
    return "\n\n".join(parts) + "\n"


def _sections(kind: Kind, path: str) -> Iterator[str]:
    """Yield the section of a mapping, then those of the mappings within."""
    if isinstance(kind.type, inspect.VarTupleType):
        yield from _sections(kind_of(kind.type.item_type), f"{path}[]")
    if not isinstance(kind.type, inspect.StructType):
        return
    title = f"`{path}`" if path else "The file"
    rows = "\n".join(_row(field) for field in kind.type.fields)
    yield (
        f"## {title}\n\n{kind.type.cls.__doc__}\n\n"
        f"| Setting | Type | Default | Meaning |\n|---|---|---|---|\n{rows}"
    )
    for field in kind.type.fields:
        yield from _sections(kind_of(field.type), f"{path}.{field.name}".lstrip("."))


def _row(field: inspect.Field) -> str:
    kind = kind_of(field.type)
    meaning = kind.description
    if not meaning and isinstance(kind.type, inspect.StructType):
        meaning = kind.type.cls.__doc__ or ""
    return f"| `{field.name}` | {_type(kind)} | {_default(field)} | {meaning} |"


def _type(kind: Kind) -> str:
    if "kind" in kind.extra:
        return str(kind.extra["kind"])
    match kind.type:
        case inspect.LiteralType(values=values):
            return " or ".join(f"`{value}`" for value in values)
        case inspect.VarTupleType(item_type=item):
            return f"list of {_type(kind_of(item))}"
        case inspect.StructType():
            return "mapping"
        case _:
            return expected(kind)


def _default(field: inspect.Field) -> str:
    if field.required:
        return "required"
    if field.default is None or field.default_factory is dict:
        return "-"
    if field.name == "collectors":
        return "all"
    duration = default_text(field)
    if duration is not None or isinstance(field.default, str):
        return f"`{duration or field.default}`"
    return f"`{_JSON.encode(field.default).decode()}`"


def _variables() -> str:
    rows = [f"| `{variable}` | `{key}` |" for key, variable in VARIABLES.items()]
    return "\n".join(["| Variable | Setting |", "|---|---|", *rows])


def _problems() -> str:
    """Return the errors of a small file, as the code itself names them."""
    try:
        parse(_INVALID, "config.yml", {})
    except ConfigError as error:
        return f"{_ERRORS}\n\n```yaml\n{_INVALID}```\n\ngives\n\n```text\n{error}\n```"
    raise AssertionError("the example of errors has none")

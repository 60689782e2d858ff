"""The configuration explained from its own types, as JSON Schema for editors and other tools."""

from inspect import cleandoc
from typing import Any, cast

import msgspec
import msgspec.inspect

from billing_exporter.collectors.durations import as_text
from billing_exporter.collectors.settings import (
    EVERY_COLLECTOR,
    Collectors,
    default_text,
    settings_types,
)
from billing_exporter.config.cross_checks import EITHER
from billing_exporter.config.settings import Organization, Settings


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the configuration file."""
    definitions = {
        # Only a collector's key may stand without a value.
        name: part if name == Collectors.__name__ else _without_null(part)
        for name, part in definitions_of(Settings).items()
    }
    for kind in settings_types().values():
        properties = definitions[kind.__name__]["properties"]
        struct = cast("msgspec.inspect.StructType", msgspec.inspect.type_info(kind))
        for field in struct.fields:
            duration = default_text(field)
            if duration is not None:
                properties[field.name]["default"] = duration
    of_organization = definitions[Organization.__name__]["properties"]
    of_organization["collectors"]["default"] = msgspec.to_builtins(
        EVERY_COLLECTOR, enc_hook=as_text
    )
    definitions[Organization.__name__]["allOf"] = [
        {"oneOf": [{"required": [key]} for key in pair]} for pair in EITHER
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Genesys Cloud Billing Exporter",
        "description": "The configuration file; values as they are once `${NAME}` is replaced.",
        "$ref": f"#/$defs/{Settings.__name__}",
        "$defs": definitions,
    }


def definitions_of(settings: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the definitions of settings by name, alike with every release of msgspec.

    Releases differ in the order of alternatives, in the blanks of docstrings, and in whether
    they describe a mapping's keys, and where.
    """
    described = msgspec.json.schema(settings, schema_hook=lambda _: {"type": "string"})
    return cast("dict[str, Any]", _in_one_form(described["$defs"]))


def _in_one_form(part: Any) -> Any:
    if isinstance(part, list):
        return [_in_one_form(item) for item in part]
    if not isinstance(part, dict):
        return part
    form = {key: _in_one_form(value) for key, value in part.items()}
    if isinstance(form.get("description"), str):
        form["description"] = cleandoc(form["description"])
    if "anyOf" in form:
        form["anyOf"].sort(key=lambda choice: choice == {"type": "null"})
    if "propertyNames" in form:
        form["propertyNames"] = form.pop("propertyNames")
    return form


def _without_null(part: Any) -> Any:
    """Return a schema in which an optional setting can be left out, but not be null."""
    if isinstance(part, list):
        return [_without_null(item) for item in part]
    if not isinstance(part, dict):
        return part
    if part.get("format") == "decimal":  # in the file a number, or text with its digits
        return {**part, "type": ["number", "string"]}
    plain = {key: _without_null(item) for key, item in part.items() if key != "anyOf"}
    choices = [choice for choice in part.get("anyOf", []) if choice != {"type": "null"}]
    for choice in choices:
        plain |= _without_null(choice)
    if choices:
        del plain["default"]
    return plain

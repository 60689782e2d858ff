"""The configuration explained from its own types, as JSON Schema for editors and other tools."""

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
    raw = msgspec.json.schema(Settings, schema_hook=lambda _: {"type": "string"})
    definitions = {
        # Only a collector's key may stand without a value.
        name: part if name == Collectors.__name__ else _without_null(part)
        for name, part in raw["$defs"].items()
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
        "$ref": raw["$ref"],
        "$defs": definitions,
    }


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

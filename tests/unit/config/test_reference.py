"""The reference and the schema say what the code does."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from billing_exporter.config import Organization, Secret, Settings, parse, reference, schema
from billing_exporter.config.reference import EXAMPLE
from billing_exporter.config.schema import definitions_of
from billing_exporter.config.validation import Checker
from billing_exporter.config.yamltree import parse as parse_tree


def _as_text(value: object) -> str:
    return value.reveal() if isinstance(value, Secret) else str(value)


def test_the_example_loads(tmp_path: Path) -> None:
    """The example of the reference is a valid configuration."""
    (tmp_path / "acme").write_text("very-secret\n")
    text = EXAMPLE.replace("/run/secrets/acme", "acme")
    environ = {"SANDBOX_CLIENT_ID": "id", "SANDBOX_CLIENT_SECRET": "very-secret"}
    settings = parse(text, str(tmp_path / "config.yml"), environ)
    assert [organization.name for organization in settings.organizations] == ["acme", "sandbox"]
    assert EXAMPLE in reference()


def test_every_setting_is_described() -> None:
    """Each row of the reference has a type, a default and a meaning, and keys of the schema."""
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \| (.*) \|$", reference(), re.MULTILINE)
    assert all(all(row) for row in rows)
    keys = {key for part in schema()["$defs"].values() for key in part["properties"]}
    assert {row[0] for row in rows} == keys


def test_the_reference_shows_defaults_and_problems() -> None:
    """Defaults, environment variables and real messages stand in the reference."""
    text = reference()
    assert "| `interval` | duration | `1h` |" in text
    assert "| `name` | text | required |" in text
    assert "| `GENESYSCLOUD_REGION` | `region` |" in text
    assert "config.yml:7: organizations[0].collectors.usage.intervall: unknown setting;" in text


def test_the_schema_is_json_and_says_either_or() -> None:
    """The schema survives JSON, refuses unknown keys and says which settings exclude each other."""
    document = json.loads(json.dumps(schema()))
    organization = document["$defs"]["Organization"]
    assert document["$schema"].endswith("2020-12/schema")
    assert organization["additionalProperties"] is False
    assert organization["allOf"][0] == {
        "oneOf": [{"required": ["region"]}, {"required": ["api_url"]}]
    }
    assert organization["properties"]["client_secret"]["type"] == "string"
    assert "default" not in organization["properties"]["region"]


def test_the_schema_names_the_keys_of_thresholds() -> None:
    """Thresholds take four names and currencies, whichever release of msgspec describes them."""
    thresholds = schema()["$defs"]["Settings"]["properties"]["thresholds"]
    assert thresholds["propertyNames"] == {
        "enum": ["fleet_overage_amount", "overage_amount", "overdue_amount", "small_amount"]
    }
    assert thresholds["additionalProperties"] == {
        "type": "object",
        "propertyNames": {"pattern": "^([A-Z]{3}|default)$"},
        "additionalProperties": {"type": ["number", "string"], "format": "decimal"},
    }


@pytest.mark.parametrize(
    "described",
    [
        {"anyOf": [{"type": "null"}, {"type": "string"}], "description": "One.\n\n    Two."},
        {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "One.\n\nTwo."},
    ],
)
def test_descriptions_of_types_take_one_form(
    described: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Releases of msgspec differ in blanks and order of alternatives; the schema does not."""
    keys = {"propertyNames": {"pattern": "^a"}, "type": "object", **described}
    monkeypatch.setattr(msgspec.json, "schema", lambda *_, **__: {"$defs": {"Settings": keys}})
    (form,) = definitions_of(Settings).values()
    assert form == {
        "type": "object",
        "description": "One.\n\nTwo.",
        "anyOf": [{"type": "string"}, {"type": "null"}],
        "propertyNames": {"pattern": "^a"},
    }
    assert list(form)[-1] == "propertyNames"


def test_all_defaults_validate() -> None:
    """What is built from defaults alone passes the same rules as a file."""
    organization = Organization(
        name="a", client_id="x", region="us-east-1", client_secret=Secret("y")
    )
    raw = msgspec.to_builtins(organization, enc_hook=_as_text)
    again = msgspec.convert(raw, Organization, dec_hook=lambda kind, text: kind(text))
    assert again == organization
    reported: list[Any] = []
    given = {key: value for key, value in raw.items() if value is not None}
    text = json.dumps({"organizations": [given]})
    tree = parse_tree(text, lambda *report: reported.append(report))
    assert tree is not None
    checker = Checker(lambda *report: reported.append(report), str)
    value = checker.check(tree, msgspec.inspect.type_info(Settings))
    assert reported == []
    assert value == json.loads(text)


def test_settings_cannot_change() -> None:
    """Settings are frozen."""
    organization = Organization(name="a", client_id="x")
    with pytest.raises(AttributeError):
        organization.name = "b"  # type: ignore[misc]

"""JSON of the pages: one address for each page, and the OpenAPI document that describes them."""

import inspect
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import msgspec

from billing_exporter.httpd.response import Response
from billing_exporter.web.queries import LARGEST_SIZE
from billing_exporter.web.records import (
    CONTRACT_SORTS,
    CUSTOMER_STATES,
    SORTS,
    Account,
    ContractQuery,
    Contracts,
    CustomerQuery,
    Customers,
    Overview,
)

JSON_HEADERS = (("Cache-Control", "no-store"),)
PREFIX = "/api/v1"
OPENAPI_PATH = f"{PREFIX}/openapi.json"

_TEMPLATE = "#/components/schemas/{name}"
_FIELD = re.compile(r"^ {8}(\w+): (.+(?:\n {12,}\S.*)*)", re.MULTILINE)


def json_response(record: Any, status: int = HTTPStatus.OK) -> Response:
    """Return a record as JSON; decimals are strings without exponent."""
    plain = msgspec.to_builtins(record, builtin_types=(Decimal,))
    text = json.dumps(plain, default=_text_of, ensure_ascii=False, separators=(",", ":"))
    body = (f"{text}\n".encode(errors="replace"),)
    return Response(status, "application/json", body, JSON_HEADERS)


def error_response(status: int, text: str) -> Response:
    """Return an error as JSON."""
    return json_response({"error": text}, status)


def _text_of(value: Decimal) -> str:
    return f"{value:f}"


def openapi(version: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of all addresses."""
    kinds = (Overview, Customers, Contracts, Account)
    refs, schemas = msgspec.json.schema_components(kinds, ref_template=_TEMPLATE)
    overview, customers, contracts, account = refs
    for kind in _records(kinds):
        _describe(schemas[kind.__name__], kind)
    schemas["Error"] = {
        "type": "object",
        "description": "What is wrong with a request.",
        "properties": {"error": {"type": "string", "description": "The error, as a sentence."}},
        "required": ["error"],
    }
    account_of = "A {} with its charges and closed periods."
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Genesys Cloud Billing Exporter",
            "version": version,
            "description": "What the pages show. Amounts are decimals as strings, without tax; a "
            "value that is not known is null. Currencies are never added.",
        },
        "paths": {
            f"{PREFIX}/overview": _path("What is known at a glance.", overview),
            f"{PREFIX}/customers": _path(
                "One page of the list of customers.", customers, _customers_parameters()
            ),
            f"{PREFIX}/contracts": _path(
                "One page of the list of contracts.", contracts, _contracts_parameters()
            ),
            f"{PREFIX}/customer": _path(
                account_of.format("customer"),
                account,
                _one_parameters("id", "Id of its organization."),
            ),
            f"{PREFIX}/contract": _path(
                account_of.format("contract"), account, _one_parameters("contract", "Its number.")
            ),
        },
        "components": {"schemas": schemas},
    }


def _path(
    summary: str, schema: Mapping[str, Any], parameters: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    def answer(text: str, of: Mapping[str, Any]) -> dict[str, Any]:
        return {"description": text, "content": {"application/json": {"schema": of}}}

    error = {"$ref": _TEMPLATE.format(name="Error")}
    responses = {"200": answer(summary, schema), "400": answer("A parameter is wrong.", error)}
    if parameters and parameters[0].get("required"):
        responses["404"] = answer("There is no such thing.", error)
    return {"get": {"summary": summary, "parameters": parameters or [], "responses": responses}}


def _customers_parameters() -> list[dict[str, Any]]:
    default = CustomerQuery()
    return [
        *_search_parameters("customers", "name or id"),
        _parameter("state", {"enum": list(CUSTOMER_STATES)}, "The state that they are in."),
        _parameter("sort", {"enum": list(SORTS), "default": default.sort}, "Their order."),
        *_page_parameters("Customers", default.page, default.size),
    ]


def _contracts_parameters() -> list[dict[str, Any]]:
    default = ContractQuery()
    return [
        *_search_parameters("contracts", "number or customer"),
        _parameter("sort", {"enum": list(CONTRACT_SORTS), "default": default.sort}, "Their order."),
        *_page_parameters("Contracts", default.page, default.size),
    ]


def _search_parameters(what: str, where: str) -> list[dict[str, Any]]:
    text = {"type": "string", "maxLength": 200}
    return [
        _parameter("organization", text, f"Whose {what}; all without it."),
        _parameter("search", text, f"Text that {where} contains, in any case."),
    ]


def _page_parameters(what: str, page: int, size: int) -> list[dict[str, Any]]:
    number = {"type": "integer", "minimum": 1}
    return [
        _parameter("page", {**number, "default": page}, "Number of the page."),
        _parameter(
            "size", {**number, "maximum": LARGEST_SIZE, "default": size}, f"{what} on a page."
        ),
    ]


def _one_parameters(key: str, text: str) -> list[dict[str, Any]]:
    string = {"type": "string", "maxLength": 200}
    organization = _parameter("organization", string, "As configured.")
    return [{**organization, "required": True}, {**_parameter(key, string, text), "required": True}]


def _parameter(name: str, schema: Mapping[str, Any], text: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": text, "schema": dict(schema)}


def _records(kinds: tuple[type[Any], ...]) -> list[type[msgspec.Struct]]:
    """Return the record types that these consist of, themselves included."""
    found: dict[str, type[msgspec.Struct]] = {}

    def visit(info: msgspec.inspect.Type) -> None:
        if isinstance(info, msgspec.inspect.StructType) and info.cls.__name__ not in found:
            found[info.cls.__name__] = info.cls
            for field in info.fields:
                visit(field.type)
        for inner in ("item_type", "value_type"):
            if isinstance(child := getattr(info, inner, None), msgspec.inspect.Type):
                visit(child)
        for child in getattr(info, "types", ()):
            visit(child)

    for info in msgspec.inspect.multi_type_info(kinds):
        visit(info)
    return list(found.values())


def _describe(schema: dict[str, Any], kind: type[msgspec.Struct]) -> None:
    """Copy the descriptions in a record's docstring into its schema."""
    text = kind.__doc__ or ""
    schema["description"] = inspect.cleandoc(text).partition("\n\n")[0]
    # Every field is in every answer, also one with a default.
    schema["required"] = list(schema["properties"])
    for field in schema["properties"].values():
        field.pop("default", None)
    for name, said in _FIELD.findall(text):
        schema["properties"][name]["description"] = " ".join(said.split())

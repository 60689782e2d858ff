"""Routes of pages and of their JSON, without a socket."""

import csv
import json
from decimal import Decimal
from io import StringIO
from typing import Any

import msgspec
import pytest

from billing_exporter.web.api import json_response, openapi
from billing_exporter.web.records import ContractQuery
from tests.unit.web.exporters import ACCOUNT, EMPTY, Shown, routes

SCHEMA = openapi("1.2.3")
ONE = "organization=acme&id=id-Ahorn"
replace = msgspec.structs.replace


def get(path: str, query: str = "", shown: Shown | None = None) -> tuple[int, str]:
    """Return status and text of an answer."""
    response = routes(shown).answers[path](query)
    return response.status, b"".join(response.body).decode()


def data(path: str, query: str = "", shown: Shown | None = None) -> Any:
    """Return the JSON of a good answer, whose numbers with a point would be inexact."""
    status, text = get(path, query, shown)
    assert status == 200
    return json.loads(text)


def problems(path: str, answer: Any) -> list[str]:
    """Return where an answer is not as the document describes."""
    import jsonschema  # noqa: PLC0415 - the quick tests run without it

    described = SCHEMA["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    schema = {**described["schema"], "components": SCHEMA["components"]}
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(answer)]


@pytest.mark.component
@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/v1/overview", ""),
        ("/api/v1/customers", "state=forbidden"),
        ("/api/v1/contracts", "sort=end"),
        ("/api/v1/customer", ONE),
        ("/api/v1/contract", "organization=acme&contract=id-Ahorn"),
    ],
)
def test_answers_are_as_described(path: str, query: str) -> None:
    """Every answer fits its schema, has all fields, and amounts are decimals as strings."""
    answer = data(path, query)
    assert problems(path, answer) == []
    assert '"1234567.8955"' in json.dumps(answer)
    broken = json.loads(json.dumps(answer).replace('"1234567.8955"', "1234567.8955"))
    assert problems(path, broken)


@pytest.mark.component
def test_an_empty_overview_is_as_described() -> None:
    """Before anything is known, values are null and lists are empty."""
    shown = Shown()
    shown.overview_ = EMPTY
    answer = data("/api/v1/overview", shown=shown)
    assert problems("/api/v1/overview", answer) == []
    assert answer["data_until"] is None
    assert answer["totals"] == []


def test_every_field_is_described() -> None:
    """The document describes each field of each record, and every address."""
    for name, schema in SCHEMA["components"]["schemas"].items():
        assert schema["description"], name
        for field, described in schema["properties"].items():
            assert described["description"], f"{name}.{field}"
        assert set(schema["required"]) == set(schema["properties"])
    assert {path for path in routes().answers if path.startswith("/api/")} == {
        *SCHEMA["paths"],
        "/api/v1/openapi.json",
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.0000001", '"0.0000001"'),
        ("1E+3", '"1000"'),
        ("123456789012345.67", '"123456789012345.67"'),
        ("0E-8", '"0.00000000"'),
    ],
)
def test_decimals_are_exact_and_have_no_exponent(value: str, text: str) -> None:
    """An amount of any size is written digit by digit."""
    assert b"".join(json_response({"a": Decimal(value)}).body).decode() == f'{{"a":{text}}}\n'


def test_the_pages() -> None:
    """Pages are HTML with a policy, and say nothing to caches."""
    for path, query in (
        ("/", ""),
        ("/customers", "page=1"),
        ("/contracts", "page=1"),
        ("/customer", ONE),
    ):
        response = routes().answers[path](query)
        assert (response.status, response.content_type) == (200, "text/html; charset=utf-8")
        headers = dict(response.headers)
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
        assert headers["Cache-Control"] == "no-store"


def test_what_is_asked_for() -> None:
    """The parameters of the list reach the views."""
    shown = Shown()
    get("/customers", "organization=a%26b&search=%20x%20&state=ok&sort=name&page=3&size=7", shown)
    asked = shown.asked
    assert asked is not None
    assert (asked.organization, asked.search, asked.state) == ("a&b", "x", "ok")
    assert (asked.sort, asked.page, asked.size) == ("name", 3, 7)


def test_which_contracts_are_asked_for() -> None:
    """The parameters of the list of contracts reach the views; without any it has its defaults."""
    shown = Shown()
    get("/contracts", "organization=a%26b&search=%20x%20&sort=end&page=3&size=7", shown)
    given = {"organization": "a&b", "search": "x", "sort": "end", "page": 3, "size": 7}
    assert shown.contracts_asked == ContractQuery(**given)  # type: ignore[arg-type]  # any field
    get("/api/v1/contracts", "search=&sort=&page=", shown)
    assert shown.contracts_asked == ContractQuery()


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("sort=state", "sort: expected overage, forecast, contract, customer or end, got 'state'"),
        ("state=ok", "'state' is not a parameter: use organization, search, sort, page, size"),
        ("page=0", "page: expected a whole number from 1 to 1,000,000, got '0'"),
        ("page=%D9%A1", "page: expected a whole number from 1 to 1,000,000, got '\u0661'"),
        ("size=501", "size: expected a whole number from 1 to 500, got '501'"),
        ("sort=end&sort=end", "sort is given twice"),
    ],
)
def test_wrong_queries_of_contracts(query: str, error: str) -> None:
    """A wrong parameter is answered with 400 and a sentence, on the page and in its JSON."""
    status, text = get("/api/v1/contracts", query)
    assert (status, json.loads(text)) == (400, {"error": error})
    assert get("/contracts", query)[0] == 400


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("page=0", "page: expected a whole number from 1 to 1,000,000, got '0'"),
        ("page=-1", "page: expected a whole number from 1 to 1,000,000, got '-1'"),
        ("page=²", "page: expected a whole number from 1 to 1,000,000, got '²'"),
        ("size=501", "size: expected a whole number from 1 to 500, got '501'"),
        (
            f"page={'9' * 100}",
            f"page: expected a whole number from 1 to 1,000,000, got '{'9' * 100}'",
        ),
        ("sort=price", "sort: expected state, name, forecast or overage, got 'price'"),
        (
            "state=bad",
            "state: expected error, forbidden, disabled, no_data, unread or ok, got 'bad'",
        ),
        ("page=1&page=2", "page is given twice"),
        ("q=x", "'q' is not a parameter: use organization, search, state, sort, page, size"),
        (f"search={'x' * 201}", "search is longer than 200 characters"),
        ("&".join("a=1" for _ in range(21)), "the address has more than 20 parameters"),
    ],
)
def test_a_wrong_parameter_is_named(query: str, error: str) -> None:
    """An invalid query is answered with what would be right, as JSON and as a page."""
    status, text = get("/api/v1/customers", query)
    assert (status, json.loads(text)) == (400, {"error": error})
    status, page = get("/customers", query)
    assert status == 400
    assert error.partition(":")[0].replace("'", "&#x27;") in page


@pytest.mark.parametrize("path", ["/customer", "/contract", "/customer.csv", "/api/v1/customer"])
def test_what_is_not_there(path: str) -> None:
    """An unknown customer is not found; one that is not named is an error of the address."""
    key = "contract" if "contract" in path else "id"
    status, text = get(path, f"organization=acme&{key}=nobody")
    assert status == 404
    assert "there is no c" in text
    status, text = get(path, "organization=acme")
    assert status == 400
    assert f"{key} is missing" in text


def test_no_parameters() -> None:
    """An address without parameters refuses them instead of leaving them out."""
    assert get("/api/v1/overview", "x=1")[0] == 400


def test_csv() -> None:
    """The CSV has exact numbers, blanks for unknown ones, and runs in no spreadsheet."""
    shown = Shown()
    shown.account = replace(
        ACCOUNT,
        name='=HYPERLINK("x"),\n"y"',
        charges=(replace(ACCOUNT.charges[0], charge="@SUM(1)", overage_amount=Decimal(-5)),),
    )
    response = routes(shown).answers["/customer.csv"](ONE)
    assert response.content_type == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(StringIO(b"".join(response.body).decode(), newline=""))
    assert row["name"] == '\'=HYPERLINK("x"),\n"y"'
    assert row["charge"] == "'@SUM(1)"
    assert (row["overage_amount"], row["used"], row["included"]) == ("-5", "12", "")

"""Queries of pages: the parameters of an address, with errors in the words of who typed it."""

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import parse_qsl

from billing_exporter.web.records import (
    CONTRACT_SORTS,
    CUSTOMER_STATES,
    SORTS,
    ContractQuery,
    CustomerQuery,
)

Word = TypeVar("Word", bound=str)

LARGEST_SIZE = 500
"""The most customers or contracts on one page."""

_LONGEST_TEXT = 200
_LARGEST_PAGE = 1_000_000
_MOST_PARAMETERS = 20


class QueryError(ValueError):
    """An invalid query, with the wrong parameter and what would be right."""


def parameters(query: str, allowed: Sequence[str]) -> dict[str, str]:
    """Return the parameters of a query.

    Raises:
        QueryError: one is unknown, given twice, or too long.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise QueryError(f"the address has more than {_MOST_PARAMETERS} parameters") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed:
            raise QueryError(f"{name[:40]!r} is not a parameter: use {', '.join(allowed)}")
        if name in found:
            raise QueryError(f"{name} is given twice")
        if len(value) > _LONGEST_TEXT:
            raise QueryError(f"{name} is longer than {_LONGEST_TEXT} characters")
        found[name] = value
    return found


CUSTOMERS = ("organization", "search", "state", "sort", "page", "size")
"""Parameters of the list of customers."""


def customer_query(query: str) -> CustomerQuery:
    """Return what a query of the list of customers asks for.

    Raises:
        QueryError: a parameter is wrong.
    """
    given = parameters(query, CUSTOMERS)
    default = CustomerQuery()
    return CustomerQuery(
        organization=given.get("organization", ""),
        search=given.get("search", "").strip(),
        state=_choice("state", given.get("state", ""), CUSTOMER_STATES),
        sort=_choice("sort", given.get("sort", ""), SORTS) or default.sort,
        page=_number("page", given.get("page", ""), default.page, _LARGEST_PAGE),
        size=_number("size", given.get("size", ""), default.size, LARGEST_SIZE),
    )


CONTRACTS = ("organization", "search", "sort", "page", "size")
"""Parameters of the list of contracts."""


def contract_query(query: str) -> ContractQuery:
    """Return what a query of the list of contracts asks for.

    Raises:
        QueryError: a parameter is wrong.
    """
    given = parameters(query, CONTRACTS)
    default = ContractQuery()
    return ContractQuery(
        organization=given.get("organization", ""),
        search=given.get("search", "").strip(),
        sort=_choice("sort", given.get("sort", ""), CONTRACT_SORTS) or default.sort,
        page=_number("page", given.get("page", ""), default.page, _LARGEST_PAGE),
        size=_number("size", given.get("size", ""), default.size, LARGEST_SIZE),
    )


def one(query: str, key: str) -> tuple[str, str]:
    """Return the organization and the key of the customer or contract that a query names.

    Raises:
        QueryError: one of them is missing, or a parameter is wrong.
    """
    given = parameters(query, ("organization", key))
    for name in ("organization", key):
        if not given.get(name):
            raise QueryError(f"{name} is missing")
    return given["organization"], given[key]


def none(query: str) -> None:
    """Check that a query is empty.

    Raises:
        QueryError: it is not.
    """
    if query:
        raise QueryError("this address takes no parameters")


def _choice(name: str, text: str, among: Sequence[Word]) -> Word | None:
    """Return the word of a choice that a text is, None for an empty text."""
    found = next((word for word in among if word == text), None)
    if text and found is None:
        raise QueryError(f"{name}: expected {_one_of(among)}, got {text!r}")
    return found


def _number(name: str, text: str, otherwise: int, most: int) -> int:
    if not text:
        return otherwise
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 - no longer number is in range
    if not 1 <= number <= most:
        raise QueryError(f"{name}: expected a whole number from 1 to {most:,}, got {text!r}")
    return number


def _one_of(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"

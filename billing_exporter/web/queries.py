"""Queries of pages: the parameters of an address, with errors in the words of who typed it."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from billing_exporter.web.records import CUSTOMER_STATES, SORTS, CustomerQuery

LARGEST_SIZE = 500
"""The most customers on one page."""

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
    states = {state: state for state in CUSTOMER_STATES}
    sorts = {sort: sort for sort in SORTS}
    state, sort = given.get("state", ""), given.get("sort", "") or "state"
    if state and state not in states:
        raise QueryError(f"state: expected {_one_of(CUSTOMER_STATES)}, got {state!r}")
    if sort not in sorts:
        raise QueryError(f"sort: expected {_one_of(SORTS)}, got {sort!r}")
    return CustomerQuery(
        organization=given.get("organization", ""),
        search=given.get("search", "").strip(),
        state=states[state] if state else None,
        sort=sorts[sort],
        page=_number("page", given.get("page", ""), 1, _LARGEST_PAGE),
        size=_number("size", given.get("size", ""), CustomerQuery().size, LARGEST_SIZE),
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


def _number(name: str, text: str, otherwise: int, most: int) -> int:
    if not text:
        return otherwise
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 - no longer number is in range
    if not 1 <= number <= most:
        raise QueryError(f"{name}: expected a whole number from 1 to {most:,}, got {text!r}")
    return number


def _one_of(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"

"""Answers with odd content: what the faults do to a payload, as pure functions."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from itertools import count
from typing import Any

NUMBERS = frozenset(
    {
        *("usageQuantity", "prepayQuantity", "overagePrice", "prepayPrice", "totalUsage"),
        *("prepaidQuantity", "fairuseQuantity", "actualQuantity", "overageQuantity"),
        *("overageRate", "overageCharge", "convertedTokenCount", "tokenConversionRate"),
        *("startingBalance", "endingBalance", "balanceIncrease", "balanceDecrease"),
        *("balanceConsumption", "balanceOverage", "balanceOverageRate", "balanceOverageCharge"),
        *("amount", "quantity", "price", "discountAmount", "minimumMonthlyAmount"),
    }
)
ENUMERATIONS = frozenset(
    {
        *("status", "paymentStatus", "subscriptionType", "unitOfMeasure", "grouping"),
        *("addressType", "state", "productPlatform"),
    }
)
COMPANIES = frozenset(
    {
        *("organization", "organizations"),
        *("billToCustomer", "shipToCustomer", "soldToCustomer", "endCustomer"),
    }
)
WEIRD = ' "quoted" back\\slash\nnext line {a="b"}\x1b[31m\x9b\u202e\u2066'
UNKNOWN = "FROM_THE_FUTURE"

Change = Callable[[str, Any], Any]


def rewritten(node: Any, change: Change) -> Any:
    """Copy a payload with every leaf replaced by what a function makes of its key and value."""
    if isinstance(node, list):
        return [rewritten(item, change) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: rewritten(value, change) if isinstance(value, dict | list) else change(key, value)
        for key, value in node.items()
    }


def with_numbers(payload: Any, step: int, change: Callable[[Any], Any]) -> Any:
    """Change each `step`-th of the numbers, in the order of the payload."""
    places = count(1)

    def leaf(key: str, value: Any) -> Any:
        return change(value) if key in NUMBERS and next(places) % max(1, step) == 0 else value

    return rewritten(payload, leaf)


def thousands(value: Any) -> Any:
    """Write a number with separators, at least a thousand so that one is there."""
    try:
        return f"{Decimal(str(value)) + 1234:,.1f}"
    except InvalidOperation:
        return "1,234.5"


def not_a_number(value: Any) -> Any:
    """Write NaN as the text or the bare word that a number of this kind is."""
    return "NaN" if isinstance(value, str) else float("nan")


def unknown_enumerations(payload: Any) -> Any:
    """Give every enumeration a value that nobody knows."""
    return rewritten(
        payload, lambda key, value: UNKNOWN if key in ENUMERATIONS and value else value
    )


def unknown_keys(node: Any) -> Any:
    """Add a key that nobody knows to every object."""
    if isinstance(node, list):
        return [unknown_keys(item) for item in node]
    if not isinstance(node, dict):
        return node
    known = {key: unknown_keys(value) for key, value in node.items()}
    return {**known, "futureKey": {"futureValue": 1}}


def duplicate_rows(node: Any) -> Any:
    """Repeat the first row of every list of objects."""
    if isinstance(node, list):
        rows = [duplicate_rows(item) for item in node]
        return [rows[0], *rows] if rows and isinstance(rows[0], dict) else rows
    if not isinstance(node, dict):
        return node
    return {key: duplicate_rows(value) for key, value in node.items()}


def weird_names(node: Any, *, is_company: bool = False) -> Any:
    """Lengthen every company's name by what labels must escape."""
    if isinstance(node, list):
        return [weird_names(item, is_company=is_company) for item in node]
    if not isinstance(node, dict):
        return node
    answer = {key: weird_names(node[key], is_company=key in COMPANIES) for key in node}
    return {**answer, "name": f"{node['name']}{WEIRD}"} if is_company else answer

"""The numbers at which colours change: those that decide whether an alert fires."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from functools import cache
from types import MappingProxyType

import yaml

from tools.dashboards.panels import Steps
from tools.paths import RULES

_VECTOR = re.compile(r"vector\((.+)\)")
_INSTEAD: ContextVar[Mapping[str, float]] = ContextVar("instead", default=MappingProxyType({}))

GOOD, NOTICE, BAD = "green", "orange", "red"
SOME: Steps = ((None, GOOD), (1, NOTICE))
"""For counts of things that should not be."""


def threshold(name: str) -> float:
    """Return a threshold of the alert rules.

    Args:
        name: the middle of its record, such as ``overdue_amount``.

    Raises:
        KeyError: there is no such threshold.
    """
    default = _thresholds()[f"genesyscloud_billing:threshold_{name}:value"]
    return _INSTEAD.get().get(name, default)


@contextmanager
def instead(numbers: Mapping[str, float]) -> Iterator[None]:
    """Let thresholds be other numbers in what is built meanwhile.

    Args:
        numbers: name -> number.
    """
    before = _INSTEAD.set(numbers)
    try:
        yield
    finally:
        _INSTEAD.reset(before)


def written(name: str) -> str:
    """Return a threshold as text, without an exponent: 2000000, not 2e+06."""
    return f"{Decimal(str(threshold(name))):f}"


def above(name: str, color: str = BAD) -> Steps:
    """Return the colours of a number that is fine up to a threshold."""
    return ((None, GOOD), (threshold(name), color))


def used() -> Steps:
    """Return the colours of a used share of what is prepaid or included."""
    return ((None, GOOD), (threshold("prepaid_used"), NOTICE), (1, BAD))


def days_left() -> Steps:
    """Return the colours of the days that a contract has left."""
    near, far = threshold("contract_imminent_days"), threshold("contract_ending_days")
    return ((None, BAD), (near, NOTICE), (far, GOOD))


@cache
def _thresholds() -> dict[str, float]:
    tree = yaml.safe_load((RULES / "thresholds.yml").read_text(encoding="utf-8"))
    rules = (rule for group in tree["groups"] for rule in group["rules"])
    return {rule["record"]: _number(rule["expr"]) for rule in rules if "labels" not in rule}


def _number(expression: str) -> float:
    found = _VECTOR.fullmatch(expression.strip())
    if found is None:
        raise ValueError(f"a threshold is vector(NUMBER), not {expression}")
    number = float(found[1])
    return int(number) if number.is_integer() else number

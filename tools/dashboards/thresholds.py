"""The numbers at which colours change: those that decide whether an alert fires."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from functools import cache
from types import MappingProxyType

from tools.alert_rules import thresholds
from tools.dashboards.panels import Steps

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
    return _INSTEAD.get().get(name, _defaults()[name])


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
def _defaults() -> dict[str, float]:
    return {each.name: _number(each.default) for each in thresholds()}


def _number(written: str) -> float:
    number = float(written)
    return int(number) if number.is_integer() else number

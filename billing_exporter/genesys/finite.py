"""Check that all numbers of records are finite.

msgspec reads the texts ``NaN`` and ``Infinity`` as decimals; to the API they are no numbers.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import chain
from operator import attrgetter
from typing import Any

from msgspec import inspect as ms

Check = Callable[[Sequence[Any]], bool]


def finite_check(info: ms.StructType) -> Check:
    """Return a function that checks records of one kind, the records inside them included."""
    numbers: list[str] = []
    checks: list[Check] = []
    for field in info.fields:
        kind = _given(field.type)
        item = _given(kind.item_type) if isinstance(kind, ms.VarTupleType) else None
        if isinstance(kind, ms.DecimalType):
            numbers.append(field.name)
        elif isinstance(kind, ms.StructType) and has_numbers(kind):
            checks.append(_of_parts(attrgetter(field.name), finite_check(kind)))
        elif isinstance(item, ms.StructType) and has_numbers(item):
            checks.append(_of_lists(attrgetter(field.name), finite_check(item)))
    if numbers:
        # Two names at least, because with one the getter returns no tuple.
        checks.append(_of_numbers(attrgetter(*numbers, numbers[0])))
    return lambda records: all(check(records) for check in checks)


def has_numbers(info: ms.StructType) -> bool:
    """Return whether a record can hold decimals."""
    return any(_holds_numbers(_given(field.type)) for field in info.fields)


def _holds_numbers(kind: ms.Type) -> bool:
    if isinstance(kind, ms.VarTupleType):
        kind = _given(kind.item_type)
    return isinstance(kind, ms.DecimalType) or (
        isinstance(kind, ms.StructType) and has_numbers(kind)
    )


def _of_numbers(get: Callable[[Any], Any]) -> Check:
    def check(records: Sequence[Any]) -> bool:
        # None and zero are passed over.
        return all(map(Decimal.is_finite, filter(None, chain.from_iterable(map(get, records)))))

    return check


def _of_parts(get: Callable[[Any], Any], check: Check) -> Check:
    return lambda records: check([part for part in map(get, records) if part is not None])


def _of_lists(get: Callable[[Any], Any], check: Check) -> Check:
    return lambda records: check([*chain.from_iterable(part or () for part in map(get, records))])


def _given(info: ms.Type) -> ms.Type:
    if isinstance(info, ms.UnionType):
        return next(each for each in info.types if not isinstance(each, ms.NoneType))
    return info

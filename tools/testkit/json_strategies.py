"""Answers made at random: well-formed ones of a kind, and any JSON at all."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect as ms

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
NUMBERS = (
    st.integers(-(10**15), 10**15)
    | st.decimals(allow_nan=False, allow_infinity=False).map(str)
    | st.floats(allow_nan=False, allow_infinity=False)
)
LEAVES: dict[type[ms.Type], st.SearchStrategy[Any]] = {
    ms.StrType: TEXT,
    ms.DecimalType: NUMBERS,
    ms.DateType: st.dates().map(str),
    ms.DateTimeType: st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    ms.BoolType: st.booleans(),
    ms.IntType: st.integers(-(2**62), 2**62),
    ms.DictType: st.dictionaries(TEXT, st.booleans(), max_size=3),
}


def well_formed(kind: Any) -> st.SearchStrategy[bytes]:
    """Return answers of one kind, as the API documents them."""
    return _values(ms.type_info(kind)).map(lambda value: json.dumps(value).encode())


def any_json(kinds: list[Any]) -> st.SearchStrategy[Any]:
    """Return any JSON, with many keys that these kinds know."""
    known = sorted({name for kind in kinds for name in _wire_names(ms.type_info(kind))})
    keys = st.sampled_from([*known, "getprepaidQuantity"]) | st.text(max_size=8)
    return st.recursive(
        st.none() | st.booleans() | NUMBERS | st.text() | st.just("1e999999999"),
        lambda inner: st.lists(inner) | st.dictionaries(keys, inner),
        max_leaves=20,
    )


def _values(info: ms.Type) -> st.SearchStrategy[Any]:
    if isinstance(info, ms.UnionType):
        return st.none() | _values(_given(info))
    if isinstance(info, ms.VarTupleType):
        return st.lists(_values(info.item_type), max_size=3)
    if isinstance(info, ms.StructType):
        fields = {each.encode_name: _values(each.type) for each in info.fields}
        required = {each.encode_name for each in info.fields if each.required}
        return st.fixed_dictionaries(
            {name: fields[name] for name in required},
            optional={name: fields[name] for name in fields if name not in required},
        )
    return LEAVES[type(info)]


def _wire_names(info: ms.Type) -> Iterator[str]:
    if isinstance(info, ms.UnionType):
        yield from _wire_names(_given(info))
    elif isinstance(info, ms.VarTupleType):
        yield from _wire_names(info.item_type)
    elif isinstance(info, ms.StructType):
        for each in info.fields:
            yield each.encode_name
            yield from _wire_names(each.type)


def _given(info: ms.UnionType) -> ms.Type:
    return next(each for each in info.types if not isinstance(each, ms.NoneType))

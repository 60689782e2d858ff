"""Reader of a record field by field, derived once from the record's own fields.

    absent, null, blank number or date    None; an empty tuple for lists of parts
    number that cannot be read            NaN: something is there, and it is not a number
    any other value that cannot be read   None
    row that is no object                 a record of which everything is absent, so that it counts
    `getX` where the model has `X`        read as `X`: SDK 236 spelt some keys so
    any other unknown key                 ignored

All but the first and the renamed keys are reported. A row that is a record already is kept.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, get_origin

from msgspec import Struct
from msgspec import inspect as ms

from billing_exporter.genesys import coercion
from billing_exporter.genesys.errors import UnexpectedAnswer

UNKNOWN = "unknown_field"
UNREADABLE = "unreadable_field"

_MOST_ODDITIES = 50
_LONGEST_KEY = 60
# Without it a listing would end in silence.
_NEXT_PAGE = "nextUri"


class UnexpectedFields:
    """Distinct unexpected fields of one answer, the first 50, in order of appearance."""

    def __init__(self) -> None:
        """Start with none."""
        self._pairs: dict[tuple[str, str], None] = {}

    def add(self, kind: str, path: str) -> None:
        """Note one."""
        if len(self._pairs) < _MOST_ODDITIES:
            self._pairs[kind, path] = None

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return all of them."""
        return tuple(self._pairs)


Reader = Callable[[Any, UnexpectedFields], Any]


def reader(info: ms.StructType) -> Reader:
    """Return the function that reads a record of this kind from parsed JSON.

    It raises `UnexpectedAnswer` where the value is no object, lacks a required list, or has a link
    to a next page that cannot be read.
    """
    read = _record(info, "")

    def read_answer(value: Any, unexpected: UnexpectedFields) -> Any:
        if not isinstance(value, dict):
            raise UnexpectedAnswer("the answer is not a JSON object", path="$")
        return read(value, unexpected)

    return read_answer


class _Field(Struct, frozen=True):
    """How one field of a record is read."""

    name: str
    wire_name: str
    alias: str
    path: str
    read: Reader
    required: bool


def _record(info: ms.StructType, path: str) -> Reader:
    prefix = f"{path}." if path else ""
    fields = tuple(_field(each, prefix) for each in info.fields)
    known = frozenset(name for each in fields for name in (each.wire_name, each.alias))
    build = get_origin(info.cls) or info.cls

    def read(value: dict[str, Any], unexpected: UnexpectedFields) -> Any:
        if info.forbid_unknown_fields and not known.issuperset(value):
            for key in value:
                if key not in known:
                    unexpected.add(UNKNOWN, prefix + _clean(key))
        return build(**dict(_present(fields, value, unexpected)))

    return read


def _field(info: ms.Field, prefix: str) -> _Field:
    path = prefix + info.encode_name
    return _Field(
        name=info.name,
        wire_name=info.encode_name,
        alias=f"get{info.encode_name}",
        path=path,
        read=_value(info.type, path),
        required=info.required,
    )


def _present(
    fields: Iterable[_Field], value: dict[str, Any], unexpected: UnexpectedFields
) -> Iterable[tuple[str, Any]]:
    for field in fields:
        given = value.get(field.wire_name)
        if given is None:
            given = value.get(field.alias)
        found = None if given is None else field.read(given, unexpected)
        if found is not None:
            yield field.name, found
        elif given is not None and field.path == _NEXT_PAGE:
            raise UnexpectedAnswer("the link to the next page is no text", path=f"$.{_NEXT_PAGE}")
        elif field.required:
            raise UnexpectedAnswer(f"the answer lacks its {field.path}", path=f"$.{field.path}")


def _value(info: ms.Type, path: str) -> Reader:
    if isinstance(info, ms.UnionType):
        info = next(each for each in info.types if not isinstance(each, ms.NoneType))
    if isinstance(info, ms.StructType):
        return _part(_record(info, path), path)
    if isinstance(info, ms.VarTupleType):
        return _parts(info.item_type, path)
    if isinstance(info, ms.DictType):
        return _flags(path)
    if isinstance(info, ms.StrType):
        return _scalar(coercion.text, path)
    if isinstance(info, ms.DecimalType):
        return _unless_blank(_scalar(coercion.number, path, coercion.NOT_A_NUMBER))
    return _unless_blank(_scalar(_SCALARS[type(info)], path))


_SCALARS: dict[type[ms.Type], Callable[[Any], Any]] = {
    ms.DateType: coercion.day,
    ms.DateTimeType: coercion.instant,
    ms.BoolType: coercion.flag,
    ms.IntType: coercion.whole,
}


def _scalar(
    understand: Callable[[Any], Any], path: str, unreadable: Decimal | None = None
) -> Reader:
    def read(value: Any, unexpected: UnexpectedFields) -> Any:
        found = understand(value)
        if found is None:
            unexpected.add(UNREADABLE, path)
            return unreadable
        return found

    return read


def _unless_blank(read: Reader) -> Reader:
    def read_unless_blank(value: Any, unexpected: UnexpectedFields) -> Any:
        if isinstance(value, str) and (not value or value.isspace()):
            return None
        return read(value, unexpected)

    return read_unless_blank


def _part(read: Reader, path: str) -> Reader:
    def read_part(value: Any, unexpected: UnexpectedFields) -> Any:
        if isinstance(value, dict):
            return read(value, unexpected)
        unexpected.add(UNREADABLE, path)
        return None

    return read_part


def _parts(item: ms.Type, path: str) -> Reader:
    each_path = f"{path}[]"
    if isinstance(item, ms.StructType):
        read_each = _row(_record(item, each_path), each_path)
    else:
        read_each = _value(item, each_path)

    def read(value: Any, unexpected: UnexpectedFields) -> Any:
        if not isinstance(value, list):
            unexpected.add(UNREADABLE, path)
            return None
        # A record was read before.
        found = [
            each if isinstance(each, Struct) else read_each(each, unexpected) for each in value
        ]
        return tuple([each for each in found if each is not None])

    return read


def _row(read: Reader, path: str) -> Reader:
    def read_row(value: Any, unexpected: UnexpectedFields) -> Any:
        if isinstance(value, dict):
            return read(value, unexpected)
        unexpected.add(UNREADABLE, path)
        return read({}, unexpected)

    return read_row


def _flags(path: str) -> Reader:
    def read(value: Any, unexpected: UnexpectedFields) -> dict[str, bool] | None:
        if not isinstance(value, dict):
            unexpected.add(UNREADABLE, path)
            return None
        found = {str(coercion.text(key)): each for key, each in value.items()}
        known = {key: each for key, each in found.items() if isinstance(each, bool)}
        if len(known) < len(found):
            unexpected.add(UNREADABLE, path)
        return known

    return read


def _clean(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "", key)[:_LONGEST_KEY]

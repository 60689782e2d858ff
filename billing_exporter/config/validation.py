"""Compares a tree with the settings' types: all errors in one pass, in the operator's words.

msgspec stops at the first error and speaks of types; so its description of the types is walked
here, and msgspec only builds what has passed.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, inspect

from billing_exporter.config import errors
from billing_exporter.config.yamltree import Mapping, Node, Report, Scalar, Sequence

_S = TypeVar("_S", bound=msgspec.Struct)
_TRUE = {"yes", "true", "on"}


class Kind(NamedTuple):
    """A setting's type without its wrapping, and what `Meta` says about it beside the type.

    `extra` may hold `kind` (its name in the reference), `expected` (its name in a message),
    `check` (raises ValueError with a message when a value of the right type is still wrong),
    `blank` (true where empty text is a value), `lines` (true where text may have several lines)
    and `plain` (true where a number, true or false is text as well).
    """

    type: inspect.Type
    extra: dict[str, Any]
    description: str


def kind_of(wrapped: inspect.Type) -> Kind:
    """Return the type that an operator's value has to have: optional is a matter of the key."""
    extra: dict[str, Any] = {}
    description = ""
    while True:
        if isinstance(wrapped, inspect.Metadata):
            extra = {**(wrapped.extra or {}), **extra}
            description = description or (wrapped.extra_json_schema or {}).get("description", "")
            wrapped = wrapped.type
        elif isinstance(wrapped, inspect.UnionType):
            wrapped = next(t for t in wrapped.types if not isinstance(t, inspect.NoneType))
        else:
            return Kind(wrapped, extra, description)


def expected(kind: Kind) -> str:
    """Name what a setting takes, as in `expected a list`."""
    words = "text"
    match kind.type:
        case inspect.BoolType():
            words = "true or false"
        case inspect.IntType(ge=low, le=high):
            words = f"a whole number from {low} to {high}"
        case inspect.LiteralType(values=values):
            *others, last = map(str, values)
            words = f"{', '.join(others)} or {last}"
        case inspect.VarTupleType(min_length=least):
            words = "a list with at least one value" if least else "a list"
        case inspect.StructType() | inspect.DictType():
            words = "a mapping"
    return str(kind.extra.get("expected", words))


class Checker:
    """Walks a tree along a type, reports what is wrong and returns what is right."""

    def __init__(self, report: Report, expand: Callable[[str], str]) -> None:
        """Keep where errors go, and how text becomes a value (see `variables.expand`)."""
        self._report = report
        self._expand = expand

    def check(self, node: Node, wrapped: inspect.Type, path: str = "") -> Any:
        """Return the value of a node, with nested wrong ones left out; UNSET when it is wrong."""
        kind = kind_of(wrapped)
        try:
            return self._value(node, kind, path)
        except ValueError as error:
            self._report(node.line, path, str(error))
            return UNSET

    def _value(self, node: Node, kind: Kind, path: str) -> Any:
        match kind.type, node:
            case inspect.StructType() as struct, Mapping():
                return self._struct(node, struct, path)
            case inspect.DictType() as table, Mapping():
                return self._table(node, table, path)
            case inspect.VarTupleType() as array, Sequence() if node.items or not array.min_length:
                items = [
                    self.check(item, array.item_type, f"{path}[{index}]")
                    for index, item in enumerate(node.items)
                ]
                return self._checked(items, kind)
            case _, Scalar():
                return self._checked(self._scalar(node, kind), kind)
            case _:
                raise ValueError(f"expected {expected(kind)}, got {_found(node)}")

    def _struct(self, node: Mapping, struct: inspect.StructType, path: str) -> dict[str, Any]:
        fields = {field.name: field for field in struct.fields}
        value: dict[str, Any] = {}
        for key, child in node.entries.items():
            setting = errors.join(path, key)
            if key not in fields:
                message = errors.unknown_setting(key, fields)
                self._report(node.keys[key], setting, message)
            elif _stands_for_defaults(child, fields[key]):
                value[key] = {}
            else:
                value[key] = self.check(child, fields[key].type, setting)
        for key, field in fields.items():
            if field.required and key not in node.entries:
                self._report(node.line, errors.join(path, key), "required, but missing")
        return value

    def _table(self, node: Mapping, table: inspect.DictType, path: str) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key, child in node.entries.items():
            setting = errors.join(path, key)
            self.check(Scalar(node.keys[key], "text", key), table.key_type, setting)
            value[key] = self.check(child, table.value_type, setting)
        return value

    def _scalar(self, node: Scalar, kind: Kind) -> Any:
        match kind.type, node.what:
            case inspect.BoolType(), "true/false":
                return node.text.lower() in _TRUE
            case inspect.IntType(ge=int() as low, le=int() as high), "a number":
                if re.fullmatch("0|[1-9][0-9]{0,8}", node.text) and low <= int(node.text) <= high:
                    return int(node.text)
                raise ValueError(f"expected {expected(kind)}, got another number")
            case inspect.DecimalType(), ("a number" | "text"):
                return self._number(node, kind)
            case ((inspect.StrType() | inspect.LiteralType() | inspect.CustomType()), "text"):
                return self._text(node, kind)
            case inspect.StrType(), "a number" | "true/false" if "plain" in kind.extra:
                return node.text
        hint = ": put it in quotes" if _could_be_quoted(node, kind) else ""
        raise ValueError(f"expected {expected(kind)}, got {_found(node)}{hint}")

    def _number(self, node: Scalar, kind: Kind) -> str:
        text = self._expand(node.text)
        if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", text):
            raise ValueError(f"expected {expected(kind)}, got {_found(node)}")
        return text

    def _text(self, node: Scalar, kind: Kind) -> str:
        text = self._expand(node.text)
        allowed = "\r\n" if "lines" in kind.extra else ""
        if any(unicodedata.category(one) in {"Cc", "Cs"} for one in text if one not in allowed):
            raise ValueError("holds a line feed or another control character")
        match kind.type:
            case inspect.LiteralType(values=values) if text not in values:
                raise ValueError(f"expected {expected(kind)}, got other text")
            case inspect.StrType(pattern=str() as pattern) if not re.search(pattern, text):
                raise ValueError(f"expected {expected(kind)}, got other text")
            case inspect.CustomType(cls=cls) if not _is_readable(cls, text):
                raise ValueError(f"expected {expected(kind)}, got other text")
        if not text.strip() and "blank" not in kind.extra:
            raise ValueError(f"expected {expected(kind)}, got empty text")
        return text

    def _checked(self, value: Any, kind: Kind) -> Any:
        if "check" in kind.extra and not (isinstance(value, list) and UNSET in value):
            kind.extra["check"](value)
        return value


def build(struct: type[_S], value: Any, custom: Callable[[type, Any], Any]) -> _S:
    """Return the typed settings of a value that a `Checker` returned without any report."""
    return msgspec.convert(value, struct, dec_hook=custom)


def _stands_for_defaults(node: Node, field: inspect.Field) -> bool:
    """Return whether a key without a value is meant: `usage:` alone runs with all defaults."""
    optional = isinstance(field.type, inspect.UnionType)
    struct = isinstance(kind_of(field.type).type, inspect.StructType)
    return optional and struct and isinstance(node, Scalar) and node.what == "nothing"


def _is_readable(kind: type, text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _could_be_quoted(node: Scalar, kind: Kind) -> bool:
    free_text = isinstance(kind.type, inspect.StrType | inspect.CustomType)
    return free_text and "expected" not in kind.extra and node.what not in {"text", "nothing"}


def _found(node: Node) -> str:
    return "an empty list" if isinstance(node, Sequence) and not node.items else node.what

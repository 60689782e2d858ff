"""YAML text as a small tree that knows the line of everything; every flaw of the text is reported.

Built from the parser's events and not from ready objects, so that lines, duplicate keys and the
way a value was written survive, and so that depth and aliases stay bounded.
"""

from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeAlias

import msgspec
import yaml

from billing_exporter.config.errors import join

Report: TypeAlias = Callable[[int, str, str], None]
"""Takes a line (from 1; 0 for none), a setting's path and a message."""

What: TypeAlias = Literal["text", "a number", "true/false", "a date", "nothing"]

_DEEPEST = 20
_MOST_NODES = 200_000

_WHAT: dict[str, What] = {
    "tag:yaml.org,2002:bool": "true/false",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:timestamp": "a date",
    "tag:yaml.org,2002:null": "nothing",
}

# The parser's own words may quote what stands at the place, which may be a secret.
_SYNTAX = {
    "mapping values": "a `key: value` cannot stand here: check the indentation, or use quotes",
    "could not find expected ':'": "expected `key: value`, with a space after the colon",
    "found character": "no value can begin with this character: use quotes, and no tabs",
    "found unknown escape": "this escape is unknown: use single quotes, or double the backslash",
    "found unexpected end of stream": "the closing quote is missing",
    "expected <block end>": "this does not line up with what stands before: check indentation",
    "expected ',' or": "the comma or the closing bracket is missing",
}
_OTHER_SYNTAX = "not valid YAML here: check indentation, quotes and colons"

# Where these begin is of more help than where the parser gave up.
_AT_BEGINNING = ("could not find expected ':'", "found unexpected end of", "expected ',' or")


class Scalar(msgspec.Struct, frozen=True):
    """One value as written; `what` is what YAML 1.1 takes it for."""

    line: int
    what: What
    text: str


class Sequence(msgspec.Struct, frozen=True):
    """A list."""

    line: int
    items: tuple["Node", ...]
    what: str = "a list"


class Mapping(msgspec.Struct, frozen=True):
    """Keys and their values; a key that is given twice keeps its first value."""

    line: int
    keys: dict[str, int]
    entries: dict[str, "Node"]
    what: str = "a mapping"


Node: TypeAlias = Scalar | Sequence | Mapping


class _Unreadable(Exception):  # noqa: N818 - ends the reading, reported and never seen outside
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def parse(text: str, report: Report) -> Node | None:
    """Return the one document of a YAML text, or None when it cannot be read as one.

    Whatever is wrong is reported. The text of values and the parser's own words, which may quote
    them, are not.
    """
    try:
        return _Builder(yaml.SafeLoader(text), report).document()
    except _Unreadable as error:
        report(error.line, "", error.message)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        report(line, "", "a character that YAML does not allow")
    except yaml.MarkedYAMLError as error:
        report(*_syntax(error))
    except (ValueError, OverflowError):
        # PyYAML lets these out for escapes and versions beyond what Python's numbers hold.
        report(0, "", "not valid YAML: a number in an escape or directive is out of range")
    return None


def _syntax(error: yaml.MarkedYAMLError) -> tuple[int, str, str]:
    problem = error.problem or ""
    words = next((_SYNTAX[start] for start in _SYNTAX if problem.startswith(start)), _OTHER_SYNTAX)
    mark = error.context_mark if problem.startswith(_AT_BEGINNING) else error.problem_mark
    if mark is None:
        return 0, "", words
    return mark.line + 1, "", f"column {mark.column + 1}: {words}"


class _Loader(Protocol):
    """The part of PyYAML's loader that is used, for PyYAML has no types for it."""

    def get_event(self) -> Any: ...
    def peek_event(self) -> Any: ...
    def check_event(self, kind: type, /) -> bool: ...
    def resolve(self, kind: type, value: str, implicit: Any, /) -> str: ...


class _Builder:
    """Turns the events of one loader into nodes."""

    def __init__(self, loader: _Loader, report: Report) -> None:
        self._loader = loader
        self._report = report
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._nodes = 0

    def document(self) -> Node | None:
        self._loader.get_event()
        if not self._loader.check_event(yaml.DocumentStartEvent):
            raise _Unreadable(0, "the file is empty: see the reference for an example")
        self._loader.get_event()
        root = self._node("", 0)
        self._loader.get_event()
        if not self._loader.check_event(yaml.StreamEndEvent):
            line = self._loader.peek_event().start_mark.line + 1
            raise _Unreadable(line, "a second document begins here: one file holds one")
        return root

    def _node(self, path: str, depth: int) -> Node:
        event: Any = self._loader.get_event()
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event.anchor or "", line)
        before = self._nodes
        self._count(1, line)
        if depth > _DEEPEST:
            raise _Unreadable(line, f"nested deeper than {_DEEPEST} levels")
        if event.tag is not None:
            self._report(line, path, "`!` begins a tag, which has no meaning here: use quotes")
        node = self._content(event, line, path, depth)
        if event.anchor is not None:
            # Only now: an alias within its own anchor is thereby undefined, not endless.
            self._anchors[event.anchor] = (node, self._nodes - before)
        return node

    def _alias(self, anchor: str, line: int) -> Node:
        if anchor not in self._anchors:
            raise _Unreadable(line, "`*` begins an alias, and none is defined before: use quotes")
        node, size = self._anchors[anchor]
        self._count(size, line)
        return node

    def _count(self, nodes: int, line: int) -> None:
        self._nodes += nodes
        if self._nodes > _MOST_NODES:
            raise _Unreadable(line, f"more than {_MOST_NODES} values, aliases counted each time")

    def _content(self, event: Any, line: int, path: str, depth: int) -> Node:
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(line, path, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(line, path, depth)
        tag = self._loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        return Scalar(line, _WHAT.get(tag, "text"), event.value)

    def _sequence(self, line: int, path: str, depth: int) -> Sequence:
        items: list[Node] = []
        while not self._loader.check_event(yaml.SequenceEndEvent):
            items.append(self._node(f"{path}[{len(items)}]", depth + 1))
        self._loader.get_event()
        return Sequence(line, tuple(items))

    def _mapping(self, line: int, path: str, depth: int) -> Mapping:
        mapping = Mapping(line, {}, {})
        while not self._loader.check_event(yaml.MappingEndEvent):
            key, key_line = self._key(path, depth)
            setting = join(path, key)
            value = self._node(setting, depth + 1)
            if key in mapping.entries:
                first = mapping.keys[key]
                self._report(key_line, setting, f"given twice, first in line {first}")
            elif key == "<<":
                self._report(key_line, path, "`<<` does not merge here: write the settings out")
            else:
                mapping.keys[key] = key_line
                mapping.entries[key] = value
        self._loader.get_event()
        return mapping

    def _key(self, path: str, depth: int) -> tuple[str, int]:
        node = self._node(path, depth + 1)
        if isinstance(node, Scalar):
            return node.text, node.line
        raise _Unreadable(node.line, f"{path or 'a mapping'}: a key must be a word")

"""The chart's values as data: each with its default and the comment above it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from tools.paths import CHART


@dataclass(frozen=True, kw_only=True)
class Value:
    """One key of ``values.yaml``.

    Attributes:
        path: The names from the root to it.
        description: The comment above it, in one line; empty where there is none.
        default: What it is unless set.
        parts: The keys of a mapping that are described themselves; such a mapping is closed.
    """

    path: tuple[str, ...]
    description: str
    default: Any
    parts: tuple["Value", ...]

    @property
    def name(self) -> str:
        """The path in the notation of ``helm --set``."""
        return ".".join(self.path)

    def leaves(self) -> Iterator["Value"]:
        """Yield it, or what it consists of."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def chart_values() -> tuple[Value, ...]:
    """Read the chart's ``values.yaml``."""
    text = (CHART / "values.yaml").read_text()
    return _parts(yaml.compose(text, Loader=yaml.SafeLoader), text.splitlines(), ())


def _parts(node: yaml.Node | None, lines: list[str], path: tuple[str, ...]) -> tuple[Value, ...]:
    """Describe the keys of a mapping that have a comment; none for any other node."""
    if not isinstance(node, yaml.MappingNode):
        return ()
    described = ((key, value, _comment(lines, key.start_mark.line)) for key, value in node.value)
    return tuple(
        Value(
            path=(*path, key.value),
            description=comment,
            default=_plain(value),
            parts=_parts(value, lines, (*path, key.value)),
        )
        for key, value, comment in described
        if comment
    )


def _comment(lines: list[str], number: int) -> str:
    """Join the comment lines directly above a line."""
    words: list[str] = []
    while number and lines[number - 1].lstrip().startswith("#"):
        number -= 1
        words.insert(0, lines[number].strip().removeprefix("#").strip())
    return " ".join(words)


def _plain(node: yaml.Node) -> Any:
    return yaml.safe_load(yaml.serialize(node))

"""Durations in Prometheus's notation, such as ``90s`` or ``1h30m``."""

import re
from datetime import timedelta
from typing import Any

_UNITS = {
    "y": 365 * 86400.0,
    "w": 7 * 86400.0,
    "d": 86400.0,
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 0.001,
}
# At least one part, units descending, each once. Valid for Python and for JSON Schema alike: the
# last part refuses the line feed that Python's `$` would let pass.
_PARTS = "(?=.)" + "".join(f"([0-9]{{1,9}}{unit})?" for unit in _UNITS)
END = r"$(?!\n)"
PATTERN = f"^{_PARTS}{END}"
"""What the text of a duration matches."""
ALTERNATIVE = _PARTS
"""The same without anchors, as one choice among others."""


class Duration:
    """A length of time that is written as text. As in Prometheus a year has 365 days.

    Attributes:
        text: as it was written.
        seconds: its length.

    Raises:
        ValueError: the text is not a duration.
    """

    __slots__ = ("seconds", "text")

    def __init__(self, text: str) -> None:
        if not re.fullmatch(_PARTS, text):
            raise ValueError("expected a duration such as 90s, 15m, 6h or 30d")
        parts = re.findall("([0-9]+)([a-z]+)", text)
        self.text = text
        self.seconds = sum(int(count) * _UNITS[unit] for count, unit in parts)

    @property
    def time(self) -> timedelta:
        """The same as a ``timedelta``."""
        return timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Duration({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def as_text(value: Any) -> str:
    """Return a duration as text, for the encoders of msgspec.

    Raises:
        NotImplementedError: the value is of another type.
    """
    if isinstance(value, Duration):
        return value.text
    raise NotImplementedError(type(value).__name__)

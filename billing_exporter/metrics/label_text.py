"""Parser of label text: the names and values that samples are kept under."""

import re

# A value ends at the first quote without a backslash, so no name can look like another label.
_PAIR = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
_PLAIN = {"n": "\n"}


def values_of(text: str) -> dict[str, str]:
    r"""Return the label values of a series, as they were before they were escaped.

    >>> values_of('trustor="A \\"B\\"",period="current"')
    {'trustor': 'A "B"', 'period': 'current'}
    """
    return {name: _unescaped(value) for name, value in _PAIR.findall(text)}


def _unescaped(value: str) -> str:
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda match: _PLAIN.get(match[1], match[1]), value)

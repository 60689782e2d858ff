"""JSON text as builtins, and what it writes as numbers."""

import json
import re
from typing import Any, NoReturn

from billing_exporter.genesys import coercion
from billing_exporter.genesys.coercion import decimal
from billing_exporter.genesys.errors import UnexpectedAnswer

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_ASCII = bytes(range(128))
# After the last underscore of a number come digits, then perhaps spaces in any spelling.
_UNDERSCORE = re.compile(rb'_[0-9.eE+-]*(?:[ \x80-\xff]|\\[a-z][0-9A-Fa-f]*)*"')
_ESCAPE = b"\\u"
_ESCAPED = re.compile(rb"\\u([0-9A-Fa-f]{4})")
# One of two halves of a character: which one it is, the half does not say.
_ESCAPED_SURROGATES = frozenset(range(0xD800, 0xE000))


def has_plain_numbers(body: bytes) -> bool:
    """Return False where a text may be a number to Python's Decimal alone, such as ``1_000``.

    msgspec passes texts to Decimal as they are. A few other texts, such as ``a_1``, are mistaken
    for such numbers; they are only read more slowly.
    """
    if _UNDERSCORE.search(body):
        return False
    if not body.isascii():
        rest = body.translate(None, _ASCII).decode(errors="replace")
        if not coercion.is_plain(rest):
            return False
    if _ESCAPE not in body:
        return True
    units = {int(digits, 16) for digits in _ESCAPED.findall(body)}
    return not units & _ESCAPED_SURROGATES and coercion.is_plain("".join(map(chr, units)))


def parse(body: bytes) -> Any:
    """Return JSON as builtins, with every number as the decimal that was written.

    Raises:
        UnexpectedAnswer: It is not JSON (a bare NaN or Infinity is none).
    """
    try:
        return _JSON.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UnexpectedAnswer("the answer is not JSON; is there a proxy in between?") from None


def _refuse(literal: str) -> NoReturn:
    raise ValueError(literal)


_JSON = json.JSONDecoder(parse_float=decimal, parse_int=decimal, parse_constant=_refuse)

"""From an answer's bytes to a record: exactly where they fit it, leniently where they do not.

The exact way is msgspec's, in C. An answer that it refuses is read again field by field, so that a
preview operation which renames, adds or garbles a field costs that field and nothing else. Both
ways give the same record for every answer that fits. What was odd is told by kind and path; no
value of an answer ever appears in a path or in an error.
"""

import json
import re
from contextlib import suppress
from typing import Any, Generic, NoReturn, TypeVar

import msgspec

from billing_exporter.genesys import coercion, lenient_decoder
from billing_exporter.genesys.coercion import decimal
from billing_exporter.genesys.errors import UnexpectedAnswer

T = TypeVar("T")

_ASCII = bytes(range(128))
# After the last underscore of a number come digits, then perhaps spaces in any spelling.
_UNDERSCORE = re.compile(rb'_[0-9.eE+-]*(?:[ \x80-\xff]|\\[a-z][0-9A-Fa-f]*)*"')
_ESCAPE = b"\\u"
_ESCAPED = re.compile(rb"\\u([0-9A-Fa-f]{4})")
# One of two halves of a character: which one it is, the half does not say.
_ESCAPED_SURROGATES = frozenset(range(0xD800, 0xE000))


class Decoded(msgspec.Struct, Generic[T], frozen=True):
    """A record and what was odd about its answer.

    Attributes:
        value: The record.
        oddities: Distinct pairs of kind (`unknown_field`, `unreadable_field`) and path, such as
            `usages[].newKey`.
    """

    value: T
    oddities: tuple[tuple[str, str], ...] = ()


class Decoder(Generic[T]):
    """The reader of answers of one kind."""

    def __init__(self, kind: type[T]) -> None:
        """Prepare both ways of reading a record.

        Args:
            kind: The record that the answers should be.
        """
        self._exact = msgspec.json.Decoder(kind)
        self._lenient = lenient_decoder.reader(kind)

    def decode(self, body: bytes) -> Decoded[T]:
        """Read an answer's body, exactly if it fits, leniently if not.

        Args:
            body: JSON in UTF-8, with or without a byte order mark.

        Raises:
            UnexpectedAnswer: It is not JSON, or lacks what the record means nothing without.
        """
        if has_plain_numbers(body):
            # msgspec's own errors are ValueErrors
            with suppress(ValueError, RecursionError):
                return Decoded(self._exact.decode(body))
        return self.decode_leniently(body)

    def decode_leniently(self, body: bytes) -> Decoded[T]:
        """Read an answer's body field by field; the rest is as in `decode`."""
        oddities = lenient_decoder.Oddities()
        value: T = self._lenient(parse(body), oddities)
        return Decoded(value, oddities.pairs())


def has_plain_numbers(body: bytes) -> bool:
    """Return False where a text may be a number to Python's Decimal alone, such as ``1_000``.

    The exact way gives texts to Decimal as they are. A few other texts, such as ``a_1``, are taken
    for such ones; they are only read more slowly.
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
        return json.loads(
            body.decode("utf-8-sig"),
            parse_float=decimal,
            parse_int=decimal,
            parse_constant=_refuse,
        )
    except (ValueError, RecursionError):
        raise UnexpectedAnswer("the answer is not JSON; is there a proxy in between?") from None


def encode(record: Any) -> bytes:
    """Return a record as the API's JSON: wire names, exact numbers as strings, absent left out."""
    return msgspec.json.encode(record)


def _refuse(literal: str) -> NoReturn:
    raise ValueError(literal)

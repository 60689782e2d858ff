"""From an answer's bytes to a record: exactly where they fit it, leniently where they do not.

The exact way is msgspec's, in C. An answer that it refuses is read again field by field, so that a
preview operation which renames, adds or garbles a field costs that field and nothing else. Both
ways give the same record for every answer that fits. What was odd is told by kind and path; no
value of an answer ever appears in a path or in an error.
"""

import json
from typing import Any, Generic, NoReturn, TypeVar

import msgspec

from billing_exporter.genesys import lenient_decoder
from billing_exporter.genesys.coercion import decimal
from billing_exporter.genesys.errors import UnexpectedAnswer

T = TypeVar("T")


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
        try:
            return Decoded(self._exact.decode(body))
        except (ValueError, RecursionError):  # msgspec's own errors are ValueErrors
            return self.decode_leniently(body)

    def decode_leniently(self, body: bytes) -> Decoded[T]:
        """Read an answer's body field by field; the rest is as in `decode`."""
        oddities = lenient_decoder.Oddities()
        value: T = self._lenient(parse(body), oddities)
        return Decoded(value, oddities.pairs())


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

"""From an answer's bytes to a record: exactly where they fit it, leniently where they do not.

The exact way is msgspec's, in C. Of an answer that does not fit, each row that fits is still read
that way, and the rest field by field, so that a preview operation which renames, adds or garbles a
field costs that field and nothing else. All ways give the same record for every answer that fits.
What is unexpected is reported by kind and path; no value of an answer ever appears in a path or in
an error.
"""

from contextlib import suppress
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect as ms

from billing_exporter.genesys import lenient_decoder
from billing_exporter.genesys.errors import UnexpectedAnswer
from billing_exporter.genesys.finite import finite_check
from billing_exporter.genesys.json_text import has_plain_numbers, parse
from billing_exporter.genesys.row_parser import RowParser

T = TypeVar("T")


class Decoded(msgspec.Struct, Generic[T], frozen=True):
    """A record and what was odd about its answer.

    Attributes:
        value: The record.
        unexpected: Distinct pairs of kind (`unknown_field`, `unreadable_field`) and path, such as
            `usages[].newKey`.
    """

    value: T
    unexpected: tuple[tuple[str, str], ...] = ()


class Decoder(Generic[T]):
    """The reader of answers of one kind."""

    def __init__(self, kind: type[T]) -> None:
        """Prepare all ways of reading a record.

        Args:
            kind: The record that the answers should be.
        """
        info = ms.type_info(kind)
        if not isinstance(info, ms.StructType):
            raise TypeError(f"{kind!r} is no record")
        self._exact = msgspec.json.Decoder(kind)
        self._are_finite = finite_check(info)
        self._rows = RowParser(info)
        self._lenient = lenient_decoder.reader(info)
        self._is_usual_exact = True

    def decode(self, body: bytes) -> Decoded[T]:
        """Read an answer's body, exactly if it fits, leniently if not.

        An answer that does not fit is seldom alone: the way that the last one took is tried first.
        That decides the time alone, never the result.

        Args:
            body: JSON in UTF-8, with or without a byte order mark.

        Raises:
            UnexpectedAnswer: It is not JSON, or lacks what the record means nothing without.
        """
        plain = has_plain_numbers(body)
        if plain and self._is_usual_exact:
            # msgspec's own errors are ValueErrors
            with suppress(ValueError, RecursionError):
                value = self._exact.decode(body)
                if self._are_finite([value]):
                    return Decoded(value)
        return self._decode_rows(body, plain=plain)

    def decode_leniently(self, body: bytes) -> Decoded[T]:
        """Read an answer's body field by field; the rest is as in `decode`."""
        return self._read(parse(body))

    def _decode_rows(self, body: bytes, *, plain: bool) -> Decoded[T]:
        try:
            given, fits = self._rows.parse(body, plain=plain)
        except (ValueError, RecursionError, UnexpectedAnswer):
            return self.decode_leniently(body)
        decoded = self._read(given)
        self._is_usual_exact = fits and not decoded.unexpected
        return decoded

    def _read(self, given: Any) -> Decoded[T]:
        unexpected = lenient_decoder.UnexpectedFields()
        value: T = self._lenient(given, unexpected)
        return Decoded(value, unexpected.pairs())


def encode(record: Any) -> bytes:
    """Return a record as the API's JSON: wire names, exact numbers as strings, absent left out."""
    return msgspec.json.encode(record)

"""Coercion of single JSON values to the types of records.

Each function takes a value as `decoding.parse` gives it, and returns None where it cannot be read.
"""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

NOT_A_NUMBER = Decimal("NaN")
_LARGEST_WHOLE = Decimal(2**63)


def decimal(text: str) -> Decimal:
    """Return the number that a text writes, NaN where it writes none.

    A sign, spaces around it and an exponent, as Java's BigDecimal writes one, are read. Digits
    other than ASCII's and underscores between digits, which Python would take, are not.
    """
    if not is_plain(text):
        return NOT_A_NUMBER
    try:
        return Decimal(text)
    except InvalidOperation:
        return NOT_A_NUMBER


def is_plain(text: str) -> bool:
    """Return whether a text holds neither an underscore nor a digit that is not ASCII."""
    if "_" in text:
        return False
    return text.isascii() or not any(map(_is_foreign_digit, text))


def _is_foreign_digit(character: str) -> bool:
    return not character.isascii() and character.isdecimal()


def number(value: Any) -> Decimal | None:
    """Read a finite number, from a JSON number or a string."""
    found = decimal(value) if isinstance(value, str) else value
    return found if isinstance(found, Decimal) and found.is_finite() else None


def whole(value: Any) -> int | None:
    """Read a whole number of at most 64 bits."""
    found = number(value)
    if found is None or not -_LARGEST_WHOLE < found < _LARGEST_WHOLE:
        return None
    return int(found) if found == found.to_integral_value() else None


def flag(value: Any) -> bool | None:
    """Read true or false."""
    return value if isinstance(value, bool) else None


def text(value: Any) -> str | None:
    """Read a string; half of a surrogate pair, which no encoding can write, becomes `?`."""
    if not isinstance(value, str):
        return None
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def instant(value: Any) -> datetime | None:
    """Read a datetime, in UTC where it has no zone; a day is its midnight."""
    if not isinstance(value, str):
        return None
    found = _rfc_datetime(value) or _iso_datetime(value)
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def day(value: Any) -> date | None:
    """Read a date; of a datetime, the date that it writes."""
    if not isinstance(value, str):
        return None
    try:
        return msgspec.convert(value, date)
    except msgspec.ValidationError:
        found = instant(value)
    return found.date() if found else None


def _rfc_datetime(value: str) -> datetime | None:
    try:
        return msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        return None


def _iso_datetime(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        return None

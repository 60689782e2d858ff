"""Fingerprint of a closed period: equal numbers have equal fingerprints, however they are written.

Order, names, notes, rows of zeros and the written form of a number (1.0 or 1) make no difference.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import blake2b

import msgspec

_BYTES = 16


class Row(msgspec.Struct, frozen=True):
    """One charge of a period.

    Attributes:
        key: what the charge is known by: its part number and grouping, its name without them.
        quantities: usage, what is prepaid and the like; None where the API has no number.
        prices: prices, rates and amounts.
    """

    key: tuple[str, ...]
    quantities: tuple[Decimal | None, ...]
    prices: tuple[Decimal | None, ...]


class Fingerprint(msgspec.Struct, frozen=True):
    """A period's numbers in short.

    Attributes:
        quantities: digest of the quantities alone.
        numbers: digest of quantities and prices.
        currency: currency of the amount.
        amount: what the period comes to, None where that is not known.
        several: what it comes to by currency, where it has several.
    """

    quantities: str
    numbers: str
    currency: str
    amount: Decimal | None
    several: dict[str, Decimal] = {}

    @property
    def amounts(self) -> Mapping[str, Decimal]:
        """What the period comes to, by currency."""
        return self.several if self.amount is None else {self.currency: self.amount}


def fingerprint(rows: Iterable[Row], amounts: Mapping[str, Decimal]) -> Fingerprint:
    """Return the fingerprint of a period that comes to these amounts, by currency."""
    currency = ",".join(sorted(amounts))
    kept = [row for row in rows if any(row.quantities)]
    quantities = sorted(_text(row.key, row.quantities) for row in kept)
    numbers = sorted(_text(row.key, (*row.quantities, *row.prices)) for row in kept)
    digests = _digest(quantities), _digest([currency, *numbers])
    if len(amounts) > 1:
        return Fingerprint(*digests, currency, None, dict(amounts))
    return Fingerprint(*digests, currency, amounts.get(currency))


def _text(key: tuple[str, ...], numbers: tuple[Decimal | None, ...]) -> str:
    written = ("" if number is None else f"{number.normalize():f}" for number in numbers)
    # Zero has a sign and an exponent that mean nothing.
    return "\x1f".join((*key, *("0" if text in {"-0", "0"} else text for text in written)))


def _digest(texts: Iterable[str]) -> str:
    return blake2b("\x1e".join(texts).encode(), digest_size=_BYTES).hexdigest()

"""Tolerance of a comparison: how far two numbers may lie apart and still be called equal.

An amount may differ by 100 of its smallest unit, by half of that unit times the square root of the
rounded rows, or by a share of what was used, whichever is most; a quantity by a unit a line, for
lines have whole quantities, or by that share. The first two follow FOCUS 1.4.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

DEFAULT_SHARE = Decimal("0.001")
_SUBUNITS_APART = 100
# Digits after the point of currencies that do not have two (ISO 4217).
_DIGITS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(
            ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX"), 0
        ),
        **dict.fromkeys(("UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
        **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    }
)


def subunit(currency: str) -> Decimal:
    """Return the smallest unit of a currency, 0.01 where it is not known."""
    return Decimal(1).scaleb(-_DIGITS.get(currency.upper(), 2))


def of_amount(currency: str, used: Decimal, rows: int, share: Decimal = DEFAULT_SHARE) -> Decimal:
    """Return by how much an amount that rests on so many rounded rows may differ."""
    smallest = subunit(currency)
    rounding = Decimal(rows).sqrt() / 2 * smallest
    return max(_SUBUNITS_APART * smallest, rounding, share * abs(used))


def of_quantity(used: Decimal, lines: int, share: Decimal = DEFAULT_SHARE) -> Decimal:
    """Return by how much a quantity that so many lines bill may differ."""
    return max(Decimal(max(1, lines)), share * abs(used))

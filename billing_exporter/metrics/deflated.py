"""Deflated text that can be joined without inflating it: raw DEFLATE, length and CRC-32.

A deflated text ends on a byte boundary and refers to nothing before it, so texts written one after
the other are one stream. The checksum of the whole follows from the checksums of the parts: to
append n bytes multiplies a checksum by x^(8n) modulo the CRC-32 polynomial, as zlib's
``crc32_combine`` does. Python's zlib lacks that function.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

# Text of this kind shrinks little more beyond level 6.
LEVEL = 6
FAST_LEVEL = 1
_STORED_BYTES = 4096
# An empty last block, which makes a text on its own a complete stream.
_END = b"\x03\x00"
_CRC_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31  # polynomials are reflected: the highest bit is x^0


class Summed(Protocol):
    """A text of which the checksum is known; see ``Deflated``."""

    @property
    def checksum(self) -> int:
        """The CRC-32 of the text."""

    @property
    def shift(self) -> int:
        """The factor of a checksum to which the text is appended."""


@dataclass(frozen=True, slots=True, eq=False)
class Deflated:
    """A deflated text; equal to itself alone, so that identity shows what changed.

    Attributes:
        packed: the raw stream, ending on a byte boundary.
        size: the length of the text in bytes.
        checksum: the CRC-32 of the text.
        shift: the factor of a checksum to which the text is appended.
    """

    packed: bytes
    size: int
    checksum: int
    shift: int

    @classmethod
    def of(cls, text: bytes, level: int = LEVEL) -> "Deflated":
        """Deflate a text."""
        return cls(deflated(text, level), len(text), zlib.crc32(text), shift_of(len(text)))

    def text(self) -> bytes:
        """Return the text."""
        return zlib.decompress(self.packed + _END, -zlib.MAX_WBITS, max(1, self.size))


class Latest:
    """The deflated form of a text that seldom changes; any thread may ask for it."""

    def __init__(self) -> None:
        """Begin with no text."""
        self._latest = b"", Deflated.of(b"", FAST_LEVEL)

    def of(self, text: bytes) -> Deflated:
        """Return a text deflated: the same as before, unless the text has changed."""
        known, kept = self._latest
        if text != known:
            kept = Deflated.of(text, FAST_LEVEL)
            self._latest = text, kept
        return kept


def deflated(text: bytes, level: int) -> bytes:
    """Return a raw stream of the text that another may follow."""
    deflater = zlib.compressobj(level, wbits=-zlib.MAX_WBITS)
    return deflater.compress(text) + deflater.flush(zlib.Z_FULL_FLUSH)


def last_block(text: bytes) -> bytes:
    """Return what ends a stream with the text; a short one is stored as it is.

    To set up a deflater takes longer than to send a few kilobytes more.
    """
    if len(text) <= _STORED_BYTES:
        return struct.pack("<BHH", 1, len(text), len(text) ^ 0xFFFF) + text
    deflater = zlib.compressobj(FAST_LEVEL, wbits=-zlib.MAX_WBITS)
    return deflater.compress(text) + deflater.flush()


def joined_checksum(texts: Iterable[Summed], checksum: int = 0) -> int:
    """Return the CRC-32 of texts that follow each other, and what has the checksum given."""
    for each in texts:
        checksum = multiply(checksum, each.shift) ^ each.checksum
    return checksum


def multiply(one: int, other: int) -> int:
    """Return the product of two polynomials modulo that of CRC-32, four bits at a time."""
    by_x = (other >> 1) ^ _CRC_POLYNOMIAL * (other & 1)
    by_x2 = (by_x >> 1) ^ _CRC_POLYNOMIAL * (by_x & 1)
    by_x3 = (by_x2 >> 1) ^ _CRC_POLYNOMIAL * (by_x2 & 1)
    low = (0, by_x3, by_x2, by_x2 ^ by_x3)
    high = (0, by_x, other, other ^ by_x)
    multiples = [each ^ more for each in high for more in low]
    product = multiples[one & 15]
    for bits in _NIBBLES:
        product = (product >> 4) ^ _REDUCED[product & 15] ^ multiples[(one >> bits) & 15]
    return product


def shift_of(length: int) -> int:
    """Return x^(8 * length) modulo the polynomial of CRC-32."""
    shift, power = _ONE, 0
    while length:
        if length & 1:
            shift = multiply(_POWERS[power], shift)
        length >>= 1
        power += 1
    return shift


def _powers() -> tuple[int, ...]:
    """Return x^8, and each next one squared: enough for any length in 64 bits."""
    powers = [_ONE >> 8]
    while len(powers) < 64:  # noqa: PLR2004 - bits of a length
        powers.append(multiply(powers[-1], powers[-1]))
    return tuple(powers)


def _reduced(nibble: int) -> int:
    """Return what the lowest four bits, the highest powers, become when multiplied by x^4."""
    for _ in range(4):
        nibble = (nibble >> 1) ^ _CRC_POLYNOMIAL if nibble & 1 else nibble >> 1
    return nibble


_NIBBLES = range(4, 32, 4)
_REDUCED = tuple(map(_reduced, range(16)))
_POWERS = _powers()

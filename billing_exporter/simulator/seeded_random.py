"""Reproducible random numbers: the same key always gives the same number.

Everything invented in the simulated world depends on these functions, so that a world is a
function of its seed and of time alone, in every process and on every machine.
"""

from collections.abc import Sequence
from hashlib import blake2b
from struct import unpack
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")


def _digest(key: tuple[object, ...], size: int) -> bytes:
    return blake2b("\x1f".join(map(str, key)).encode(), digest_size=size).digest()


def share(*key: object) -> float:
    """Give a number in [0, 1) for a key, evenly spread over keys."""
    return (int.from_bytes(_digest(key, 8), "big") >> 11) / 2**53


def shares(count: int, *key: object) -> tuple[float, ...]:
    """Return several numbers in [0, 1) for a key, 32 from each digest."""
    blocks = (_digest((*key, block), 64) for block in range((count + 31) // 32))
    return tuple(number / 65536 for number in unpack(f">{count}H", b"".join(blocks)[: 2 * count]))


def between(low: int, high: int, *key: object) -> int:
    """Give a whole number from low to high, both included."""
    return low + int(share(*key) * (high - low + 1))


def pick(choices: Sequence[T], *key: object) -> T:
    """Give one of the choices."""
    return choices[int(share(*key) * len(choices))]


def identifier(*key: object) -> str:
    """Give an id in the form the API uses: a UUID of version 4, lower case."""
    return str(UUID(bytes=_digest(key, 16), version=4))

"""Division of the customers among several exporters.

Rendezvous hashing: each shard draws a number for each customer, and the highest one has it. Every
process comes to the same result, and one more shard takes over its share and moves nothing else.
"""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Shard:
    """One of ``count`` exporters that share a configuration.

    The first one (index 0) also polls what is the organization's own.
    """

    index: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        """Refuse an index that is none.

        Raises:
            ValueError: with what would be right.
        """
        if self.count < 1 or not 0 <= self.index < self.count:
            raise ValueError(
                f"shard.index must be from 0 to shard.count - 1, not {self.index} of {self.count}"
            )

    def owns(self, customer: str) -> bool:
        """Return whether a customer, by its id, is this shard's."""
        return max(range(self.count), key=lambda index: _draw(index, customer)) == self.index

    @property
    def is_first(self) -> bool:
        """Whether this shard polls the organization's own billing."""
        return self.index == 0


def _draw(index: int, customer: str) -> bytes:
    return hashlib.sha256(f"{index} {customer}".encode("utf-8", "replace")).digest()

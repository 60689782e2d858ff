"""Closed period of one quantity, as its forecast needs it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

import msgspec


class Past(Protocol):
    """A closed period as forecasts need it; see ``Closed``. Days are proleptic ordinals."""

    @property
    def start(self) -> int:
        """The ordinal of its first day."""

    @property
    def days(self) -> int:
        """Its length."""

    @property
    def total(self) -> Decimal:
        """What it came to."""

    def score_at(self, elapsed: Decimal) -> Decimal | None:
        """Return the score of the last checkpoint passed when a share has passed, if any."""


class DatedPast(msgspec.Struct, frozen=True, gc=False):
    """A closed period with its scores by share of the period.

    Attributes: as ``Past``.
    """

    start: int
    days: int
    total: Decimal
    scores: Mapping[Decimal, Decimal]

    def score_at(self, elapsed: Decimal) -> Decimal | None:
        """Return the score of the last checkpoint passed when a share has passed, if any."""
        passed = [share for share in self.scores if share <= elapsed]
        return self.scores[max(passed)] if passed else None

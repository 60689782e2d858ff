"""Covering: the rule by which money that two sources state counts once.

Something covers something else of the same SKU and currency where both share a day and an
organization; what names no organization covers all. A contract covers the overage of its customers
so, and an invoice covers what it bills.
"""

from collections import defaultdict
from datetime import date
from typing import Generic, TypeVar

import msgspec

_Item = TypeVar("_Item")


class Extent(msgspec.Struct, frozen=True):
    """What some money is of.

    Attributes:
        organizations: ids of those that it is for; empty where it names none.
        start: first day of its period.
        end: last day of its period.
    """

    organizations: frozenset[str]
    start: date
    end: date

    def covers(self, other: "Extent") -> bool:
        """Return whether the other is part of it."""
        is_for = not self.organizations or bool(self.organizations & other.organizations)
        return is_for and self.start <= other.end and other.start <= self.end


class Stated(Generic[_Item]):
    """What is stated, by a key such as SKU and currency."""

    def __init__(self) -> None:
        self._known: defaultdict[tuple[str, ...], list[tuple[Extent, _Item]]] = defaultdict(list)

    def note(self, key: tuple[str, ...], extent: Extent, item: _Item) -> None:
        """Note that something is stated."""
        self._known[key].append((extent, item))

    def covers(self, key: tuple[str, ...], extent: Extent) -> bool:
        """Return whether something that was noted covers this."""
        return any(each.covers(extent) for each, _ in self._known.get(key, ()))

    def take_covered(self, key: tuple[str, ...], extent: Extent) -> list[_Item]:
        """Return what this covers, once: it is noted no more."""
        known = self._known.get(key, [])
        taken = [item for each, item in known if extent.covers(each)]
        if taken:
            self._known[key] = [entry for entry in known if not extent.covers(entry[0])]
        return taken


def sku_key(sku: str, charge: str, currency: str) -> tuple[str, str]:
    """Return what charges of the same kind share: the SKU, or the name of one without."""
    return sku or charge, currency

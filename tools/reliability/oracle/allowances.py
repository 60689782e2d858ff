"""Allowances of a customer's charges, worked out from the rows of an overview.

The facts: a fair-use row's usage is what is included of the charge of the same name and part
number, or of the only charge of that name; that of AI tokens is free for the roll-up of tokens,
whatever their names. One in another unit than the charge's says nothing. The same number as the
charge's own prepaid quantity is the same allowance.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

REPEATING = {"fair-use", "rollup", "rollup-usage", "storage-category"}
_TOKENS = "GC-170-NV-AITC"
_ZERO = Decimal(0)


@dataclass(frozen=True)
class Charge:
    """Rows of one name, part number, grouping and unit, added up."""

    name: str
    part_number: str
    grouping: str
    unit: str
    used: Decimal | None
    prepaid: Decimal | None

    @property
    def of_tokens(self) -> bool:
        """Whether it is about AI tokens."""
        return self.part_number == _TOKENS or ("AI" in self.name and "Token" in self.name)

    @property
    def is_billed(self) -> bool:
        """Whether what exceeds its allowance is billed."""
        return self.grouping not in REPEATING or (self.grouping == "rollup" and self.of_tokens)


def included(charge: Charge, rows: Iterable[Charge]) -> Decimal | str | None:
    """Return what is included of a billed charge, None if nothing is stated.

    A text is the reason why it is not known; it is empty where a number is missing, which is
    counted as such.
    """
    rows = list(rows)
    stated = _granting(charge, rows)
    if not stated:
        return "no_free_tokens" if charge.grouping == "rollup" else None
    if not charge.of_tokens and any(_is_another_unit(row, charge) for row in stated):
        return "allowance_unclear"
    numbers = [row.used for row in stated]
    if None in numbers:
        return ""
    whole = sum((number for number in numbers if number is not None), _ZERO)
    if whole == charge.prepaid:
        return _ZERO
    if whole and charge.prepaid and not charge.of_tokens:
        return "allowance_unclear"
    return whole


def _is_another_unit(row: Charge, charge: Charge) -> bool:
    """Return whether two quantities cannot be subtracted, as hours and minutes."""
    one, other = (each.unit.lower().rstrip("s") for each in (row, charge))
    return bool(one and other) and one != other


def _granting(charge: Charge, rows: list[Charge]) -> list[Charge]:
    """Return the fair-use rows that are about a charge."""
    # Of other charges than tokens, a row of zero states nothing.
    fair = [
        row
        for row in rows
        if row.grouping == "fair-use"
        and row.of_tokens == charge.of_tokens
        and (row.of_tokens or row.used != 0)
    ]
    rivals = [row for row in rows if row.is_billed and row.of_tokens == charge.of_tokens]
    ways: list[Callable[[Charge], object]] = [
        lambda row: (row.name, row.part_number),
        lambda row: row.name,
    ]
    if charge.of_tokens:
        ways.append(lambda _: "tokens")
    for way in ways:
        found = [row for row in fair if way(row) == way(charge)]
        if found and sum(way(row) == way(charge) for row in rivals) == 1:
            return found
    return []

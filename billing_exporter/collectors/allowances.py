"""Allowances of a customer's charges: which ``fair-use`` row includes how much of which charge.

The usage quantity of a ``fair-use`` row is not used but included: it is the allowance of the row
of the same name, or the free tokens of the AI tokens, whose total is a ``rollup`` row. The API may
also state an allowance as the charge's own prepaid quantity, or in both places: then it counts
once. Where the rows do not say what is included, no number is given rather than a wrong one.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache, reduce

import msgspec

from billing_exporter.metrics.family import LONGEST_LABEL
from billing_exporter.metrics.samples import EXACT

# Reasons why it is not known what a charge includes.
UNCLEAR, NO_FREE_TOKENS = "allowance_unclear", "no_free_tokens"

# The part number of AI tokens, in lower case.
TOKENS = "gc-170-nv-aitc"

_FAIR_USE, _ROLLUP = "fair-use", "rollup"
# Rows that are a part of another one.
_PARTS = frozenset({"rollup-usage", "storage-category"})
# AI as a word or at an end of one: AI Experience Tokens, GenAI Tokens, but no MAIL.
_AI = re.compile(r"\bAI|AI\b|\bai\b")
_ZERO = Decimal(0)


class Row(msgspec.Struct, frozen=True):
    """A series of an overview: its labels, and its quantities where they are known."""

    key: str
    name: str
    part_number: str
    grouping: str
    unit: str
    usage: Decimal | None
    prepaid: Decimal | None


class Allowance(msgspec.Struct, frozen=True):
    """What a charge includes beside its own prepaid quantity.

    Attributes:
        included: the quantity; None where no fair-use row states one, or it is not known.
        is_known: whether the whole allowance is known.
        reason: why it is not, where nothing else counts it: a number that is missing is counted
            as such.
    """

    included: Decimal | None = None
    is_known: bool = True
    reason: str | None = None


def is_fair_use(grouping: str | None) -> bool:
    """Return whether the rows of a grouping are allowances."""
    return _folded(grouping) == _FAIR_USE


def is_part(grouping: str | None) -> bool:
    """Return whether the rows of a grouping are parts of another row."""
    return _folded(grouping) in _PARTS


def is_tokens(name: str | None, part_number: str | None) -> bool:
    """Return whether a name or a part number is one of the AI tokens.

    >>> is_tokens("AI Experience Tokens - GC1", None), is_tokens("Email Tokens", None)
    (True, False)
    """
    return kind_of(name, part_number) == TOKENS


def kind_of(name: str | None, part_number: str | None) -> str:
    """Return what an allowance and what it is an allowance of have in common."""
    if len(name or "") + len(part_number or "") > LONGEST_LABEL:
        return _kind_of(name or "", part_number or "")
    return _known_kind(name or "", part_number or "")


def _kind_of(name: str, part_number: str) -> str:
    is_token = "token" in name.lower() and _AI.search(name) is not None
    if is_token or _folded(part_number) == TOKENS:
        return TOKENS
    return _folded(name)


# The charges are the same for one customer after the other.
_known_kind = lru_cache(maxsize=4096)(_kind_of)


def is_billed(row: Row) -> bool:
    """Return whether usage beyond the allowance of a row is billed: it repeats no other row."""
    grouping = _folded(row.grouping)
    if grouping == _ROLLUP:
        return is_tokens(row.name, row.part_number)
    return grouping != _FAIR_USE and grouping not in _PARTS


def allowances(rows: Iterable[Row]) -> dict[str, Allowance]:
    """Return the allowance of each billed row, by its key. The order of rows decides nothing."""
    fair: list[Row] = []
    free: list[Row] = []
    billed: list[Row] = []
    tokens: list[Row] = []
    for row in rows:
        of_tokens = is_tokens(row.name, row.part_number)
        if is_fair_use(row.grouping):
            if of_tokens:
                free.append(row)
            elif row.usage != 0:  # an allowance of zero states none
                fair.append(row)
        elif is_billed(row):
            (tokens if of_tokens else billed).append(row)
    totals = [row for row in tokens if _folded(row.grouping) == _ROLLUP]
    return (
        {row.key: Allowance() for row in (*billed, *tokens)}
        | _of_tokens(free, totals or tokens)
        | _of_charges(fair, billed)
    )


def _of_tokens(free: list[Row], tokens: list[Row]) -> dict[str, Allowance]:
    takers = _joined(free, tokens, by_kind=True)
    found = {}
    for row in tokens:
        given = takers.get(row.key)
        if given is None:
            is_total = _folded(row.grouping) == _ROLLUP
            found[row.key] = _unknown(NO_FREE_TOKENS) if is_total else Allowance()
        elif len(given) > 1:
            found[row.key] = _unknown(UNCLEAR)  # free tokens are one per organization
        else:
            # Free and committed tokens are two things, unless they are the same number.
            found[row.key] = _added(row, given, may_differ=True)
    return found


def _of_charges(fair: list[Row], billed: list[Row]) -> dict[str, Allowance]:
    takers = _joined(fair, billed, by_kind=False) if fair else {}
    return {
        row.key: _added(row, takers[row.key], may_differ=False)
        for row in billed
        if row.key in takers
    }


def _added(row: Row, given: Sequence[Row], *, may_differ: bool) -> Allowance:
    """Return what several fair-use rows include of a row; none stands for one that is unclear."""
    numbers = [each.usage for each in given]
    if None in numbers:
        return _unknown(None)
    stated = reduce(EXACT.add, filter(None, numbers), _ZERO)
    if not given or any(number < 0 for number in filter(None, numbers)):
        return _unknown(UNCLEAR)
    if stated == row.prepaid:
        return Allowance(_ZERO)
    if may_differ or not row.prepaid:
        return Allowance(stated)
    return _unknown(UNCLEAR)


def _unknown(reason: str | None) -> Allowance:
    return Allowance(is_known=False, reason=reason)


def _joined(fair: list[Row], billed: list[Row], *, by_kind: bool) -> dict[str, list[Row]]:
    """Return the fair-use rows of each billed row that has some, none where that is unclear.

    A fair-use row is joined by name and part number; else by name alone; else, where all rows are
    of one kind, with what there is. A row that was found the narrower way is not open to a wider.
    Tokens are tokens, whatever their unit is called; an allowance in another unit is unclear.
    """
    takers: defaultdict[str, list[Row]] = defaultdict(list)
    unclear: set[str] = set()
    ways = [_name_and_part, _name, _anything][: 3 if by_kind else 2]
    waiting = fair
    for way in ways:
        taken, left = unclear | takers.keys(), []
        by_way: defaultdict[object, list[Row]] = defaultdict(list)
        for row in billed:
            if row.key not in taken:
                by_way[way(row)].append(row)
        for row in waiting:
            candidates = by_way.get(way(row))
            if not candidates:
                left.append(row)
                continue
            chosen = _chosen(row, candidates)
            if len(chosen) == 1 and (by_kind or _is_same_measure(row, chosen[0])):
                takers[chosen[0].key].append(row)
            else:
                unclear.update(each.key for each in chosen)
        waiting = left
    return {**takers, **{key: [] for key in unclear}}


def _chosen(fair: Row, candidates: list[Row]) -> list[Row]:
    """Return the one row that can take an allowance, or all that could."""
    same_unit = [row for row in candidates if _unit(row) == _unit(fair)]
    candidates = same_unit or candidates
    equal = [row for row in candidates if row.prepaid is not None and row.prepaid == fair.usage]
    without = [row for row in candidates if not row.prepaid]
    if len(candidates) == 1 or len(equal) == 1:
        return equal or candidates
    return without or candidates


def _is_same_measure(fair: Row, row: Row) -> bool:
    """Return whether an allowance can be taken off: hours and minutes are two measures."""
    return _unit(fair) == _unit(row) or not _unit(fair) or not _unit(row)


def _unit(row: Row) -> str:
    return _folded(row.unit).removesuffix("s")


def _name_and_part(row: Row) -> object:
    return _folded(row.name), _folded(row.part_number)


def _name(row: Row) -> object:
    return _folded(row.name)


def _anything(_row: Row) -> object:
    return None


@lru_cache(maxsize=4096)
def _folded(text: str | None) -> str:
    return "" if text is None else text.strip().lower()

"""Groups of charges that are billed together, and the lines that belong to each.

Charges of one SKU, period and currency are one group where they share an organization: a charge
covers many organizations and a line is for one, so lines are added up, charges never multiplied.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from billing_exporter.reconciliation.records import LeftOut, Line, Read, Reason, Used

_SHARED = "lines fit several contracts or customers"
_LONGER = "a line bills days of other periods as well"
_UNDATED = "an invoice that may bill it has no date"
_WITHOUT_AMOUNT = "a line has no amount"


class Group:
    """Charges that are billed together, with the lines found for them."""

    def __init__(self, used: Iterable[Used]) -> None:
        """Start with the charges and no line."""
        self.used = list(used)
        self.organizations = frozenset[str]().union(*(each.organizations for each in self.used))
        self.lines: list[Line] = []
        self.credits: list[Line] = []
        self.obstacle = next((each.obstacle for each in self.used if each.obstacle), "")

    @property
    def first(self) -> Used:
        """Return the first charge, whose key is that of all."""
        return self.used[0]

    def covers(self, line: Line) -> bool:
        """Return whether a line bills days of the group's period, for one of its organizations."""
        within = (
            line.start is not None
            and line.end is not None
            and self.first.start <= line.start <= line.end <= self.first.end
        )
        return within and (not line.organization or line.organization in self.organizations)

    def has_dates_of(self, line: Line) -> bool:
        """Return whether a line bills exactly the group's period, not days within it."""
        return (line.start, line.end) == (self.first.start, self.first.end)

    def is_part_of(self, line: Line) -> bool:
        """Return whether a line bills most days of the group's period, and days beside it."""
        if line.start is None or line.end is None or self.covers(line):
            return False
        first, last = self.first.start, self.first.end
        shared = (min(last, line.end) - max(first, line.start)).days + 1
        is_for = not line.organization or line.organization in self.organizations
        return is_for and 2 * shared > (last - first).days + 1


def grouped(used: Iterable[Used]) -> list[Group]:
    """Join the charges of one key that share an organization, or a contract or customer."""
    by_key: defaultdict[tuple[str, str, date, date], list[Used]] = defaultdict(list)
    for each in used:
        by_key[each.key].append(each)
    return [Group(members) for same in by_key.values() for members in _connected(same)]


def _connected(same: Sequence[Used]) -> list[list[Used]]:
    found: list[tuple[set[str], list[Used]]] = []
    for each in same:
        names = {*each.organizations, f"of {each.of_id}"}
        apart, joined = [], [each]
        for known, members in found:
            if known & names:
                names |= known
                joined = members + joined
            else:
                apart.append((known, members))
        found = [*apart, (names, joined)]
    return [members for _, members in found]


def assigned(groups: Sequence[Group], lines: Iterable[Line], read: Iterable[Read]) -> list[LeftOut]:
    """Give every line in arrears and every credit to its group; return those that have none."""
    by_sku: defaultdict[tuple[str, str], list[Group]] = defaultdict(list)
    for group in groups:
        by_sku[group.first.currency, group.first.sku].append(group)
    known = list(read)
    left_out = []
    for line in lines:
        candidates = by_sku[line.currency, line.sku]
        reason = reason_of(line) or _given(line, candidates, known)
        if reason == "unknown":
            for group in candidates:
                if group.covers(line):
                    group.obstacle = _WITHOUT_AMOUNT if line.amount is None else _UNDATED
        if reason:
            left_out.append(LeftOut(reason, line))
    return left_out


def reason_of(line: Line) -> Reason | None:
    """Return why a line cannot be compared, whatever was used."""
    if line.timing in {"advance", "unknown"}:
        return "advance" if line.timing == "advance" else "unknown"
    if not line.sku:
        return "credit" if line.timing == "credit" else "no_sku"
    return None


def _given(line: Line, candidates: Sequence[Group], read: Sequence[Read]) -> Reason | None:
    covering = [group for group in candidates if group.covers(line)]
    fitting = [group for group in covering if group.has_dates_of(line)] or covering
    if len(fitting) > 1:
        for group in fitting:
            group.obstacle = _SHARED
        return "shared"
    if fitting:
        (fitting[0].credits if line.timing == "credit" else fitting[0].lines).append(line)
        return None
    if line.timing == "credit":
        return "credit"
    parts = [group for group in candidates if group.is_part_of(line)]
    for group in parts:
        group.obstacle = _LONGER
    if parts:
        return "shared"
    return "no_charge" if any(_was_read(line, each) for each in read) else "not_read"


def _was_read(line: Line, read: Read) -> bool:
    within = (
        line.start is not None
        and line.end is not None
        and read.start <= line.start <= line.end <= read.end
    )
    return within and (not line.organization or line.organization in read.organizations)

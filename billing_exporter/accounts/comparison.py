"""Comparison of all accounts with all invoices, one account after the other.

Only one account with its lines is in memory at a time, except those that a line without
organization may fit: these are compared together.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from billing_exporter.accounts.billed import Billed
from billing_exporter.accounts.records import Account, Period
from billing_exporter.reconciliation.compare import Terms, reconcile
from billing_exporter.reconciliation.groups import reason_of
from billing_exporter.reconciliation.records import (
    ZERO,
    Comparison,
    Line,
    Reconciliation,
    Subject,
    Used,
)

# Beside the newest closed period, which is compared by itself, these are compared together.
OLDER = 3
# So long after its end a period is compared.
_RECENT = timedelta(days=(OLDER + 2) * 31)
# So long after a period its invoice can come: where one is unread, nothing is missing for sure.
_BILLED_WITHIN = timedelta(days=62)
_UNREAD = "lines of an invoice that may bill it could not be read"
_MISSING_STATES = frozenset({"difference", "only_used"})


def compared_periods(account: Account, today: date) -> dict[str, tuple[Period, ...]]:
    """Return the closed periods that are compared, by name; those of an ended contract are old."""
    recent = [one for one in account.closed[: 1 + OLDER] if one.end >= today - _RECENT]
    named = {"previous": tuple(recent[:1]), "older": tuple(recent[1:])}
    return {name: periods for name, periods in named.items() if periods}


def compare(
    subject: Subject,
    accounts: Iterable[Account],
    known: Billed,
    terms: Terms,
    take: Callable[[tuple[Account, ...], Sequence[Line], Reconciliation], None],
) -> None:
    """Compare every account, and hand each result on as it comes.

    Args:
        subject: contracts or customers.
        accounts: one after the other.
        known: the invoices.
        terms: how to judge.
        take: receives the accounts of a result, its lines and what came of them.
    """
    shared = list(known.of(""))
    seen: set[str] = set()
    together: list[Account] = []
    for account in accounts:
        organizations = _organizations(account)
        if subject == "contracts" or any(_fits(account, line, terms.today) for line in shared):
            together.append(account)
            continue
        seen |= organizations
        lines = list(_comparable(known, organizations))
        take((account,), lines, _result(subject, [account], lines, known, terms))
    of_them = frozenset[str]({""}).union(*map(_organizations, together))
    for key in known.organizations():
        if key not in seen and key not in of_them:
            lines = list(_comparable(known, [key]))
            take((), lines, _result(subject, [], lines, known, terms))
    rest = list(_comparable(known, of_them - seen))
    take(tuple(together), rest, _result(subject, together, rest, known, terms))


def _comparable(known: Billed, organizations: Iterable[str]) -> Iterator[Line]:
    """Yield the lines that may be compared, or keep others from it; the rest is left out anyway."""
    for key in organizations:
        for line in known.of(key):
            if reason_of(line) in {None, "unknown"}:
                yield line


def _organizations(account: Account) -> frozenset[str]:
    return frozenset(key for period in account.closed for key in period.organizations)


def _fits(account: Account, line: Line, today: date) -> bool:
    return any(
        line.start is not None
        and line.end is not None
        and period.start <= line.start <= line.end <= period.end
        for period in _periods(account, today)
    )


def _periods(account: Account, today: date) -> list[Period]:
    return [one for periods in compared_periods(account, today).values() for one in periods]


def _result(
    subject: Subject, accounts: list[Account], lines: list[Line], known: Billed, terms: Terms
) -> Reconciliation:
    used: list[Used] = []
    read = []
    billed_skus = {line.sku for line in lines}
    for account in accounts:
        for period in _periods(account, terms.today):
            used += account.used(period, billed_skus)
            read.append(period.read)
    found = reconcile(subject, used, lines, read, terms)
    if not known.unread:
        return found
    comparisons = tuple(_unless_unread(each, known) for each in found.comparisons)
    return msgspec.structs.replace(found, comparisons=comparisons)


def _unless_unread(each: Comparison, known: Billed) -> Comparison:
    """Return a comparison as one that cannot be made where an unread invoice may bill it."""
    if each.state not in _MISSING_STATES:
        return each
    may_be_billed = any(
        currency == each.currency and each.end <= issued <= each.end + _BILLED_WITHIN
        for currency, issued in known.unread
    )
    if not may_be_billed:
        return each
    return msgspec.structs.replace(each, state="not_comparable", remark=_UNREAD)


def arrears_of(found: Reconciliation) -> Iterator[tuple[str, date]]:
    """Yield the id and first day of each period that a line bills in arrears."""
    for each in found.comparisons:
        if each.lines:
            for of_id in each.of_ids:
                yield of_id, each.start


def pending_now(account: Account, today: date) -> dict[str, Decimal]:
    """Return the overage of the running period so far, by currency.

    The newest period of a contract that has ended is no running one: once it is closed it is
    compared with invoices, and after the time in which it would have been billed it is over.
    """
    current = account.current
    if current is None or current.end < today - _BILLED_WITHIN:
        return {}
    if any(period.start == current.start for period in account.closed):
        return {}
    amounts: dict[str, Decimal] = {}
    for row in current.rows:
        if row.currency and not row.is_unused:
            amounts[row.currency] = amounts.get(row.currency, ZERO) + row.overage
    return amounts

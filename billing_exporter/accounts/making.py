"""Making of a statement from a ledger: one account after the other."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from billing_exporter.accounts.billed import Billed
from billing_exporter.accounts.change import changes
from billing_exporter.accounts.comparison import arrears_of, compare, pending_now
from billing_exporter.accounts.ledger import Ledger
from billing_exporter.accounts.records import Account, Current, Period
from billing_exporter.accounts.statement import Statement
from billing_exporter.budgets.plan import Contribution, Plan
from billing_exporter.budgets.unread import Unread
from billing_exporter.metrics import finance as metrics
from billing_exporter.metrics.samples import Samples, labels
from billing_exporter.reconciliation.compare import Terms
from billing_exporter.reconciliation.records import (
    SUBJECTS,
    Comparison,
    Line,
    Reconciliation,
    Subject,
)


class Made(msgspec.Struct, frozen=True):
    """What came of a ledger.

    Attributes:
        parts: samples by what they are of: a customer, or the sums.
        invoiced: id and first day of the periods that a line bills in arrears.
        worst: comparisons that differ most.
        contribution: to budgets and allocations.
    """

    parts: dict[str, Samples]
    invoiced: frozenset[tuple[str, date]]
    worst: list[tuple[Subject, Comparison]]
    contribution: Contribution


class Part(NamedTuple):
    """Which part of an organization's customers and invoice lines is this exporter's.

    Attributes:
        owns: whether an organization's lines are, by its id; those of a customer are where the
            customer is.
        others: contracts and invoices that the first shard shows, where this one is another.
    """

    owns: Callable[[str], bool] = lambda _: True
    others: Ledger | None = None


WHOLE = Part()
# So long ago an invoice can bill a previous period: a month each for the period, for the time since
# its end, and for what is billed in advance.
_MAY_BILL = timedelta(days=93)


def unread_of(ledger: Ledger, others: Ledger | None) -> Unread:
    """Return what has not been read and counts in this part."""
    if others is None:
        return ledger.unread
    gaps = others.unread
    return ledger.unread.plus(Unread(invoices=gaps.invoices, covering=gaps.contracts))


def make(ledger: Ledger, terms: Terms, plan: Plan, organization: str, part: Part = WHOLE) -> Made:
    """Compare all accounts with all invoices, and work out what comes of them.

    Nothing is compared with invoices that have not been read or are too old, because what they
    bill would be missing; nor is anything pending of running periods that have not been read.
    """
    unread = unread_of(ledger, part.others)  # before anything is looked at
    making = _Making(ledger, terms, plan, organization, part, unread=unread)
    known = Billed(ledger.bills())
    if ledger.has_invoices and not unread.invoices:
        making.compare(known)
    billed, reads = known, ledger
    if part.others is not None:
        billed, reads = Billed(part.others.bills()), part.others
    since = terms.today - _MAY_BILL
    recent = (currency for currency, issued in billed.unread if issued >= since)
    lacking = frozenset(recent if reads.has_invoices else ())
    making.plan(billed, lacking, has_lines=reads.has_invoices and not unread.invoices)
    made = making.made()
    made.contribution.unread = unread.plus(Unread(lines=lacking))
    return made


class _Making:
    def __init__(
        self,
        ledger: Ledger,
        terms: Terms,
        plan: Plan,
        organization: str,
        part: Part,
        *,
        unread: Unread,
    ) -> None:
        self._ledger = ledger
        self._terms = terms
        self._plan = plan
        self._organization = organization
        self._part = part
        self._unread = unread
        self._statement = Statement(terms.today)
        self._parts: dict[str, Samples] = {}
        self._invoiced: set[tuple[str, date]] = set()

    def compare(self, known: Billed) -> None:
        """Compare accounts with invoices."""
        for subject in SUBJECTS:

            def take(
                accounts: tuple[Account, ...],
                lines: Sequence[Line],
                found: Reconciliation,
                subject: Subject = subject,
            ) -> None:
                self._invoiced.update(arrears_of(found))
                of_each = self._statement.take(subject, accounts, lines, found)
                for key, samples in of_each.items():
                    self._parts[f"difference {key}"] = samples

            compare(subject, self._ledger.accounts(subject), known, self._terms, take)
        self._statement.leave_out(known)
        self._statement.check_invoices(self._ledger.bills(), self._terms.share)

    def plan(self, known: Billed, lacking: frozenset[str], *, has_lines: bool) -> None:
        """Add what each account contributes; a line counts once, for a customer first.

        Args:
            known: the invoices.
            lacking: currencies in which lines are missing: no margin is known.
            has_lines: whether lines were read at all, and are not too old.
        """
        unclaimed = {key for key in known.organizations() if self._part.owns(key)}
        for subject in reversed(SUBJECTS):
            is_read = _is_read(self._unread, subject)
            for account in self._ledger.accounts(subject):
                if is_read:
                    self._statement.add_pending(subject, pending_now(account, self._terms.today))
                self._plan.add(self._organization, subject, account, self._terms.today)
                lines = self._add_lines(subject, account, known, unclaimed)
                if subject == "trustors":
                    self._add_part(f"change {account.id}", _change(account))
                if subject == "trustors" and has_lines:
                    margin = self._plan.margin(account, lines, lacking)
                    self._add_part(f"margin {account.id}", margin)
        if self._part.others is not None:
            for contract in self._part.others.accounts("contracts"):
                self._plan.take_off(self._organization, contract)
                self._add_lines("contracts", contract, known, unclaimed)
        for key in sorted(unclaimed):
            lines = [line for line in known.of(key) if _is_recent(line, self._terms.today)]
            self._plan.add_lines(self._organization, "trustors", None, lines)

    def _add_lines(
        self, subject: Subject, account: Account, known: Billed, unclaimed: set[str]
    ) -> list[Line]:
        """Add the lines that bill an account's previous period, of organizations unclaimed yet.

        Those that bill none of its periods are allocated too, like lines for nobody. Returns those
        of the previous period.
        """
        period = account.closed[0] if account.closed else None
        if period is None:
            return []
        organizations = unclaimed & {*period.organizations}
        unclaimed -= organizations
        lines, others = [], []
        for line in (line for key in sorted(organizations) for line in known.of(key)):
            if _bills(line, period):
                lines.append(line)
            elif _is_recent(line, self._terms.today) and not _bills_any(line, account):
                others.append(line)
        self._plan.add_lines(self._organization, subject, account, (*lines, *others))
        return lines

    def _add_part(self, key: str, samples: Samples) -> None:
        if samples:
            self._parts[key] = samples

    def made(self) -> Made:
        """Return what came of it."""
        self._parts["sums"] = self._statement.samples()
        invoiced, worst = frozenset(self._invoiced), self._statement.worst
        return Made(self._parts, invoiced, worst, self._plan.finished())


def _is_read(unread: Unread, subject: Subject) -> bool:
    """Return whether current periods have been read, and are not too old to count."""
    return not unread.contracts if subject == "contracts" else unread.trustors is not None


def _bills(line: Line, period: Period | Current) -> bool:
    """Return whether a line bills days of a period and no others."""
    if line.start is None or line.end is None:
        return False
    return period.start <= line.start <= line.end <= period.end


def _bills_any(line: Line, account: Account) -> bool:
    """Return whether a line bills one period of an account, be it over or running."""
    known = (*account.closed, account.current, account.ended)
    return any(period is not None and _bills(line, period) for period in known)


def _is_recent(line: Line, today: date) -> bool:
    """Return whether a line of no period that is read counts: in the month after it ends.

    That does not depend on which customers are read, so all shards come to the same result.
    """
    day = line.end or line.issued
    return day is None or month_before(today) <= day < today


def month_before(day: date) -> date:
    """Return the same day of the month before, or its last one where that is earlier."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def _change(account: Account) -> Samples:
    samples = Samples()
    for (currency, cause), amount in changes(account).items():
        to = labels(metrics.CHANGE.labels, account.name, account.id, currency, cause)
        samples.add(metrics.CHANGE, to, amount)
    return samples

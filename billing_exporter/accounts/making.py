"""Making of a statement from a ledger: one account after the other."""

from collections.abc import Sequence
from datetime import date

import msgspec

from billing_exporter.accounts.billed import Billed
from billing_exporter.accounts.change import changes
from billing_exporter.accounts.comparison import arrears_of, compare, pending_now
from billing_exporter.accounts.ledger import Ledger
from billing_exporter.accounts.records import Account
from billing_exporter.accounts.statement import Statement
from billing_exporter.budgets.plan import Contribution, Plan
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


def make(ledger: Ledger, terms: Terms, plan: Plan, organization: str) -> Made:
    """Compare all accounts with all invoices, and work out what comes of them."""
    unread = ledger.unread  # before anything is looked at
    making = _Making(ledger, terms, plan, organization)
    known = Billed(ledger.bills())
    if ledger.has_invoices:
        making.compare(known)
    making.plan(known)
    made = making.made()
    made.contribution.unread = unread
    return made


class _Making:
    def __init__(self, ledger: Ledger, terms: Terms, plan: Plan, organization: str) -> None:
        self._ledger = ledger
        self._terms = terms
        self._plan = plan
        self._organization = organization
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

    def plan(self, known: Billed) -> None:
        """Add what each account contributes; a line counts once, for a customer first."""
        seen: set[str] = set()
        for subject in reversed(SUBJECTS):
            for account in self._ledger.accounts(subject):
                self._statement.add_pending(subject, pending_now(account, self._terms.today))
                self._plan.add(self._organization, subject, account, self._terms.today)
                lines = _previous_lines(account, known, seen)
                self._plan.add_lines(self._organization, subject, account, lines)
                if subject == "trustors":
                    self._add_part(f"change {account.id}", _change(account))
                    self._add_part(f"margin {account.id}", self._plan.margin(account, lines))
        for key in known.organizations():
            if key not in seen:
                lines = [
                    line for line in known.of(key) if self._statement.period_of(line) == "previous"
                ]
                self._plan.add_lines(self._organization, "trustors", None, lines)

    def _add_part(self, key: str, samples: Samples) -> None:
        if samples:
            self._parts[key] = samples

    def made(self) -> Made:
        """Return what came of it."""
        self._parts["sums"] = self._statement.samples()
        invoiced, worst = frozenset(self._invoiced), self._statement.worst
        return Made(self._parts, invoiced, worst, self._plan.finished())


def _previous_lines(account: Account, known: Billed, seen: set[str]) -> list[Line]:
    """Return the lines that bill an account's previous period, of organizations not seen yet."""
    if not account.closed:
        return []
    period = account.closed[0]
    organizations = set(period.organizations) - seen
    seen |= organizations
    return [
        line
        for key in sorted(organizations)
        for line in known.of(key)
        if line.start is not None
        and line.end is not None
        and period.start <= line.start <= line.end <= period.end
    ]


def _change(account: Account) -> Samples:
    samples = Samples()
    for (currency, cause), amount in changes(account).items():
        to = labels(metrics.CHANGE.labels, account.name, account.id, currency, cause)
        samples.add(metrics.CHANGE, to, amount)
    return samples

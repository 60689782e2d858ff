"""Making of a statement from a ledger: one account after the other."""

from collections.abc import Sequence
from datetime import date

import msgspec

from billing_exporter.accounts.change import changes
from billing_exporter.accounts.comparison import arrears_of, billed, compare, pending_now
from billing_exporter.accounts.ledger import Ledger
from billing_exporter.accounts.records import Account
from billing_exporter.accounts.statement import Statement
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
    """

    parts: dict[str, Samples]
    invoiced: frozenset[tuple[str, date]]
    worst: list[tuple[Subject, Comparison]]


def make(ledger: Ledger, terms: Terms) -> Made:
    """Compare all accounts with all invoices, and work out what has changed."""
    statement = Statement(terms.today)
    parts: dict[str, Samples] = {}
    invoiced: set[tuple[str, date]] = set()
    if ledger.has_invoices:
        known = billed(ledger.bills())
        for subject in SUBJECTS:

            def take(
                accounts: tuple[Account, ...],
                lines: Sequence[Line],
                found: Reconciliation,
                subject: Subject = subject,
            ) -> None:
                invoiced.update(arrears_of(found))
                for key, samples in statement.take(subject, accounts, lines, found).items():
                    parts[f"difference {key}"] = samples

            compare(subject, ledger.accounts(subject), known, terms, take)
        statement.check_invoices(ledger.bills(), terms.share)
    for subject in SUBJECTS:
        for account in ledger.accounts(subject):
            statement.add_pending(subject, pending_now(account))
            if subject == "trustors" and (samples := _change(account)):
                parts[f"change {account.id}"] = samples
    parts["sums"] = statement.samples()
    return Made(parts, frozenset(invoiced), statement.worst)


def _change(account: Account) -> Samples:
    samples = Samples()
    for (currency, cause), amount in changes(account).items():
        to = labels(metrics.CHANGE.labels, account.name, account.id, currency, cause)
        samples.add(metrics.CHANGE, to, amount)
    return samples

"""Ledger of one organization: takes in what collectors read, and keeps it in small files.

Closed periods are kept in full, which readings are not, and so are the lines of the invoices that
can bill them. Nothing of it stays in memory but what is known. While the disk hangs nothing is
taken in and nothing asked for again: what is missing is read by a later poll.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from billing_exporter.accounts.gaps import Gaps
from billing_exporter.accounts.kept import bill_of, contract_period, customer_period
from billing_exporter.accounts.records import (
    Account,
    Bill,
    Current,
    Index,
    Period,
)
from billing_exporter.budgets.unread import ALL, Names, Unread
from billing_exporter.collectors.base import label
from billing_exporter.collectors.closed_periods import MissingBefore
from billing_exporter.collectors.periods import starts_of
from billing_exporter.genesys.records import (
    BillingContract,
    BillingContractPeriodDetail,
    BillingInvoice,
    BillingInvoiceItem,
    TrusteeBillingOverview,
)
from billing_exporter.metrics.samples import Samples, readable
from billing_exporter.reconciliation.records import SUBJECTS, Subject
from billing_exporter.settlement import is_moved
from billing_exporter.state_files.store import Store

# Invoices that can bill the four newest closed periods, late ones included.
REACH = timedelta(days=200)
_UNDATED = date.max  # such an invoice may bill any period
NOBODY: Mapping[str, str] = MappingProxyType({})
NOTHING_MISSING: Mapping[Names, MissingBefore] = MappingProxyType({})
_MOST_PERIODS = 13


class Stores(NamedTuple):
    """Where ledgers keep what they have."""

    accounts: Store[Account]
    bills: Store[Bill]
    indexes: Store[Index]


class Ledger:
    """The accounts of one organization. Thread-safe.

    Attributes:
        changes: how often something has changed.
        is_new: whether nothing was kept when the program started.

    Args:
        prefix: tells apart what different organizations keep in one store.
        stores: where it is kept.
        changed: is called when a reading was published, or other collectors read.
        part: which part of the customers is read; another part has another index.
    """

    def __init__(
        self,
        prefix: str,
        stores: Stores,
        changed: Callable[[], None] = lambda: None,
        part: str = "",
    ) -> None:
        self._changed = changed
        self._prefix = prefix
        self._accounts, self._bills, self._indexes = stores
        self._lock = threading.Lock()
        self._starts: dict[tuple[Subject, str], tuple[date, ...]] = {}
        self._dropped: set[str] = set()
        self._invoiced: frozenset[tuple[str, date]] = frozenset()
        self._today = date.min
        self._collectors: Collection[str] | None = None
        self._gaps = Gaps()
        self._index_key = f"{prefix}\n{part}"
        # Each listing replaces its part of the index, so one that cannot be read is no loss.
        self._index = self._indexes.load(self._index_key) or Index()
        self.is_new = self._index == Index()
        self._issued = dict(self._index.issued)
        self.changes = 0

    @property
    def has_invoices(self) -> bool:
        """Whether invoices were listed, and still are."""
        return self._index.has_invoices and self._is_read("invoices")

    @property
    def reach(self) -> timedelta:
        """Return how far back invoices are known."""
        return min(REACH, timedelta(days=self._index.lookback_days))

    def read_by(self, collectors: Collection[str]) -> None:
        """Count what these collectors read from now on; what others have read is kept in files."""
        before, self._collectors = self._collectors, frozenset(collectors)
        with self._lock:
            self._gaps.read_by(collectors)
        if before not in {None, self._collectors}:
            self.changes += 1
            self._changed()

    @property
    def everything(self) -> Unread:
        """What there is to read, as if none of it had been."""
        with self._lock:
            return ALL if self._collectors is None else self._gaps.everything

    @property
    def unread(self) -> Unread:
        """What has not been read, or is too old to count."""
        with self._lock:
            return self._gaps.unread

    def published(self, collector: str, *, is_whole: bool = True) -> None:
        """Count what a collector has read as all there is, but for what it listed as unread.

        Args:
            collector: its name.
            is_whole: whether its poll has ended; else closed periods are still to come.
        """
        with self._lock:
            if self._gaps.close(collector, is_whole=is_whole):
                self.changes += 1
        self._changed()

    def expired(self, collector: str) -> None:
        """Count nothing of a collector as read any more; files stay."""
        with self._lock:
            self._gaps.expire(collector)
            self.changes += 1
        self._changed()

    def refused(self, collector: str) -> None:
        """Count nothing of a collector, and wait for nothing: it may not read."""
        for subject in SUBJECTS:
            if collector == subject:
                self.keep_only(subject, ())
        self.published(collector)

    def keep_only(
        self,
        subject: Subject,
        keys: Iterable[str],
        unread: Mapping[str, str] = NOBODY,
        missing: Mapping[Names, MissingBefore] = NOTHING_MISSING,
    ) -> None:
        """Count only these customers or contracts from now on; files stay.

        Args:
            subject: what they are.
            keys: their ids.
            unread: names of those that have not been read, by id.
            missing: the days before which closed periods are missing, by name and id.
        """
        known = tuple(sorted(set(keys)))
        with self._lock:
            index = self._index
            before = index.trustors if subject == "trustors" else index.contracts
            names = {key: (name, key) for key, name in unread.items()}
            lost = [names[key] for key in before if key in names]
            self._gaps.listed(subject, names.values(), lost, missing)
            self._save_index(**{subject: known})

    def is_kept(self, subject: Subject, key: str, start: date) -> bool:
        """Return whether a closed period is kept, or cannot be kept because the disk hangs."""
        with self._lock:
            place = subject, key
            if place not in self._starts:
                account = self._accounts.load(self._key(subject, key))
                if account is None:
                    return True
                self._starts[place] = tuple(period.start for period in account.closed)
            return start in self._starts[place]

    def is_invoiced(self, key: str, start: date) -> bool:
        """Return whether a line bills a closed period in arrears."""
        return (key, start) in self._invoiced

    def set_invoiced(self, invoiced: frozenset[tuple[str, date]]) -> None:
        """Take which periods are billed in arrears, by customer or contract and first day."""
        self._invoiced = invoiced

    def customer_period(
        self,
        key: str,
        name: str,
        overview: TrusteeBillingOverview,
        *,
        is_settled: bool,
        samples: Samples | None = None,
    ) -> None:
        """Keep a closed period of a customer."""
        period = customer_period(key, name, overview, samples, is_settled=is_settled)
        if period is not None:
            self._close("trustors", key, name, period)

    def contract_period(
        self,
        contract: BillingContract,
        name: str,
        detail: BillingContractPeriodDetail,
        *,
        is_settled: bool,
    ) -> None:
        """Keep a closed period of a contract."""
        period = contract_period(contract, name, detail, is_settled=is_settled)
        if period is not None:
            starts = starts_of(contract)
            self._close("contracts", label(contract.id) or name, name, period, starts)

    def current_period(self, subject: Subject, key: str, name: str, current: Current) -> None:
        """Keep the running period of a customer or contract."""
        with self._lock:
            before = self._accounts.load(self._key(subject, key))
            if before is not None:
                ended, newest = before.ended, before.current
                if newest is not None and newest.end < current.start:
                    is_read = newest.start in {each.start for each in before.closed}
                    ended = None if is_read else newest
                after = msgspec.structs.replace(before, name=name, current=current, ended=ended)
                self._save(subject, key, before, after)

    def wants_lines(self, invoice: BillingInvoice, today: date) -> bool:
        """Return whether the lines of an invoice are needed and not kept."""
        key, issued = label(invoice.id), invoice.date_invoiced or _UNDATED
        self._note(today)
        if not key:
            return False
        if issued < today - REACH:
            self._drop(key)
            return False
        with self._lock:
            bill = self._bills.load(self._bill_key(key))
            self._issued[key] = issued
            if bill is None:
                return False
            if bill.lines is not None and bill.amount == readable(invoice.amount):
                return False
            if bill.id != key:
                self._save_bill(key, bill, bill_of(invoice, None))
        return True

    def lines(self, invoice: BillingInvoice, items: Iterable[BillingInvoiceItem]) -> None:
        """Keep the lines of an invoice."""
        key, issued = label(invoice.id), invoice.date_invoiced or _UNDATED
        if not key or self._today - issued > REACH:
            return
        with self._lock:
            self._issued[key] = issued
            before = self._bills.load(self._bill_key(key))
            if before is not None:
                self._save_bill(key, before, bill_of(invoice, items))

    def keep_only_invoices(
        self, invoices: Iterable[str], lookback: timedelta | None = REACH
    ) -> None:
        """Forget invoices that are not listed so far back any more; None: nobody reads lines."""
        listed = set(invoices)
        with self._lock:
            gone = self._issued.keys() - listed
        for key in gone:
            self._drop(key)
        with self._lock:
            days = (lookback or REACH).days
            known = {"has_invoices": lookback is not None, "lookback_days": days}
            self._save_index(issued=dict(self._issued), **known)

    def accounts(self, subject: Subject) -> Iterator[Account]:
        """Yield the customers or contracts, by id, however long the disk takes."""
        if not self._is_read(subject):
            return
        for key in self._index.contracts if subject == "contracts" else self._index.trustors:
            account = self._accounts.wait_for(self._key(subject, key))
            if account.id:
                yield account

    def bills(self) -> Iterator[Bill]:
        """Yield the invoices that can bill the newest closed periods; see ``accounts``."""
        with self._lock:
            keys = sorted(self._issued) if self._is_read("invoices") else []
        for key in keys:
            bill = self._bills.wait_for(self._bill_key(key))
            if bill.id:
                yield bill

    def _is_read(self, collector: str) -> bool:
        return self._collectors is None or collector in self._collectors

    def _close(
        self,
        subject: Subject,
        key: str,
        name: str,
        period: Period,
        listed: Collection[date] = (),
    ) -> None:
        with self._lock:
            before = self._accounts.load(self._key(subject, key))
            if before is None:
                return

            def is_it(one: Period | Current) -> bool:
                dates = (one.start, one.end), (period.start, period.end)
                return one.start == period.start or is_moved(*dates, listed)

            others = [one for one in before.closed if not is_it(one)]
            closed = sorted([*others, period], key=lambda one: one.start, reverse=True)
            ended = before.ended
            if ended is not None and is_it(ended):
                ended = None
            after = Account(name, key, tuple(closed[:_MOST_PERIODS]), before.current, ended)
            self._starts[subject, key] = tuple(one.start for one in after.closed)
            self._save(subject, key, before, after)

    def _save(self, subject: Subject, key: str, before: Account, after: Account) -> None:
        after = msgspec.structs.replace(after, id=key)
        if after != before:
            self._accounts.save(self._key(subject, key), after)
            self.changes += 1

    def _save_bill(self, key: str, before: Bill, after: Bill) -> None:
        if after != before:
            self._bills.save(self._bill_key(key), after)
            self.changes += 1

    def _save_index(self, **changes: object) -> None:
        after = msgspec.structs.replace(self._index, **changes)
        if after != self._index:
            self._index = after
            self._indexes.save(self._index_key, after)
            self.changes += 1

    def _drop(self, key: str) -> None:
        with self._lock:
            if key in self._dropped:
                return
            self._dropped.add(key)
            if self._issued.pop(key, None) is not None:
                self.changes += 1
        self._bills.drop(self._bill_key(key))

    def _note(self, today: date) -> None:
        """Count a new day as a change: what is pending one day is overdue the next."""
        if today != self._today:
            self._today = today
            self.changes += 1

    def _key(self, subject: Subject, key: str) -> str:
        return f"{self._prefix}\n{subject}\n{key}"

    def _bill_key(self, key: str) -> str:
        return f"{self._prefix}\n{key}"

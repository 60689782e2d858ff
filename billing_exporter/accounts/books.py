"""Books of all organizations: their ledgers, and the statements that are made of them.

A statement is made in the background after a poll, when the ledger has changed or another day has
begun, and only what is new in it is shown.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from hashlib import blake2b
from typing import Protocol

from billing_exporter.accounts.ledger import Ledger, Stores
from billing_exporter.accounts.making import Made, Part, make, unread_of
from billing_exporter.budgets.plan import Contribution, Plan
from billing_exporter.budgets.settings import PlanSettings
from billing_exporter.budgets.summary import summary
from billing_exporter.budgets.unread import ALL, Unread
from billing_exporter.collectors.sharding import Shard
from billing_exporter.metrics.finance import SECTION
from billing_exporter.metrics.plain import written
from billing_exporter.metrics.rendering import Rendered, render
from billing_exporter.metrics.samples import Samples
from billing_exporter.reconciliation.compare import Terms
from billing_exporter.reconciliation.records import Comparison, Subject
from billing_exporter.reconciliation.tolerance import DEFAULT_SHARE

log = logging.getLogger(__name__)

_DIGEST = 16
# What a shard that is not the first reads for its part of these sections, and does not show.
_FOR_SHOWBACK = frozenset({"contracts", "invoices"})
_FOR_PRICES = frozenset({"invoices"})
_WHOLE = Shard()

Show = Callable[[str, str, Mapping[str, Rendered], tuple[str, ...]], None]


class Writer(Protocol):
    """Runs tasks in the background."""

    def submit(self, key: str, task: Callable[[], object]) -> None:
        """Run a task soon; it replaces one of the same key that has not begun."""


class _Book:
    """The ledger of one organization, and what is shown of it."""

    def __init__(self, organization: str, place: str, ledger: Ledger) -> None:
        self.organization = organization
        self.place = place
        self.ledger = ledger
        self.others: Ledger | None = None
        self.done = -1, 0
        self.worst: list[tuple[Subject, Comparison]] = []
        self.digests: dict[str, bytes] = {}
        self.contribution: Contribution | None = None

    @property
    def changes(self) -> tuple[int, int]:
        """How often something has changed."""
        return self.ledger.changes, 0 if self.others is None else self.others.changes


class Books:
    """Keeps ledgers and makes statements of them. Thread-safe.

    Args:
        stores: where ledgers keep what they have.
        writer: makes the statements.
        show: takes parts that are new or changed, and the keys of those that are gone; see
            ``Exposition.update``.
        now: the time, UTC.
        shard: which part of the customers is read.
    """

    def __init__(
        self,
        stores: Stores,
        writer: Writer,
        show: Show,
        now: Callable[[], datetime],
        shard: Shard = _WHOLE,
    ) -> None:
        self._stores = stores
        self._writer = writer
        self._show = show
        self._now = now
        self._shard = shard
        self._part = "" if shard.count == 1 else f"{shard.index}/{shard.count}"
        self._lock = threading.Lock()
        self._books: dict[str, _Book] = {}
        self._tolerances: dict[str, Decimal] = {}
        self._plan = PlanSettings()
        self._written: tuple[object, tuple[Samples, bytes]] = None, (Samples(), b"")

    def ledger(self, organization: str, place: str) -> Ledger:
        """Return the ledger of an organization.

        Args:
            organization: its name.
            place: where its API is: elsewhere the same ids are other customers.
        """
        with self._lock:
            book = self._books.get(organization)
            if book is None or book.place != place:
                changed = partial(self.changed, organization)
                ledger = Ledger(f"{organization}\n{place}", self._stores, changed, self._part)
                digests = {} if book is None else book.digests
                book = self._books[organization] = _Book(organization, place, ledger)
                book.digests = digests
            return book.ledger

    @property
    def others(self) -> frozenset[str]:
        """Collectors that are read for the plan alone, because the first shard shows them."""
        if self._shard.is_first:
            return frozenset()
        if self._plan.showback:
            return _FOR_SHOWBACK
        return _FOR_PRICES if self._plan.prices else frozenset()

    def others_ledger(self, organization: str) -> Ledger:
        """Return the ledger of what an organization's collectors read for the plan alone."""
        with self._lock:
            book = self._books[organization]
            if book.others is None:
                changed = partial(self.changed, organization)
                prefix = f"{organization}\n{book.place}"
                book.others = Ledger(prefix, self._stores, changed, f"{self._part} others")
            return book.others

    def forget_others(self, organization: str) -> None:
        """Count nothing any more that is read for the plan alone."""
        with self._lock:
            book = self._books[organization]
            had_some, book.others = book.others is not None, None
        if had_some:
            self.changed(organization, anyway=True)

    def configure(self, tolerances: Mapping[str, Decimal], plan: PlanSettings) -> None:
        """Take the tolerance of each organization and the plan; other organizations are forgotten.

        What has changed is worked out again in the background.
        """
        with self._lock:
            is_replanned = plan != self._plan
            self._plan = plan
            gone = [self._books.pop(name) for name in self._books.keys() - tolerances.keys()]
            before, self._tolerances = self._tolerances, dict(tolerances)
            again = [
                name for name in self._books if is_replanned or before.get(name) != tolerances[name]
            ]
        for book in gone:
            self._show(SECTION, book.organization, {}, tuple(book.digests))
        for name in again:
            self.changed(name, anyway=True)

    def changed(self, organization: str, *, anyway: bool = False) -> None:
        """Make a statement soon if the ledger has changed, for a reading was published."""
        with self._lock:
            book = self._books.get(organization)
        if book is not None and (anyway or book.changes != book.done):
            self._writer.submit(f"statement of {organization}", partial(self._state, book))

    def worst(self) -> list[tuple[str, Subject, Comparison]]:
        """Return the comparisons that differ most, of each organization."""
        with self._lock:
            books = list(self._books.values())
        return [(book.organization, *found) for book in books for found in book.worst]

    def text(self) -> bytes:
        """Write budgets, allocations and thresholds, as the exposition shows them."""
        return self._summary()[1]

    def planned(self) -> Samples:
        """Return budgets, allocations and thresholds as samples."""
        return self._summary()[0]

    def _summary(self) -> tuple[Samples, bytes]:
        today = self._now().date()
        with self._lock:
            found = tuple(book.contribution for book in self._books.values())
            unread = {name: self._unread(name) for name in self._tolerances}
            known = self._plan, today, found, unread
            if known != self._written[0]:
                contributions = [each for each in found if each is not None]
                samples = summary(self._plan, contributions, unread, today, is_whole=not self._part)
                self._written = known, (samples, written([(None, samples)]))
            return self._written[1]

    def _unread(self, organization: str) -> Unread:
        """Return what of an organization has not been read, or is not in its contribution."""
        book = self._books.get(organization)
        if book is None:
            return ALL
        if book.contribution is None:
            unread = book.ledger.everything
        else:
            unread = unread_of(book.ledger, book.others).plus(book.contribution.unread)
        if self.others and book.others is None:  # about to be read
            return unread.plus(Unread(invoices=True, covering=bool(self._plan.showback)))
        return unread

    def _state(self, book: _Book) -> None:
        changes = book.changes
        today = self._now().date()
        share = self._tolerances.get(book.organization, DEFAULT_SHARE)
        try:
            terms = Terms(today, share, today - book.ledger.reach)
            part = Part(self._shard.owns, book.others)
            made = make(book.ledger, terms, Plan(self._plan), book.organization, part)
        except Exception:
            log.exception("the statement cannot be made", extra={"organization": book.organization})
            return
        book.ledger.set_invoiced(made.invoiced)
        book.worst, book.done = made.worst, changes
        book.contribution = made.contribution
        self._publish(book, made)

    def _publish(self, book: _Book, made: Made) -> None:
        changed, digests = {}, {}
        for key, samples in made.parts.items():
            rendered = render(samples, book.organization)
            digests[key] = _digest(rendered)
            if digests[key] != book.digests.get(key):
                changed[key] = rendered
        removed = tuple(book.digests.keys() - digests.keys())
        with self._lock:
            if self._books.get(book.organization) is not book:
                return  # another configuration
        self._show(SECTION, book.organization, changed, removed)
        book.digests = digests


def _digest(rendered: Rendered) -> bytes:
    digest = blake2b(digest_size=_DIGEST)
    for metric in sorted(rendered.lines, key=lambda one: one.name):
        digest.update(rendered.lines[metric])
    return digest.digest()

"""Unread: what of an organization has not been read yet, and would count if it had."""

from datetime import date

import msgspec

# Name and id of a customer.
Names = tuple[str, ...]
# Customers whose closed periods before a day have not been read.
Past = frozenset[tuple[Names, date]]

_NOBODY: frozenset[Names] = frozenset()
_NO_PAST: Past = frozenset()


class Unread(msgspec.Struct, frozen=True):
    """What of one organization has not been read.

    Attributes:
        contracts: whether contracts have not, or the running period of one of them.
        invoices: whether invoices have not.
        trustors: customers that have not; None for all there may be.
        histories: whether no poll of customers has ended, which reads their closed periods last.
        past: closed periods that even such a poll has not reached.
        closed: day before which closed periods of a contract have not; None where all have.
        covering: whether contracts have not that the first shard shows and this one takes its
            customers' overage off.
    """

    contracts: bool = False
    invoices: bool = False
    trustors: frozenset[Names] | None = _NOBODY
    histories: bool = False
    past: Past = _NO_PAST
    closed: date | None = None
    covering: bool = False

    def plus(self, other: "Unread") -> "Unread":
        """Return what either says has not been read."""
        trustors = None
        if self.trustors is not None and other.trustors is not None:
            trustors = self.trustors | other.trustors
        closed = [day for day in (self.closed, other.closed) if day is not None]
        return Unread(
            contracts=self.contracts or other.contracts,
            invoices=self.invoices or other.invoices,
            trustors=trustors,
            histories=self.histories or other.histories,
            past=self.past | other.past,
            closed=max(closed, default=None),
            covering=self.covering or other.covering,
        )

    @property
    def has_customers(self) -> bool:
        """Whether customers have not been read."""
        return self.trustors is None or bool(self.trustors)

    @property
    def has_past(self) -> bool:
        """Whether all closed periods have been read."""
        return not (self.histories or self.past or self.closed)

    @property
    def is_allocatable(self) -> bool:
        """Whether everything was read that an allocation holds."""
        return not (self.contracts or self.covering or self.has_customers)


ALL = Unread(contracts=True, invoices=True, trustors=None, histories=True)
NOTHING = Unread()

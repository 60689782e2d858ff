"""Unread: what of an organization has not been read yet, and would count if it had."""

from datetime import date

import msgspec

# Name and id of a customer.
Names = tuple[str, ...]
# Before which days closed periods are missing: one that has not been read, one without its numbers.
MissingDays = tuple[date | None, date | None]
# Customers or contracts with closed periods that are missing.
Missing = frozenset[tuple[Names, MissingDays]]

_NOBODY: frozenset[Names] = frozenset()
_NONE_MISSING: Missing = frozenset()


class Unread(msgspec.Struct, frozen=True):
    """What of one organization has not been read.

    Attributes:
        contracts: whether contracts have not, or the newest period of one.
        invoices: whether invoices have not.
        lines: currencies of recent invoices whose lines have not.
        trustors: customers that have not; None for all there may be.
        histories: whether no poll of customers has ended, which reads their closed periods last.
        past: closed periods of customers that such a poll has not reached, or that it was not
            given.
        contracts_past: the same of contracts.
        covering: whether contracts have not that the first shard shows and this one takes its
            customers' overage off.
    """

    contracts: bool = False
    invoices: bool = False
    trustors: frozenset[Names] | None = _NOBODY
    histories: bool = False
    past: Missing = _NONE_MISSING
    contracts_past: Missing = _NONE_MISSING
    covering: bool = False
    lines: frozenset[str] = frozenset()

    def plus(self, other: "Unread") -> "Unread":
        """Return what either says has not been read."""
        trustors = None
        if self.trustors is not None and other.trustors is not None:
            trustors = self.trustors | other.trustors
        return Unread(
            contracts=self.contracts or other.contracts,
            invoices=self.invoices or other.invoices,
            trustors=trustors,
            histories=self.histories or other.histories,
            past=self.past | other.past,
            contracts_past=self.contracts_past | other.contracts_past,
            covering=self.covering or other.covering,
            lines=self.lines | other.lines,
        )

    @property
    def has_customers(self) -> bool:
        """Whether customers have not been read."""
        return self.trustors is None or bool(self.trustors)

    @property
    def is_allocatable(self) -> bool:
        """Whether everything was read that an allocation holds."""
        return not (self.contracts or self.covering or self.has_customers)


ALL = Unread(contracts=True, invoices=True, trustors=None, histories=True)
NOTHING = Unread()

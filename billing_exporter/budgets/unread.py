"""Unread: what of an organization has not been read yet, and would count if it had."""

import msgspec

# Name and id of a customer.
Names = tuple[str, ...]

_NOBODY: frozenset[Names] = frozenset()


class Unread(msgspec.Struct, frozen=True):
    """What of one organization has not been read.

    Attributes:
        contracts: whether contracts have not.
        invoices: whether invoices have not.
        trustors: customers that have not; None for all there may be.
        histories: whether no poll of customers has ended, which reads their closed periods last.
        covering: whether contracts have not that the first shard shows and this one takes its
            customers' overage off.
    """

    contracts: bool = False
    invoices: bool = False
    trustors: frozenset[Names] | None = _NOBODY
    histories: bool = False
    covering: bool = False

    def plus(self, other: "Unread") -> "Unread":
        """Return what either says has not been read."""
        trustors = None
        if self.trustors is not None and other.trustors is not None:
            trustors = self.trustors | other.trustors
        return Unread(
            self.contracts or other.contracts,
            self.invoices or other.invoices,
            trustors,
            self.histories or other.histories,
            self.covering or other.covering,
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

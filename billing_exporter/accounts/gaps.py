"""Gaps of a ledger: what its collectors have not read yet, or what they read is too old.

A collector hands on what it has read before all of it is in the accounts. So a gap closes only
when its reading has been published.
"""

from collections.abc import Collection, Iterable, Mapping

from billing_exporter.budgets.unread import Missing, MissingDays, Names, Unread

_NOTHING: frozenset[Names] = frozenset()


class Gaps:
    """Keeps what has not been read. Not thread-safe."""

    def __init__(self) -> None:
        self._collectors: frozenset[str] = frozenset()
        # By collector: customers or contracts that have not been read; none is all.
        self._open: dict[str, frozenset[Names]] = {}
        self._next: dict[str, frozenset[Names]] = {}
        self._whole: set[str] = set()
        self._missing: dict[str, Missing] = {}
        self._next_missing: dict[str, Missing] = {}

    def read_by(self, collectors: Collection[str]) -> None:
        """Count what these collectors have not read; of another one nothing is awaited."""
        self._collectors = frozenset(collectors)
        for known in (self._open, self._next, self._missing, self._next_missing):
            for gone in known.keys() - self._collectors:
                del known[gone]
        self._whole &= self._collectors

    def listed(
        self,
        collector: str,
        unread: Iterable[Names],
        lost: Iterable[Names],
        missing: Mapping[Names, MissingDays],
    ) -> None:
        """Take who has no numbers, which of them had some, and what closed periods are missing."""
        self._next[collector] = frozenset(unread)
        self._next_missing[collector] = frozenset(missing.items())
        known = self._open.get(collector)
        if known is not None:
            self._open[collector] = known | frozenset(lost)

    def close(self, collector: str, *, is_whole: bool) -> bool:
        """Take what was listed last as read, for it was published; return whether that is new.

        Before a poll has ended only customers count: their current periods come first.
        """
        before = self.unread
        if is_whole:
            self._whole.add(collector)
        if is_whole or collector == "trustors":
            self._open[collector] = self._next.get(collector, _NOTHING)
            self._missing[collector] = self._next_missing.get(collector, frozenset())
        return before != self.unread

    def expire(self, collector: str) -> None:
        """Take nothing as read any more."""
        for known in (self._open, self._next, self._missing, self._next_missing):
            known.pop(collector, None)
        self._whole.discard(collector)

    @property
    def unread(self) -> Unread:
        """What has not been read."""
        awaited = self._collectors - self._open.keys()
        return Unread(
            contracts="contracts" in awaited or bool(self._open.get("contracts")),
            invoices="invoices" in awaited,
            trustors=None if "trustors" in awaited else self._open.get("trustors", _NOTHING),
            histories="trustors" in self._collectors - self._whole,
            past=self._missing.get("trustors", frozenset()),
            contracts_past=self._missing.get("contracts", frozenset()),
        )

    @property
    def everything(self) -> Unread:
        """What there is to read, as if none of it had been."""
        fresh = Gaps()
        fresh.read_by(self._collectors)
        return fresh.unread

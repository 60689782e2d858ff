"""Gaps of a ledger: what its collectors have not read."""

from billing_exporter.accounts.ledger import Ledger
from billing_exporter.accounts.records import Current
from billing_exporter.budgets.unread import ALL, NOTHING, Unread
from billing_exporter.collectors.closed_periods import MissingBefore
from tests.unit.accounts.cases import TODAY, stores

COLLECTORS = {"contracts", "invoices", "trustors", "usage"}


def _ledger(*collectors: str) -> Ledger:
    ledger = Ledger("acme", stores())
    ledger.read_by(collectors or COLLECTORS)
    return ledger


def _customers(*names: tuple[str, str]) -> Unread:
    return Unread(trustors=frozenset(names))


def test_each_collector_is_awaited_until_it_has_published() -> None:
    """Nothing is read before a reading was published; what no collector reads is not awaited."""
    ledger = _ledger()
    assert ledger.unread == ALL
    ledger.keep_only("contracts", ["c-1"])
    assert ledger.unread == ALL
    ledger.published("contracts")
    assert ledger.unread == Unread(invoices=True, trustors=None, histories=True)
    ledger.published("invoices")
    ledger.published("usage")
    ledger.keep_only("trustors", ["t-1"])
    ledger.published("trustors")
    assert ledger.unread == NOTHING
    assert _ledger("trustors").unread == Unread(trustors=None, histories=True)
    assert _ledger("usage").unread == NOTHING


def test_customers_that_fail_are_awaited_by_name() -> None:
    """In the first sweep everyone is awaited, after it those that have no numbers."""
    ledger = _ledger("trustors")
    ledger.keep_only("trustors", [], {"t-1": "Acme", "t-2": "Other"})
    ledger.keep_only("trustors", ["t-1"], {"t-2": "Other"})
    assert ledger.unread == Unread(trustors=None, histories=True)
    changes = ledger.changes
    ledger.published("trustors")
    assert ledger.unread == _customers(("Other", "t-2"))
    assert ledger.changes > changes
    ledger.keep_only("trustors", ["t-1", "t-2"])
    assert ledger.unread == _customers(("Other", "t-2"))  # not in the accounts yet
    ledger.published("trustors")
    assert ledger.unread == NOTHING


def test_closed_periods_of_customers_are_awaited_until_a_sweep_has_ended() -> None:
    """Current periods come first: what is published in the middle of a poll closes the gap of
    customers alone, and none of contracts.
    """
    ledger = _ledger("contracts", "trustors")
    for collector in ("contracts", "trustors"):
        ledger.published(collector, is_whole=False)
    assert ledger.unread == Unread(contracts=True, histories=True)
    for collector in ("contracts", "trustors"):
        ledger.published(collector)
    assert ledger.unread == NOTHING
    ledger.published("trustors", is_whole=False)
    assert ledger.unread == NOTHING


def test_closed_periods_that_a_sweep_has_not_reached_are_awaited() -> None:
    """Where the limit of calls ends the reading of closed periods, later sweeps go on with it."""
    ledger = _ledger("trustors")
    past: dict[tuple[str, ...], MissingBefore] = {("Acme", "t-1"): MissingBefore(TODAY)}
    ledger.keep_only("trustors", ["t-1"], {}, past)
    ledger.published("trustors")
    assert ledger.unread == Unread(past=frozenset(past.items()))
    ledger.keep_only("trustors", ["t-1"])
    assert ledger.unread == Unread(past=frozenset(past.items()))  # not in the accounts yet
    ledger.published("trustors")
    assert ledger.unread == NOTHING


def test_contracts_are_awaited_one_by_one() -> None:
    """After the first poll those are whose newest period, or closed ones, have not been read."""
    ledger = _ledger("contracts")
    days: dict[tuple[str, ...], MissingBefore] = {("C-2", "c-2"): MissingBefore(None, TODAY)}
    ledger.keep_only("contracts", ["c-1", "c-2"], {"c-1": "C-1"}, days)
    ledger.published("contracts")
    assert ledger.unread == Unread(contracts=True, contracts_past=frozenset(days.items()))
    ledger.keep_only("contracts", ["c-1", "c-2"])
    ledger.published("contracts")
    assert ledger.unread == NOTHING
    ledger.keep_only("contracts", ["c-1", "c-2"], {"c-1": "C-1"})  # it is older than max_age
    assert ledger.unread == Unread(contracts=True)


def test_everything_is_what_there_is_to_read() -> None:
    """Before that is known it is all there may be; what was read does not matter."""
    assert Ledger("acme", stores()).everything == ALL
    ledger = _ledger("contracts")
    ledger.published("contracts")
    assert ledger.everything == Unread(contracts=True)
    assert _ledger("trustors").everything == Unread(trustors=None, histories=True)


def test_a_customer_that_loses_its_numbers_is_awaited_at_once() -> None:
    """One whose numbers are too old is awaited, one that is new only after the sweep."""
    ledger = _ledger("trustors")
    ledger.keep_only("trustors", ["t-1", "t-2"])
    ledger.published("trustors")
    ledger.keep_only("trustors", ["t-1"], {"t-2": "Other", "t-3": "New"})
    assert ledger.unread == _customers(("Other", "t-2"))
    ledger.published("trustors")
    assert ledger.unread == _customers(("Other", "t-2"), ("New", "t-3"))


def test_what_is_too_old_is_awaited() -> None:
    """After max_age nothing counts as read, until it is read again."""
    ledger = _ledger("contracts")
    ledger.keep_only("contracts", ["c-1"])
    ledger.published("contracts")
    ledger.expired("contracts")
    assert ledger.unread == Unread(contracts=True)
    ledger.published("contracts")
    assert ledger.unread == NOTHING


def test_a_collector_that_may_not_read_is_not_awaited() -> None:
    """Without the permission there is nothing to wait for, and nothing of before counts."""
    ledger = _ledger("contracts", "trustors")
    ledger.current_period("contracts", "c-1", "C-1", Current(TODAY, TODAY, ()))
    ledger.keep_only("contracts", ["c-1"])
    assert len(list(ledger.accounts("contracts"))) == 1
    ledger.expired("contracts")
    ledger.refused("contracts")
    assert ledger.unread == Unread(trustors=None, histories=True)
    assert list(ledger.accounts("contracts")) == []


def test_a_collector_that_is_enabled_again_is_awaited() -> None:
    """What it read before it was disabled is of another time."""
    ledger = _ledger()
    for collector in COLLECTORS:
        ledger.published(collector)
    ledger.read_by(COLLECTORS - {"contracts"})
    assert ledger.unread == NOTHING
    ledger.read_by(COLLECTORS)
    assert ledger.unread == Unread(contracts=True)

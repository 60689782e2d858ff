"""Contracts, their periods, charges and wallets keep their laws."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing_exporter.simulator.ledger import Book, charges, entries, wallets
from billing_exporter.simulator.periods import containing
from billing_exporter.simulator.products import MESSAGES, TOKENS, VOICE
from billing_exporter.simulator.trustors import Fleet
from billing_exporter.simulator.world import World
from tests.unit.simulator.client import TODAY

CENT = Decimal("0.01")
books = some.builds(
    lambda seed, first, start, passed: Book(
        seed,
        tuple(Fleet(seed, 60)[first + place] for place in range(3)),
        "all",
        (MESSAGES, TOKENS, VOICE),
        containing(start, 21),
        start + timedelta(days=passed),
    ),
    some.integers(1, 5),
    some.integers(0, 57),
    some.dates(min_value=date(2024, 1, 1), max_value=date(2030, 1, 1)),
    some.integers(0, 40),
)


@given(books)
def test_a_wallet_keeps_its_identity(book: Book) -> None:
    """Ending is starting + increase - decrease - consumption; overage is the shortfall."""
    for wallet in wallets(book):
        rest = wallet.starting + wallet.increase - wallet.decrease - wallet.consumption
        assert wallet.ending - wallet.overage == rest
        assert min(wallet.ending, wallet.overage) == 0
        assert wallet.money == (wallet.overage * wallet.purse.rate).quantize(CENT)


@given(books)
def test_overage_is_what_neither_prepaid_nor_fair_use_covers(book: Book) -> None:
    """A customer's overage is never negative and costs its rate; tokens are units over units a
    token.
    """
    for member in book.members:
        for entry in entries(book, member):
            assert entry.overage == max(0, entry.actual - entry.prepaid - entry.free)
            assert entry.money == (entry.overage * entry.product.rate).quantize(CENT)
            assert (entry.tokens is None) == (entry.product.per_token is None)


@given(books)
def test_a_charge_is_the_sum_of_the_customers(book: Book) -> None:
    """Every quantity of a charge is what its customers have, and no product comes twice."""
    found = charges(book)
    assert len({charge.product.sku for charge in found}) == len(found)
    for charge in found:
        of_customers = [
            entry
            for member in book.members
            for entry in entries(book, member)
            if entry.product == charge.product
        ]
        for name in ("prepaid", "free", "actual", "overage"):
            assert getattr(charge, name) == sum(getattr(each, name) for each in of_customers)


@pytest.mark.parametrize("days", range(0, 1200, 97))
def test_there_are_active_contracts_and_one_that_has_ended(world: World, days: int) -> None:
    """Four contracts are active and one is not; the open period is the newest and the only one."""
    today = TODAY + timedelta(days=days)
    contracts = [world.contracts.contract(term, today) for term in world.accounts.terms(today)]
    assert Counter(contract["status"] for contract in contracts) == {"Active": 4, "Inactive": 1}
    for contract in contracts:
        periods = contract["billingPeriods"]
        states = [period["status"] for period in periods]
        is_active = contract["status"] == "Active"
        assert states == ["Open" if is_active and n == 0 else "Closed" for n in range(len(periods))]
        assert periods == sorted(periods, key=lambda period: period["dateStart"], reverse=True)
        assert len({period["id"] for period in periods}) == len(periods) > 0


def test_the_contracts_have_something_to_show(world: World) -> None:
    """Today: many closed periods, three currencies, contracts that end soon, several customers."""
    contracts = [world.contracts.contract(t, TODAY) for t in world.accounts.terms(TODAY)]
    currencies = {i["currencyIsoCode"] for c in contracts for p in c["plans"] for i in p["items"]}
    left = sorted((date.fromisoformat(c["dateEnd"]) - TODAY).days for c in contracts)
    assert currencies == {"USD", "EUR", "GBP"}
    assert max(len(contract["billingPeriods"]) for contract in contracts) == 36
    assert left[0] < 0 < left[1] <= 14 < left[2] <= 60 < left[3]
    assert len(contracts[0]["plans"][0]["organizations"]) > 3
    assert [c["externalNumber"] for c in contracts].count(None) == 1


@pytest.mark.parametrize("months", range(1, 7))
def test_wallets_are_used_as_they_are_bought(world: World, months: int) -> None:
    """In every closed period one wallet is overdrawn by less than a third or nearly used up,
    another is used by more than four fifths, and one keeps a third.
    """
    terms = [term for term in world.accounts.terms(TODAY) if term.active]
    books = [world.contracts.book(term, term.periods(TODAY)[months], TODAY) for term in terms]
    found = {wallet.purse.name: wallet for book in books for wallet in wallets(book)}
    used = {
        name: wallet.consumption / (wallet.starting + wallet.increase - wallet.decrease)
        for name, wallet in found.items()
    }
    assert Decimal("0.9") < used["Voice Minutes"] < Decimal("1.33")
    assert Decimal("0.8") < used["Messaging Credits"] < Decimal("1.33")
    assert Decimal("0.3") < used["AI Experience Tokens"] < Decimal("0.7")
    for wallet in found.values():
        assert (wallet.overage > 0) == (used[wallet.purse.name] > 1)


def test_a_wallet_is_overdrawn_in_most_periods(world: World) -> None:
    """So there is always something to see in the period before."""
    (term,) = (each for each in world.accounts.terms(TODAY) if VOICE in each.account.purses)
    books = [world.contracts.book(term, period, TODAY) for period in term.periods(TODAY)[1:7]]
    assert sum(wallets(book)[1].overage > 0 for book in books) >= 4


def test_a_closed_period_of_a_contract_never_changes(world: World) -> None:
    """The detail of a closed period is the same a year on."""
    term = world.accounts.terms(TODAY)[0]
    period = world.contracts.contract(term, TODAY)["billingPeriods"][1]
    later = TODAY + timedelta(days=365)
    before = world.contracts.detail(term, period["id"], TODAY)
    assert before == world.contracts.detail(term, period["id"], later)
    assert world.contracts.detail(term, "no such period", TODAY) is None


def test_a_contract_is_found_by_id_and_by_number(world: World) -> None:
    """A contract answers to its id and to its external number."""
    term = world.accounts.terms(TODAY)[1]
    number = world.accounts.external_number(term)
    assert number is not None
    for name in (world.accounts.contract_id(term), number):
        assert world.term(name, TODAY) == term
    assert world.term("C-0", TODAY) is None


def test_a_large_fleet_has_a_contract_for_each_block() -> None:
    """Customers beyond the first 25 have contracts of their own, 25 a contract."""
    world = World(1, 110)
    terms = world.accounts.terms(TODAY)
    assert len(terms) == 4 + 4 + 1
    assert [len(world.accounts.organizations(t.account)) for t in terms[4:8]] == [25, 25, 25, 10]

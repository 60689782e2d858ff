"""Statements of shards: over all of them allocations are those of one exporter, exactly."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.accounts.ledger import REACH, Ledger
from billing_exporter.accounts.making import WHOLE, Made, Part, make, month_before
from billing_exporter.accounts.records import (
    Account,
    Bill,
    BilledLine,
    Current,
    CurrentRow,
    Period,
    Row,
)
from billing_exporter.budgets.plan import Plan
from billing_exporter.budgets.settings import Budget, Group, PlanSettings, Price, Showback
from billing_exporter.budgets.spending import Spending
from billing_exporter.budgets.unread import NOTHING, Unread
from billing_exporter.collectors.sharding import Shard
from billing_exporter.reconciliation.compare import Terms
from billing_exporter.reconciliation.records import Subject
from tests.unit.budgets.cases import added_up

TODAY = date(2026, 11, 16)
NOVEMBER, OCTOBER = date(2026, 11, 1), date(2026, 10, 1)
ENDS = {NOVEMBER: date(2026, 11, 30), OCTOBER: date(2026, 10, 31)}
SETTINGS = PlanSettings(
    budgets=(
        Budget(name="customers", amount=Decimal(1), currency="EUR", customers=("*",)),
        Budget(name="contracts", amount=Decimal(1), currency="EUR"),
    ),
    showback=(
        Showback(
            name="cc",
            groups=(
                Group(to="A", customers=("t-1", "t-4")),
                Group(split={"A": Decimal(2), "B": Decimal(1)}, charges=("GC-1", "Bots")),
                Group(to="C", charges=("Minutes",)),
            ),
        ),
        Showback(name="team", groups=(Group(to="T", customers=("*",), charges=("GC-2",)),)),
    ),
    prices=(Price(markup=Decimal("0.1")),),
)
# Customers are t-1 to t-6; t-7 and t-8 are not read, "" is nobody's.
ORGANIZATIONS = [f"t-{number}" for number in range(1, 9)]
COVERED = st.lists(st.sampled_from(ORGANIZATIONS), max_size=4, unique=True).map(
    lambda ids: tuple(sorted(ids))
)
MONEY = st.decimals(min_value=0, max_value=10**4, places=3)
ROWS = st.builds(
    CurrentRow,
    st.sampled_from(["Minutes", "Bots"]),
    st.sampled_from(["GC-1", "GC-2"]),
    st.sampled_from(["EUR", "JPY"]),
    *[MONEY] * 3,
    is_unpriced=st.booleans(),
    organizations=COVERED,
    is_unused=st.just(False),
)
UNUSED = st.builds(
    CurrentRow,
    st.just("Minutes"),
    st.just("GC-1"),
    st.just("EUR"),
    *[st.just(Decimal(0))] * 3,
    organizations=COVERED,
    is_unused=st.just(True),
)
CHARGES = st.lists(
    st.sampled_from(
        [
            Row(name, sku, "EUR", Decimal(1), Decimal(1), Decimal(1), Decimal(1))
            for name, sku in (("Minutes", "GC-1"), ("Bots", "GC-2"))
        ]
    ),
    max_size=2,
)

LINES = st.builds(
    BilledLine,
    st.sampled_from([*ORGANIZATIONS, ""]),
    st.sampled_from(["GC-1", "GC-2", "GC-9"]),
    st.sampled_from([None, OCTOBER, date(2026, 10, 20), NOVEMBER]),
    st.sampled_from([None, date(2026, 10, 16), ENDS[OCTOBER], ENDS[NOVEMBER]]),
    st.just(Decimal(1)),
    st.decimals(min_value=-100, max_value=100, places=2),
)
BILLS = st.lists(
    st.builds(
        Bill,
        st.just("I"),
        st.sampled_from(["EUR", "JPY"]),
        st.just(Decimal(1)),
        st.sampled_from([date(2026, 11, 3), date(2026, 6, 3)]),
        st.lists(LINES, max_size=8).map(tuple),
    ),
    max_size=2,
)


@st.composite
def _accounts(draw: st.DrawFn, kind: str, most: int) -> list[Account]:
    found = []
    for number in range(1, draw(st.integers(0, most)) + 1):
        name = f"{kind}-{number}"
        ids = (name,) if kind == "t" else draw(COVERED)
        closed: tuple[Period, ...] = ()
        if draw(st.booleans()):
            closed = (Period(OCTOBER, ENDS[OCTOBER], ids, tuple(draw(CHARGES)), is_settled=True),)
        current = None
        if draw(st.booleans()):
            start = draw(st.sampled_from([OCTOBER, NOVEMBER]))
            rows = st.lists(ROWS if kind == "t" else ROWS | UNUSED, max_size=4)
            current = Current(start, ENDS[start], tuple(draw(rows)), draw(st.booleans()))
        found.append(Account(name, name, closed, current))
    return found


class World(NamedTuple):
    """What an organization has."""

    contracts: list[Account]
    customers: list[Account]
    bills: list[Bill]


WORLDS = st.builds(World, _accounts("c", 3), _accounts("t", 6), BILLS)


class KnownLedger(NamedTuple):
    """A ledger of what is known."""

    contracts: list[Account]
    trustors: list[Account]
    invoices: list[Bill]
    unread: Unread = NOTHING

    @property
    def has_invoices(self) -> bool:
        """Whether invoices are compared."""
        return bool(self.invoices)

    def accounts(self, subject: Subject) -> Iterator[Account]:
        """Yield customers or contracts."""
        yield from self.contracts if subject == "contracts" else self.trustors

    def bills(self) -> Iterator[Bill]:
        """Yield the invoices."""
        yield from self.invoices


def _made(ledger: KnownLedger, part: Part = WHOLE) -> Made:
    terms = Terms(TODAY, reach=TODAY - REACH)
    return make(cast("Ledger", ledger), terms, Plan(SETTINGS), "acme", part)


def _of_shard(world: World, shard: Shard) -> Made:
    customers = [each for each in world.customers if shard.owns(each.id)]
    if shard.is_first:
        ledger = KnownLedger(world.contracts, customers, world.bills)
        return _made(ledger, Part(shard.owns))
    others = KnownLedger(world.contracts, [], world.bills)
    return _made(KnownLedger([], customers, []), Part(shard.owns, cast("Ledger", others)))


@given(WORLDS, st.sampled_from([2, 3, 5]))
def test_shards_add_up_to_one_exporter(world: World, count: int) -> None:
    """Estimated, forecast and invoiced amounts of each group, budgets, and customers' margins."""
    of_one = _made(KnownLedger(world.contracts, world.customers, world.bills))
    of_each = [_of_shard(world, Shard(index, count)) for index in range(count)]
    whole, shards = of_one.contribution, [each.contribution for each in of_each]
    assert added_up(each.allocated for each in shards) == whole.allocated
    assert added_up(each.forecast for each in shards) == whole.forecast
    assert added_up(each.invoiced for each in shards) == whole.invoiced
    for name, spending in whole.spending.items():
        found = [each.spending.get(name, Spending()) for each in shards]
        assert sum(each.estimated for each in found) == spending.estimated
        assert sum(each.members for each in found) == spending.members
    margins = [key for each in of_each for key in _margins(each).items()]
    assert sorted(margins) == sorted(_margins(of_one).items())


def _margins(made: Made) -> dict[str, str]:
    return {
        key: str(samples.families) for key, samples in made.parts.items() if key[:6] == "margin"
    }


def _line(organization: str, start: date, end: date, amount: str) -> BilledLine:
    return BilledLine(organization, "GC-2", start, end, Decimal(1), Decimal(amount))


def test_a_line_is_in_the_group_of_its_customer_whichever_shard_has_it() -> None:
    """Each customer's line in its own group on its own shard; the others on one shard each.

    Of the lines of nobody that is read one ended within the month before today, one did before
    that, one ends today and one tomorrow.
    """
    closed = (Period(OCTOBER, ENDS[OCTOBER], (), (), is_settled=True),)
    customers = [
        Account(each, each, (msgspec.structs.replace(closed[0], organizations=(each,)),))
        for each in ("t-1", "t-2", "t-6")
    ]
    lines = [
        *(_line(each.id, OCTOBER, ENDS[OCTOBER], "10") for each in customers),
        _line("t-8", OCTOBER, date(2026, 10, 16), "1"),
        _line("t-8", OCTOBER, date(2026, 10, 15), "100"),
        _line("t-8", OCTOBER, TODAY, "1000"),
        _line("", OCTOBER, date(2026, 11, 17), "10000"),
    ]
    bills = [Bill("I", "EUR", Decimal(1), date(2026, 11, 3), tuple(lines))]
    world = World([], customers, bills)
    shards = [_of_shard(world, Shard(index, 3)).contribution for index in range(3)]
    assert {each.id: _owner(each.id, 3) for each in customers} == {"t-1": 1, "t-2": 0, "t-6": 2}
    assert [each.invoiced.get(("team", "T", "EUR")) for each in shards] == [10, 10, 10]
    unallocated = [each.invoiced.get(("team", "unallocated", "EUR")) for each in shards]
    assert [each for each in unallocated if each is not None] == [1]


def _owner(customer: str, count: int) -> int:
    return next(index for index in range(count) if Shard(index, count).owns(customer))


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2026, 11, 16), date(2026, 10, 16)),
        (date(2026, 12, 31), date(2026, 11, 30)),
        (date(2026, 3, 30), date(2026, 2, 28)),
        (date(2026, 1, 1), date(2025, 12, 1)),
    ],
)
def test_a_month_before(day: date, before: date) -> None:
    """The same day of the month before, or its last one."""
    assert month_before(day) == before

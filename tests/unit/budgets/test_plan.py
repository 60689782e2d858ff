"""The plan over several organizations: nothing is lost, and what matches nothing is counted."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.accounts.records import Account, Current, CurrentRow
from billing_exporter.budgets.plan import Contribution, Plan
from billing_exporter.budgets.settings import Budget, Group, PlanSettings, Showback
from billing_exporter.budgets.summary import summary
from billing_exporter.collectors import Shard
from billing_exporter.metrics.family import PREFIX
from billing_exporter.metrics.samples import Samples
from billing_exporter.reconciliation.records import Line
from tests.unit.budgets.cases import NOVEMBER, TODAY, account, added_up, closed, current_row

BUDGET = Budget(name="emea", amount=Decimal(1000), currency="EUR", customers=("Acme", "Lost*"))
SHOWBACK = Showback(
    name="cc",
    groups=(
        Group(to="A", customers=("Acme",), charges=("Minutes",)),
        Group(split={"A": Decimal(60), "B": Decimal(40)}, charges=("GC-2",)),
    ),
)
SETTINGS = PlanSettings((BUDGET,), (SHOWBACK,), (), {"overdue_amount": {"default": Decimal(7)}})
ROWS = st.builds(
    CurrentRow,
    st.sampled_from(["Minutes", "Bots", "Storage"]),
    st.sampled_from(["GC-1", "GC-2"]),
    st.sampled_from(["EUR", "JPY"]),
    *[st.decimals(min_value=0, max_value=10**6, places=4)] * 3,
)


def _contribution(organization: str, *rows: CurrentRow, name: str = "Acme") -> Contribution:
    plan = Plan(SETTINGS)
    plan.add(organization, "trustors", account(*rows, name=name), TODAY)
    return plan.finished()


def _values(samples: Samples, name: str) -> dict[str, Decimal]:
    return {
        text.replace('"', ""): value
        for metric, family in samples.families.items()
        if metric.name == PREFIX + name
        for text, value in family.items()
    }


@given(st.lists(ROWS, max_size=8), st.sampled_from(["Acme", "Umbra"]))
def test_allocation_conserves(rows: list[CurrentRow], name: str) -> None:
    """By currency, the groups with the unallocated are what there was, to the last digit."""
    found = _contribution("acme", *rows, name=name)
    before: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        before[row.currency] += row.fixed + row.overage
    after: defaultdict[str, Decimal] = defaultdict(Decimal)
    for (_, _, currency), amount in found.allocated.items():
        after[currency] += amount
    assert after == before


def _contract(*rows: CurrentRow) -> Account:
    """Return a contract whose running period is November."""
    return Account("C-7", "c-7", (), Current(NOVEMBER, date(2026, 11, 30), rows))


def _of_contract(
    overage: str, forecast: str, organizations: tuple[str, ...], sku: str = "GC-1"
) -> CurrentRow:
    amounts = Decimal(0), Decimal(overage), Decimal(forecast)
    return CurrentRow("Minutes", sku, "EUR", *amounts, organizations=organizations)


def test_a_contract_counts_with_what_its_customers_do_not_show() -> None:
    """Of a contract's overage of 50 for Acme and one that is not read, 20 are Acme's own.

    Acme's group has its prepaid 100 and its 20; the other 30 are the contract's, and nobody's. So
    all groups have 150, and not 170. At the end of the period: 140, and 60 of the contract's 100.
    The 7 for another SKU and the 9 for another customer are the contract's alone.
    """
    plan = Plan(PlanSettings(showback=(SHOWBACK,)))
    plan.add("acme", "trustors", account(current_row("100", "20", "40")), TODAY)
    covered = _of_contract("50", "100", ("t-1", "t-9"))
    others = _of_contract("7", "7", ("t-1",), "GC-3"), _of_contract("9", "9", ("t-8",))
    plan.add("acme", "contracts", _contract(covered, *others), TODAY)
    found = plan.finished()
    assert found.allocated == {
        ("cc", "A", "EUR"): Decimal(120),
        ("cc", "unallocated", "EUR"): Decimal(30 + 7 + 9),
    }
    assert found.forecast == {
        ("cc", "A", "EUR"): Decimal(140),
        ("cc", "unallocated", "EUR"): Decimal(60 + 7 + 9),
    }


def test_a_customer_is_taken_off_one_contract() -> None:
    """Where two contracts cover a customer, its overage is taken off the first alone."""
    plan = Plan(PlanSettings(showback=(SHOWBACK,)))
    plan.add("acme", "trustors", account(current_row("0", "20", "40")), TODAY)
    for _ in range(2):
        plan.add("acme", "contracts", _contract(_of_contract("50", "100", ())), TODAY)
    assert sum(plan.finished().allocated.values()) == 100


def test_nothing_is_taken_off_a_charge_without_a_price() -> None:
    """What a contract's charge costs is not known: its customers keep theirs, no group owes less
    than nothing, and another row of the charge with a price has them taken off.
    """
    plan = Plan(PlanSettings(showback=(SHOWBACK,)))
    plan.add("acme", "trustors", account(current_row("0", "20", "40")), TODAY)
    unpriced = msgspec.structs.replace(_of_contract("0", "0", ("t-1",)), is_unpriced=True)
    plan.add("acme", "contracts", _contract(unpriced, _of_contract("50", "100", ("t-1",))), TODAY)
    assert plan.finished().allocated == {
        ("cc", "A", "EUR"): Decimal(20),
        ("cc", "unallocated", "EUR"): Decimal(30),
    }


CONTRACT_ROWS = st.builds(
    CurrentRow,
    st.just("Minutes"),
    st.sampled_from(["GC-1", "GC-2", "GC-3"]),
    st.sampled_from(["EUR", "JPY"]),
    st.just(Decimal(0)),
    *[st.decimals(min_value=0, max_value=10**6, places=4)] * 2,
    organizations=st.sampled_from([(), ("t-1",), ("t-1", "t-2"), ("t-9",)]),
)


@given(st.lists(st.lists(ROWS, max_size=4), max_size=3), st.lists(CONTRACT_ROWS, max_size=5))
def test_each_amount_counts_once(
    customers: list[list[CurrentRow]], of_contract: list[CurrentRow]
) -> None:
    """All groups have what contracts state, customers' overage that none covers, and prepaid."""
    plan = Plan(SETTINGS)
    expected: defaultdict[str, Decimal] = defaultdict(Decimal)
    for number, rows in enumerate(customers, start=1):
        of = msgspec.structs.replace(account(*rows), id=f"t-{number}")
        plan.add("acme", "trustors", of, TODAY)
        for row in rows:
            is_covered = _is_covered(row, of.id, of_contract)
            expected[row.currency] += row.fixed + (0 if is_covered else row.overage)
    plan.add("acme", "contracts", _contract(*of_contract), TODAY)
    for row in of_contract:
        expected[row.currency] += row.overage
    found = _sums([plan.finished()])
    assert {key: each for key, each in found.items() if each} == {
        key: each for key, each in expected.items() if each
    }


@given(
    st.lists(st.lists(ROWS, max_size=4), max_size=6),
    st.lists(CONTRACT_ROWS, max_size=5),
    st.sampled_from([1, 2, 3, 5]),
)
def test_shards_add_up_to_the_whole(
    customers: list[list[CurrentRow]], of_contract: list[CurrentRow], count: int
) -> None:
    """Each group and each budget is over 1, 2, 3 and 5 shards exactly what one exporter has."""
    whole, shards = Plan(SETTINGS), [Plan(SETTINGS) for _ in range(count)]
    for number, rows in enumerate(customers, start=1):
        of = msgspec.structs.replace(account(*rows), id=f"t-{number}")
        owner = next(index for index in range(count) if Shard(index, count).owns(of.id))
        for plan in (whole, shards[owner]):
            plan.add("acme", "trustors", of, TODAY)
    contract = _contract(*of_contract)
    for plan in (whole, shards[0]):
        plan.add("acme", "contracts", contract, TODAY)
    for plan in shards[1:]:
        plan.take_off("acme", contract)
    expected, found = whole.finished(), [plan.finished() for plan in shards]
    assert added_up(each.allocated for each in found) == expected.allocated
    assert added_up(each.forecast for each in found) == expected.forecast
    budgets = [
        sum((of.estimated for each in some for of in each.spending.values()), Decimal(0))
        for some in (found, [expected])
    ]
    assert budgets[0] == budgets[1]


def test_what_is_taken_off_a_contract_is_split_by_itself() -> None:
    """Two halves of a cent more or less: each customer's part is rounded as the contract's is."""
    halves = {"A": Decimal(1), "B": Decimal(1)}
    groups = (Group(to="C", customers=("*",)), Group(split=halves))
    plan = Plan(PlanSettings(showback=(Showback(name="cc", groups=groups),)))
    for number in (1, 2):
        of = account(current_row("0", "0.01", "0.01"))
        plan.add("acme", "trustors", msgspec.structs.replace(of, id=f"t-{number}"), TODAY)
    plan.add("acme", "contracts", _contract(_of_contract("1", "1", ())), TODAY)
    assert plan.finished().allocated == {
        ("cc", "A", "EUR"): Decimal("0.48"),
        ("cc", "B", "EUR"): Decimal("0.50"),
        ("cc", "C", "EUR"): Decimal("0.02"),
    }


def test_an_unused_charge_of_a_contract_covers_what_customers_show() -> None:
    """The contract states that it costs nothing: so do all groups together. It is no member."""
    budget = Budget(name="own", amount=Decimal(1), currency="EUR")
    plan = Plan(PlanSettings((budget,), (SHOWBACK,)))
    plan.add("acme", "trustors", account(current_row("0", "0", "40")), TODAY)
    unused = msgspec.structs.replace(_of_contract("0", "0", ("t-1",)), is_unused=True)
    other = msgspec.structs.replace(unused, sku="GC-2")  # its groups have nothing of it
    plan.add("acme", "contracts", _contract(unused, other), TODAY)
    found = plan.finished()
    assert found.forecast == {("cc", "A", "EUR"): 40, ("cc", "unallocated", "EUR"): -40}
    assert found.spending["own"].members == 0


def _is_covered(row: CurrentRow, customer: str, of_contract: list[CurrentRow]) -> bool:
    return any(
        (row.sku, row.currency) == (each.sku, each.currency)
        and (not each.organizations or customer in each.organizations)
        for each in of_contract
    )


def _sums(contributions: list[Contribution]) -> dict[str, Decimal]:
    """Return what all groups have, by currency."""
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in contributions:
        for (_, _, currency), amount in each.allocated.items():
            found[currency] += amount
    return found


def test_organizations_are_added_up() -> None:
    """A budget spans organizations; its limits are there before anything was read."""
    limits = summary(SETTINGS, [], {}, TODAY, is_whole=True)
    assert _values(limits, "budget_amount") == {"budget=emea,currency=EUR": 1000}
    assert _values(limits, "budget_estimated_amount") == {}
    both = [_contribution("one", current_row()), _contribution("two", current_row())]
    found = summary(SETTINGS, both, {}, TODAY, is_whole=True)
    assert _values(found, "budget_estimated_amount") == {"budget=emea,currency=EUR": 240}
    assert _values(found, "budget_elapsed_ratio") == {"budget=emea": Decimal("0.5")}
    assert _values(found, "budget_members") == {"budget=emea": 2}
    groups = {"allocation=cc,group=A,currency=EUR": 240}
    assert _values(found, "allocated_estimated_amount") == groups


def test_a_pattern_is_unmatched_where_no_organization_has_it() -> None:
    """One that matches in any organization is none."""
    one, two = _contribution("one", current_row()), _contribution("two", name="Lost and found")
    name = "section=budgets,name=emea"
    alone = summary(SETTINGS, [one], {}, TODAY, is_whole=True)
    assert _values(alone, "unmatched_patterns")[name] == 1
    both = summary(SETTINGS, [one, two], {}, TODAY, is_whole=True)
    assert _values(both, "unmatched_patterns")[name] == 0


def test_a_shard_has_no_bounds() -> None:
    """Who reads a part of the customers cannot know how the sum varied."""
    plan = Plan(SETTINGS)
    past = ("10", "20", "10", "20", "10")
    plan.add("acme", "trustors", account(current_row(), past=past), TODAY)
    found = plan.finished()
    whole = summary(SETTINGS, [found], {}, TODAY, is_whole=True)
    part = summary(SETTINGS, [found], {}, TODAY, is_whole=False)
    assert _values(whole, "budget_forecast_amount_lower") != {}
    assert _values(part, "budget_forecast_amount_lower") == {}
    assert _values(part, "budget_forecast_amount") == _values(whole, "budget_forecast_amount")


def test_invoiced_lines_are_allocated_by_the_name_of_their_charge() -> None:
    """A line has a SKU alone, its charge's name comes from the period; others have no group."""
    plan = Plan(SETTINGS)
    of = account(current_row(), past=("10",))
    assert of.closed == (closed(of.closed[0].start, "10"),)
    line = Line(invoice="I", currency="EUR", issued=None, sku="GC-1", amount=Decimal("9.99"))
    plan.add_lines("acme", "trustors", of, [line])
    plan.add_lines("acme", "trustors", None, [line])
    assert plan.finished().invoiced == {
        ("cc", "A", "EUR"): Decimal("9.99"),
        ("cc", "unallocated", "EUR"): Decimal("9.99"),
    }


def test_thresholds_are_shown() -> None:
    """What the configuration sets wins over the rules, so the rules must see it."""
    found = summary(SETTINGS, [], {}, TODAY, is_whole=True)
    key = "threshold=overdue_amount,currency=default"
    assert _values(found, "threshold_amount") == {key: 7}

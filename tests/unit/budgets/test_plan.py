"""The plan over several organizations: nothing is lost, and what matches nothing is counted."""

from collections import defaultdict
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.accounts.records import CurrentRow
from billing_exporter.budgets.plan import Contribution, Plan
from billing_exporter.budgets.settings import Budget, Group, PlanSettings, Showback
from billing_exporter.budgets.summary import summary
from billing_exporter.metrics.family import PREFIX
from billing_exporter.metrics.samples import Samples
from billing_exporter.reconciliation.records import Line
from tests.unit.budgets.cases import TODAY, account, closed, current_row

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


def test_organizations_are_added_up() -> None:
    """A budget spans organizations; its limits are there before anything was read."""
    limits = summary(SETTINGS, [], TODAY, is_whole=True)
    assert _values(limits, "budget_amount") == {"budget=emea,currency=EUR": 1000}
    assert _values(limits, "budget_estimated_amount") == {}
    both = [_contribution("one", current_row()), _contribution("two", current_row())]
    found = summary(SETTINGS, both, TODAY, is_whole=True)
    assert _values(found, "budget_estimated_amount") == {"budget=emea,currency=EUR": 240}
    assert _values(found, "budget_elapsed_ratio") == {"budget=emea": Decimal("0.5")}
    assert _values(found, "budget_members") == {"budget=emea": 2}
    groups = {"allocation=cc,group=A,currency=EUR": 240}
    assert _values(found, "allocated_estimated_amount") == groups


def test_a_pattern_is_unmatched_where_no_organization_has_it() -> None:
    """One that matches in any organization is none."""
    one, two = _contribution("one", current_row()), _contribution("two", name="Lost and found")
    name = "section=budgets,name=emea"
    alone = summary(SETTINGS, [one], TODAY, is_whole=True)
    assert _values(alone, "unmatched_patterns")[name] == 1
    both = summary(SETTINGS, [one, two], TODAY, is_whole=True)
    assert _values(both, "unmatched_patterns")[name] == 0


def test_a_shard_has_no_bounds() -> None:
    """Who reads a part of the customers cannot know how the sum varied."""
    plan = Plan(SETTINGS)
    past = ("10", "20", "10", "20", "10")
    plan.add("acme", "trustors", account(current_row(), past=past), TODAY)
    found = plan.finished()
    whole = summary(SETTINGS, [found], TODAY, is_whole=True)
    part = summary(SETTINGS, [found], TODAY, is_whole=False)
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
    found = summary(SETTINGS, [], TODAY, is_whole=True)
    key = "threshold=overdue_amount,currency=default"
    assert _values(found, "threshold_amount") == {key: 7}

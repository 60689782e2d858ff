"""Budgets and allocations while something that may count in them has not been read."""

from datetime import date
from decimal import Decimal

import pytest

from billing_exporter.budgets.plan import Contribution, Plan
from billing_exporter.budgets.settings import Budget, Group, PlanSettings, Showback
from billing_exporter.budgets.summary import summary
from billing_exporter.budgets.unread import ALL, NOTHING, Unread
from billing_exporter.metrics.finance import (
    ALLOCATED,
    ALLOCATION_WAITING,
    BUDGET_WAITING,
    BUDGET_WITHOUT_PAST,
)
from billing_exporter.metrics.label_text import values_of
from tests.unit.budgets.cases import TODAY, account, current_row

CONTRACTS, INVOICES = Unread(contracts=True), Unread(invoices=True)
SETTINGS = PlanSettings(
    budgets=(
        Budget(name="all customers", amount=Decimal(9), currency="EUR", customers=("*",)),
        Budget(name="own", amount=Decimal(9), currency="EUR"),
        Budget(
            name="some",
            amount=Decimal(9),
            currency="EUR",
            customers=("ac*",),
            organizations=("a*",),
        ),
        Budget(name="year", amount=Decimal(9), currency="EUR", customers=("*",), period="year"),
        Budget(name="own year", amount=Decimal(9), currency="EUR", period="year"),
    ),
    showback=(Showback(name="cc", groups=(Group(to="A"),)),),
)
NAMES = {"all customers", "own", "some", "year", "own year"}


def _customers(*names: tuple[str, str]) -> Unread:
    return Unread(trustors=frozenset(names))


def _past(day: date) -> Unread:
    return Unread(past=frozenset({(("Other", "t-2"), (day, None))}))


def _past_of_contracts(day: date) -> Unread:
    return Unread(contracts_past=frozenset({(("C-7", "c-7"), (day, None))}))


def _contributions() -> list[Contribution]:
    plan = Plan(SETTINGS)
    plan.add("alpha", "trustors", account(current_row()), TODAY)
    plan.add("alpha", "contracts", account(current_row(), name="C-7"), TODAY)
    plan.contribution.invoiced["cc", "A", "EUR"] = Decimal(5)
    return [plan.finished()]


@pytest.mark.parametrize(
    ("of_alpha", "of_beta", "waiting"),
    [
        (NOTHING, NOTHING, set()),
        (ALL, NOTHING, NAMES),
        (NOTHING, ALL, NAMES - {"some"}),
        (Unread(histories=True), NOTHING, {"year"}),
        (_past(date(2026, 1, 2)), NOTHING, {"year"}),
        (_past(date(2026, 1, 1)), NOTHING, set()),
        (_past(date.max), NOTHING, {"year"}),
        (CONTRACTS, NOTHING, {"own", "own year"}),
        (_past_of_contracts(date(2026, 1, 2)), NOTHING, {"own year"}),
        (_past_of_contracts(date(2026, 1, 1)), NOTHING, set()),
        (NOTHING, _past_of_contracts(date.max), {"own year"}),
        (INVOICES, INVOICES, set()),
        (_customers(("Acme", "t-1")), NOTHING, {"all customers", "some", "year"}),
        (
            _customers(("Other", "t-2"), ("Third", "AC-3")),
            NOTHING,
            {"all customers", "some", "year"},
        ),
        (_customers(("Other", "t-2")), NOTHING, {"all customers", "year"}),
        (NOTHING, _customers(("Acme", "t-1")), {"all customers", "year"}),
    ],
)
def test_a_budget_waits_for_what_may_count_in_it(
    of_alpha: Unread, of_beta: Unread, waiting: set[str]
) -> None:
    """A budget has its limits, and nothing that could be too small, until all that may count was
    read; another budget has its amounts.
    """
    unread = {"alpha": of_alpha, "beta": of_beta}
    found = summary(SETTINGS, _contributions(), unread, TODAY, is_whole=True)
    shown = {
        metric.name.removeprefix("genesyscloud_billing_"): {
            values_of(text)["budget"]: value for text, value in family.items()
        }
        for metric, family in found.families.items()
        if "budget" in metric.labels
    }
    assert shown.pop("budget_waiting") == {name: int(name in waiting) for name in NAMES}
    assert shown.pop("budget_amount").keys() == shown.pop("budget_threshold_ratio").keys() == NAMES
    for family in (
        "estimated_amount",
        "forecast_amount",
        "members",
        "unpriced_charges",
        "without_past",
    ):
        assert shown.pop(f"budget_{family}", {}).keys() == NAMES - waiting
    assert shown.pop("budget_elapsed_ratio", {}).keys() <= NAMES - waiting
    assert not shown


def test_what_the_api_does_not_give_is_counted_and_not_waited_for() -> None:
    """A budget of a year shows its amounts and says of how many they lack a closed period; those
    of months and of others are whole.
    """
    started, later = date(2026, 1, 1), date(2026, 1, 2)
    of_alpha = Unread(
        past=frozenset({(("Acme", "t-1"), (None, later)), (("Other", "t-2"), (None, started))}),
        contracts_past=frozenset({(("C-7", "c-7"), (None, date.max))}),
    )
    of_beta = Unread(past=frozenset({(("Third", "t-3"), (started, later))}))
    unread = {"alpha": of_alpha, "beta": of_beta}
    found = summary(SETTINGS, _contributions(), unread, TODAY, is_whole=True)
    shown = {
        metric: {values_of(text)["budget"]: int(value) for text, value in family.items()}
        for metric, family in found.families.items()
        if metric in {BUDGET_WAITING, BUDGET_WITHOUT_PAST}
    }
    assert shown[BUDGET_WAITING] == dict.fromkeys(NAMES, 0)
    assert shown[BUDGET_WITHOUT_PAST] == dict.fromkeys(NAMES, 0) | {"year": 2, "own year": 1}
    assert [str(each) for each in found.values(ALLOCATION_WAITING).values()] == ["0"]


@pytest.mark.parametrize(
    ("unread", "is_waiting", "families"),
    [
        (NOTHING, 0, {"allocated_estimated", "allocated_forecast", "allocated_invoiced"}),
        (INVOICES, 0, {"allocated_estimated", "allocated_forecast"}),
        (CONTRACTS, 1, set()),
        (Unread(covering=True), 1, set()),
        (_customers(("Other", "t-2")), 1, set()),
        (ALL, 1, set()),
    ],
)
def test_an_allocation_waits_for_all(unread: Unread, is_waiting: int, families: set[str]) -> None:
    """An allocation holds every customer and contract, and its invoiced amounts all invoices; no
    pattern is reported as unmatched before all names are known.
    """
    both = {"alpha": unread, "beta": NOTHING}
    found = summary(SETTINGS, _contributions(), both, TODAY, is_whole=True)
    shown = {
        metric.name.removeprefix("genesyscloud_billing_"): list(family.values())
        for metric, family in found.families.items()
        if "budget" not in metric.labels
    }
    assert shown.pop("allocation_waiting") == [is_waiting]
    assert bool(shown.pop("unmatched_patterns", [])) is not bool(is_waiting)
    assert shown.keys() == {f"{name}_amount" for name in families}


@pytest.mark.parametrize("is_whole", [True, False])
def test_an_allocation_of_a_shard_waits_for_invoices(*, is_whole: bool) -> None:
    """Invoiced amounts are sums over shards, of which no part may be missing."""
    unread = {"alpha": INVOICES, "beta": NOTHING}
    found = summary(SETTINGS, _contributions(), unread, TODAY, is_whole=is_whole)
    values = [str(each) for each in found.values(ALLOCATION_WAITING).values()]
    assert values == [str(int(not is_whole))]
    assert bool(found.values(ALLOCATED)) is is_whole


def test_there_are_no_bounds_before_closed_periods_are_read() -> None:
    """Bounds come from how past totals varied, which is not known while some are missing that may
    count in the budget; what the API does not give is not waited for.
    """
    plan = Plan(SETTINGS)
    past = ("10", "20", "10", "20", "10")
    plan.add("alpha", "trustors", account(current_row(), past=past), TODAY)
    contributions = [plan.finished()]
    withheld = Unread(past=frozenset({(("Acme", "t-1"), (None, date.max))}))
    for gaps, count in (
        (NOTHING, 3),
        (Unread(histories=True), 0),
        (_past(date.max), 1),  # of the budget that has customers of another name
        (_past_of_contracts(date.max), 3),
        (withheld, 3),
    ):
        found = summary(SETTINGS, contributions, {"alpha": gaps}, TODAY, is_whole=True)
        bounds = [
            len(family)
            for metric, family in found.families.items()
            if metric.name.endswith("_lower")
        ]
        assert sum(bounds) == count

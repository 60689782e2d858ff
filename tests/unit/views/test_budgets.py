"""Budgets as pages show them, and when they need attention."""

from decimal import Decimal

import msgspec

from billing_exporter.metrics import finance
from billing_exporter.metrics.samples import Samples, labels
from billing_exporter.views.attention import of_budgets
from billing_exporter.views.budgets import budgets
from billing_exporter.web.records import Budget

D = Decimal
PLANNED = Budget(
    budget='Sales "EMEA"',
    currency="EUR",
    amount=D("1000"),
    so_far=D("333.333"),
    used=D("0.3333"),
    forecast=D("900"),
    forecast_lower=D("800"),
    forecast_upper=D("1100"),
    elapsed=D("0.4"),
    unpriced_charges=2,
    members=7,
    without_past=3,
)


def samples(*planned: Budget) -> Samples:
    """Return the samples that budgets are exposed as."""
    found = Samples()
    for one in planned:
        money = labels(finance.BUDGET.labels, one.budget, one.currency)
        for metric, value in (
            (finance.BUDGET, one.amount),
            (finance.BUDGET_ESTIMATED, one.so_far),
            (finance.BUDGET_FORECAST, one.forecast),
            (finance.BUDGET_LOWER, one.forecast_lower),
            (finance.BUDGET_UPPER, one.forecast_upper),
        ):
            found.add(metric, money, value)
        alone = labels(finance.BUDGET_ELAPSED.labels, one.budget)
        found.add(finance.BUDGET_ELAPSED, alone, one.elapsed)
        found.add(finance.BUDGET_UNPRICED, alone, one.unpriced_charges)
        found.add(finance.BUDGET_MEMBERS, alone, one.members)
        found.add(finance.BUDGET_WITHOUT_PAST, alone, one.without_past)
    return found


def test_budgets() -> None:
    """Budgets are read from their samples, in the order of their names."""
    other = msgspec.structs.replace(PLANNED, budget="Africa", elapsed=D("0.1"))
    assert budgets(samples(PLANNED, other)) == (other, PLANNED)


def test_before_anything_is_read() -> None:
    """A budget of which nothing is known has its amount alone."""
    empty = dict.fromkeys(
        ("so_far", "used", "forecast", "forecast_lower", "forecast_upper", "elapsed")
    )
    new = msgspec.structs.replace(PLANNED, unpriced_charges=0, **empty)
    assert budgets(samples(new)) == (new,)


def test_a_budget_that_nothing_matches_claims_no_amount() -> None:
    """Sums of 0 before the first customer is read are no spending of 0."""
    empty = dict.fromkeys(("so_far", "used", "forecast", "forecast_lower", "forecast_upper"))
    zero = msgspec.structs.replace(PLANNED, members=0, so_far=D(0), forecast=D(0))
    assert budgets(samples(zero)) == (msgspec.structs.replace(zero, **empty),)


def test_a_budget_of_nothing_has_no_share() -> None:
    """Nobody divides by a budget of 0."""
    nothing = msgspec.structs.replace(PLANNED, amount=D(0), used=None)
    assert budgets(samples(nothing)) == (nothing,)


def test_which_budgets_need_attention() -> None:
    """One that is exceeded, and one whose forecast is above it; not one that is used up exactly."""
    exceeded = msgspec.structs.replace(PLANNED, so_far=D("1000.01"))
    will_be = msgspec.structs.replace(PLANNED, forecast=D("1000.01"))
    exact = msgspec.structs.replace(PLANNED, so_far=D("1000"), forecast=D("1000"))
    assert [one.text for one in of_budgets((exceeded, will_be, exact, PLANNED))] == [
        'Budget Sales "EMEA" is exceeded: 1,000.01 of EUR 1,000.00.',
        'Budget Sales "EMEA" will be exceeded: forecast 1,000.01 of EUR 1,000.00.',
    ]

"""Summary of the plan over all organizations, as samples."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import reduce

from billing_exporter.budgets.plan import Contribution
from billing_exporter.budgets.settings import Budget, PlanSettings
from billing_exporter.budgets.spending import BudgetRule, Spending, window_of
from billing_exporter.budgets.unread import Unread
from billing_exporter.metrics import finance as metrics
from billing_exporter.metrics.samples import Samples, labels

_RATIO_DIGITS = 6


def summary(
    settings: PlanSettings,
    contributions: Sequence[Contribution],
    unread: Mapping[str, Unread],
    today: date,
    *,
    is_whole: bool,
) -> Samples:
    """Return budgets, allocations and thresholds as samples.

    What could lack something that counts is absent rather than too small; what lacks something
    that the API does not give says so.

    Args:
        settings: what is planned.
        contributions: of the organizations that were read.
        unread: what of each organization has not been read.
        today: the day (UTC).
        is_whole: whether this exporter reads all customers; else amounts have no bounds.
    """
    samples = Samples()
    for budget in settings.budgets:
        _add_limits(samples, budget)
        rule = BudgetRule(budget)
        is_waiting = any(rule.waits_for(name, gaps, today) for name, gaps in unread.items())
        to = labels(metrics.BUDGET_WAITING.labels, budget.name)
        samples.add(metrics.BUDGET_WAITING, to, int(is_waiting))
        if contributions and not is_waiting:
            every = [each.spending.get(budget.name, Spending()) for each in contributions]
            total = reduce(Spending.plus, every)
            has_past = all(rule.has_past(name, gaps) for name, gaps in unread.items())
            _add_spending(samples, budget, total, today, is_whole=is_whole and has_past)
            withheld = sum(rule.withheld(name, gaps, today) for name, gaps in unread.items())
            samples.add(metrics.BUDGET_WITHOUT_PAST, to, withheld)
    are_billed = not any(gaps.invoices for gaps in unread.values())
    is_waiting = not all(gaps.is_allocatable for gaps in unread.values())
    # Each shard has a part of the invoiced amounts, and only together they are whole.
    is_waiting = is_waiting or not (is_whole or are_billed)
    for showback in settings.showback:
        to = labels(metrics.ALLOCATION_WAITING.labels, showback.name)
        samples.add(metrics.ALLOCATION_WAITING, to, int(is_waiting))
    if not is_waiting:
        lacking = frozenset[str]().union(*(gaps.lines for gaps in unread.values()))
        _add_allocations(samples, contributions, lacking, are_billed=are_billed)
        _add_unmatched(samples, contributions)
    for name, amounts in settings.thresholds.items():
        for currency, amount in amounts.items():
            samples.add(metrics.THRESHOLD, labels(metrics.THRESHOLD.labels, name, currency), amount)
    return samples


def _add_limits(samples: Samples, budget: Budget) -> None:
    money = labels(metrics.BUDGET.labels, budget.name, budget.currency)
    samples.add(metrics.BUDGET, money, budget.amount)
    for basis, ratio in (("spent", budget.alert.spent), ("forecast", budget.alert.forecast)):
        to = labels(metrics.BUDGET_THRESHOLD.labels, budget.name, basis)
        samples.add(metrics.BUDGET_THRESHOLD, to, ratio)


def _add_spending(
    samples: Samples, budget: Budget, total: Spending, today: date, *, is_whole: bool
) -> None:
    money = labels(metrics.BUDGET.labels, budget.name, budget.currency)
    samples.add(metrics.BUDGET_ESTIMATED, money, total.estimated)
    samples.add(metrics.BUDGET_FORECAST, money, total.at_the_end)
    bounds = total.bounds() if is_whole else None
    if bounds is not None:
        samples.add(metrics.BUDGET_LOWER, money, bounds[0])
        samples.add(metrics.BUDGET_UPPER, money, bounds[1])
    to = labels(metrics.BUDGET_MEMBERS.labels, budget.name)
    samples.add(metrics.BUDGET_MEMBERS, to, total.members)
    samples.add(metrics.BUDGET_UNPRICED, to, total.unpriced)
    elapsed, window = total.elapsed, window_of(budget, today)
    if window is not None:
        days = (window.end - window.start).days + 1
        elapsed = Decimal((today - window.start).days) / days
    if elapsed is not None:
        samples.add(metrics.BUDGET_ELAPSED, to, round(elapsed, _RATIO_DIGITS))


def _add_allocations(
    samples: Samples,
    contributions: Sequence[Contribution],
    lacking: Collection[str],
    *,
    are_billed: bool,
) -> None:
    """Add the allocations; what is invoiced only where all invoices of a currency were read."""
    for each in contributions:
        for metric, sums, is_known in (
            (metrics.ALLOCATED, each.allocated, True),
            (metrics.ALLOCATED_FORECAST, each.forecast, True),
            (metrics.ALLOCATED_INVOICED, each.invoiced, are_billed),
        ):
            for key, amount in sums.items() if is_known else ():
                if metric is not metrics.ALLOCATED_INVOICED or key[2] not in lacking:
                    samples.sum_up(metric, labels(metric.labels, *key), amount)


def _add_unmatched(samples: Samples, contributions: Sequence[Contribution]) -> None:
    """Count the patterns that match nothing in any organization."""
    if not contributions:
        return
    for section, name in contributions[0].unmatched:
        every = [each.unmatched.get((section, name), frozenset()) for each in contributions]
        to = labels(metrics.UNMATCHED_PATTERNS.labels, section, name)
        samples.add(metrics.UNMATCHED_PATTERNS, to, len(frozenset.intersection(*every)))

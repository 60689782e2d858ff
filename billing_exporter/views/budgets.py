"""Budgets of the configuration beside what is spent, read from their samples. Pure."""

from collections.abc import Mapping
from decimal import Decimal

from billing_exporter.metrics import finance
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.label_text import values_of
from billing_exporter.metrics.samples import Samples
from billing_exporter.web.records import Budget

_PLACES = Decimal("0.0001")


def budgets(samples: Samples) -> tuple[Budget, ...]:
    """Return the budgets in the order of their names."""
    found = []
    for text, amount in samples.values(finance.BUDGET).items():
        names = values_of(text)
        of_budget = {"budget": names["budget"]}
        members = _value(samples, finance.BUDGET_MEMBERS, of_budget)
        # Of a budget that no charge matches, or none yet, the sums say nothing.
        known = samples if members != 0 else Samples()
        so_far = known.values(finance.BUDGET_ESTIMATED).get(text)
        found.append(
            Budget(
                budget=names["budget"],
                currency=names["currency"],
                amount=amount,
                so_far=so_far,
                used=None if so_far is None else _share(so_far, amount),
                forecast=known.values(finance.BUDGET_FORECAST).get(text),
                forecast_lower=known.values(finance.BUDGET_LOWER).get(text),
                forecast_upper=known.values(finance.BUDGET_UPPER).get(text),
                elapsed=_value(samples, finance.BUDGET_ELAPSED, of_budget),
                members=None if members is None else int(members),
                unpriced_charges=int(_value(samples, finance.BUDGET_UNPRICED, of_budget) or 0),
                without_past=int(_value(samples, finance.BUDGET_WITHOUT_PAST, of_budget) or 0),
            )
        )
    return tuple(sorted(found, key=lambda one: (one.budget, one.currency)))


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    return (part / whole).quantize(_PLACES) if whole > 0 else None


def _value(samples: Samples, metric: Metric, of: Mapping[str, str]) -> Decimal | None:
    return next(
        (value for text, value in samples.values(metric).items() if values_of(text) == of), None
    )

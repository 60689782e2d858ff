"""Spans of closed periods: which one is the previous one, and for how long."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriodDetail,
    BillingProduct,
)
from billing_exporter.history.contracts import ContractPeriod
from billing_exporter.history.spans import Span, contract_spans

CONTRACT = BillingContract(id="c-1", external_number="1")
UNTIL = int(datetime(2026, 6, 10, tzinfo=UTC).timestamp())
MONTHS = [(date(2026, month, 1), date(2026, month, last)) for month, last in
          ((1, 31), (2, 28), (3, 31), (4, 30), (5, 31))]  # fmt: skip


def _period(start: date, end: date) -> ContractPeriod:
    """Return a closed period that used as much as it has days."""
    charge = BillingCharge(
        name="Voice",
        product=BillingProduct(sku="GC-1", unit_of_measure="Minute"),
        actual_quantity=Decimal((end - start).days + 1),
        overage_quantity=Decimal(1),
        overage_charge=Decimal(2),
        overage_currency="EUR",
    )
    detail = BillingContractPeriodDetail(
        id=str(start), date_start=start, date_end=end, status="Closed", charges=(charge,)
    )
    return ContractPeriod(CONTRACT, detail, "One")


def _previous(spans: Iterable[Span]) -> list[tuple[str, int, int]]:
    """Return which periods were the previous one, by their start, and for how long."""
    name = "contract_period_start_timestamp_seconds"
    return sorted((one.value, one.begin, one.end) for one in spans if one.metric.endswith(name))


@pytest.mark.parametrize(
    "annual",
    [
        (date(2026, 1, 1), date(2026, 5, 31)),  # begins with a month
        (date(2025, 6, 1), date(2026, 5, 31)),  # ends with one
    ],
)
@given(order=some.permutations(range(6)))
def test_a_month_is_shown_before_the_year_around_it(
    annual: tuple[date, date], order: list[int]
) -> None:
    """Whatever the order of reading, an annual period takes no month's place."""
    months = [_period(*dates) for dates in MONTHS]
    every = [*months, _period(*annual)]
    found = _previous(contract_spans("One", [every[each] for each in order], UNTIL, 12))
    assert found == _previous(contract_spans("One", months, UNTIL, 12)) != []


def test_no_two_periods_are_the_previous_one_at_once() -> None:
    """A year that begins and ends within months is shown between their ends."""
    year = _period(date(2025, 3, 16), date(2026, 3, 15))
    spans = contract_spans("One", [*(_period(*dates) for dates in MONTHS), year], UNTIL, 12)
    times = sorted((begin, end) for _, begin, end in _previous(spans))
    assert len(times) == 6
    assert all(one[1] == other[0] for one, other in pairwise(times))

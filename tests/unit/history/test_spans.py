"""Spans of closed periods: which one is the previous one, and for how long."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriod,
    BillingContractPeriodDetail,
    BillingProduct,
    SubscriptionOverviewUsage,
    TrusteeBillingOverview,
)
from billing_exporter.history.contracts import ContractPeriod
from billing_exporter.history.spans import Reach, Span, contract_spans, trustor_spans
from billing_exporter.history.trustors import TrustorPeriod

CONTRACT = BillingContract(id="c-1", external_number="1")
UNTIL = int(datetime(2026, 6, 10, tzinfo=UTC).timestamp())
REACH = Reach(date(2025, 1, 1), UNTIL, 12)
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
        id=f"{start}/{end}", date_start=start, date_end=end, status="Closed", charges=(charge,)
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
    found = _previous(contract_spans("One", [every[each] for each in order], REACH))
    assert found == _previous(contract_spans("One", months, REACH)) != []


def test_each_month_is_the_previous_one_while_the_next_runs() -> None:
    """The last period of a contract that ended is its current one still, never the previous one."""
    found = _previous(contract_spans("One", [_period(*dates) for dates in MONTHS], REACH))
    begins = [begin for _, begin, _ in found]
    assert len(found) == 4
    assert begins == [_unix(start) for start, _ in MONTHS[1:]]
    assert [end for _, _, end in found] == [*begins[1:], UNTIL]


def test_the_periods_that_a_contract_lists_decide_when_one_was_the_previous_one() -> None:
    """May is shown from the day on which the running June begins, which has no charges here."""
    june = BillingContractPeriod(
        id="june", date_start=date(2026, 6, 1), date_end=date(2026, 6, 30), status="Open"
    )
    listing = msgspec.structs.replace(CONTRACT, billing_periods=(june,))
    may = msgspec.structs.replace(_period(*MONTHS[-1]), contract=listing)
    assert [(one[1], one[2]) for one in _previous(contract_spans("One", [may], REACH))] == [
        (_unix(date(2026, 6, 1)), UNTIL)
    ]


def test_a_period_before_a_gap_ends_with_it() -> None:
    """In May, which no period is right before, there is no previous one."""
    periods = [_period(*MONTHS[place]) for place in (0, 1, 4)]
    assert [(begin, end) for _, begin, end in _previous(contract_spans("One", periods, REACH))] == [
        (_unix(date(2026, 2, 1)), _unix(date(2026, 5, 1)))
    ]


def test_no_two_periods_are_the_previous_one_at_once() -> None:
    """A year that begins and ends within months is never right before one."""
    year = _period(date(2025, 3, 16), date(2026, 3, 15))
    months = [_period(*dates) for dates in MONTHS]
    found = _previous(contract_spans("One", [*months, year], REACH))
    assert found == _previous(contract_spans("One", months, REACH))


def test_a_customers_newest_period_is_not_the_previous_one_until_the_next_is_there() -> None:
    """The API still has October as index 0 in November: September stays the previous one."""
    until = int(datetime(2026, 11, 4, tzinfo=UTC).timestamp())
    months = [_overview(9, 30), _overview(10, 31)]
    late = [months[0], msgspec.structs.replace(months[1], is_open=True)]
    reach = msgspec.structs.replace(REACH, until=until)
    assert _shown(trustor_spans(late, reach, zero_rows=False)) == [
        (str(_unix(date(2026, 9, 1))), _unix(date(2026, 10, 1)), until)
    ]


def _shown(spans: Iterable[Span]) -> list[tuple[str, int, int]]:
    name = "trustor_period_start_timestamp_seconds"
    return sorted((one.value, one.begin, one.end) for one in spans if one.metric.endswith(name))


def _overview(month: int, last: int) -> TrustorPeriod:
    row = SubscriptionOverviewUsage(name="Voice", usage_quantity=Decimal(3))
    overview = TrusteeBillingOverview(
        currency="EUR",
        billing_period_start_date=datetime(2026, month, 1, tzinfo=UTC),
        billing_period_end_date=datetime(2026, month, last, 23, 59, 59, tzinfo=UTC),
        usages=(row,),
    )
    return TrustorPeriod("t-1", "Acme", overview)


def _unix(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())

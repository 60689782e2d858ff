"""Budgets: what counts, in which period, and between which bounds it will end."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from billing_exporter.accounts.records import Account, Current
from billing_exporter.budgets.settings import Budget
from billing_exporter.budgets.spending import BudgetRule, Spending, Window, window_of
from tests.unit.budgets.cases import NOVEMBER, TODAY, account, closed, current_row


def _budget(**changes: Any) -> Budget:
    usual = {"name": "b", "amount": Decimal(1000), "currency": "EUR", "customers": ("*",)}
    return Budget(**{**usual, **changes})


def _spending(*rows: Any, past: tuple[str, ...] = (), **changes: Any) -> Spending:
    rule = BudgetRule(_budget(**changes))
    return rule.spending("acme", "trustors", account(*rows, past=past), TODAY)


def test_prepaid_and_overage_count() -> None:
    """So far and at the end; half of the period has passed."""
    found = _spending(current_row())
    assert found.estimated == 120
    assert found.at_the_end == 140
    assert (found.members, found.unpriced, found.elapsed) == (1, 0, Decimal("0.5"))


def test_overage_alone_counts() -> None:
    """A budget of overage knows no prepaid."""
    found = _spending(current_row(), of="overage")
    assert found.estimated == 20
    assert found.at_the_end == 40


@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "USD"},
        {"charges": ("Bots",)},
        {"customers": ("umbra",)},
        {"customers": None},
        {"organizations": ("other",)},
    ],
)
def test_what_does_not_match_does_not_count(changes: dict[str, Any]) -> None:
    """Another currency, charge, customer or organization, or own contracts alone."""
    assert _spending(current_row(), **changes).at_the_end == 0


def test_own_contracts_count_their_overage() -> None:
    """Without customers the organization's own contracts count."""
    rule = BudgetRule(_budget(customers=None))
    of = account(current_row("0"), past=("30",))
    assert rule.spending("acme", "contracts", of, TODAY).past == (Decimal(30),)


@pytest.mark.parametrize(
    ("period", "starts", "window"),
    [
        ("quarter", "january", (date(2026, 10, 1), date(2026, 12, 31))),
        ("quarter", "february", (date(2026, 11, 1), date(2027, 1, 31))),
        ("year", "january", (date(2026, 1, 1), date(2026, 12, 31))),
        ("year", "april", (date(2026, 4, 1), date(2027, 3, 31))),
        ("year", "december", (date(2025, 12, 1), date(2026, 11, 30))),
    ],
)
def test_quarters_and_years(period: Any, starts: Any, window: tuple[date, date]) -> None:
    """The year begins where the operator says."""
    found = window_of(_budget(period=period, year_starts=starts), TODAY)
    assert found == Window(*window)


def test_closed_periods_count_where_they_end() -> None:
    """October is in the quarter, September is not; December is expected to be like November."""
    found = _spending(current_row(), past=("50", "60"), period="quarter")
    assert found.closed == 150
    assert found.estimated == 150 + 120
    assert found.at_the_end == 150 + 140 + 140


@pytest.mark.parametrize(
    ("start", "end", "period", "left"),
    [
        (date(2028, 1, 1), date(2028, 1, 31), "year", 11),
        (date(2028, 1, 1), date(2028, 1, 31), "quarter", 2),
        (date(2028, 2, 1), date(2028, 2, 29), "year", 10),
        (date(2027, 12, 1), date(2027, 12, 31), "year", 0),
        (date(2027, 12, 15), date(2028, 1, 14), "year", 11),
        (date(2028, 2, 15), date(2028, 3, 14), "quarter", 0),
        (date(2028, 1, 1), date(2028, 3, 31), "year", 3),
        (date(2027, 2, 1), date(2028, 1, 31), "year", 0),
        (date(2028, 1, 3), date(2028, 1, 9), "quarter", 11),
    ],
)
def test_as_many_periods_follow_as_end_in_the_quarter_or_year(
    start: date, end: date, period: Any, left: int
) -> None:
    """Months of 31 days are no fewer than others, and a quarter is followed by quarters."""
    current = Current(start, end, (current_row("100", "0", "0"),))
    running = Account("Acme", "t-1", (), current)
    found = BudgetRule(_budget(period=period)).spending("acme", "trustors", running, end)
    assert found.to_come == 100 * left


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_contract_that_has_ended_counts_its_last_period_once(is_kept: bool) -> None:
    """A period after which nothing runs is not expected again, and counts where it ended."""
    before = account(current_row(), past=("50",))
    assert before.current is not None
    last = msgspec.structs.replace(before.current, is_over=True)
    kept = (closed(NOVEMBER, "20"), *before.closed) if is_kept else before.closed
    ended = msgspec.structs.replace(before, closed=kept, current=last)
    found = BudgetRule(_budget(period="quarter")).spending("acme", "trustors", ended, TODAY)
    assert found.estimated == found.at_the_end == 150 + 120
    assert not found.members
    now = BudgetRule(_budget()).spending("acme", "trustors", ended, TODAY)
    assert now.estimated == now.at_the_end == 0


def test_a_period_that_runs_and_was_kept_counts_once() -> None:
    """A period that the ledger has kept already is not added to the running one."""
    before = account(current_row(), past=("50",))
    both = msgspec.structs.replace(before, closed=(closed(NOVEMBER, "20"), *before.closed))
    found = BudgetRule(_budget(period="quarter")).spending("acme", "trustors", both, TODAY)
    assert found.estimated == 150 + 120


def test_bounds_come_from_the_past_of_the_sum() -> None:
    """Five closed periods give a band, four do not; what counts already is never undercut."""
    assert _spending(current_row(), past=("10", "20", "10", "20")).bounds() is None
    bounds = _spending(current_row(), past=("10", "20", "10", "20", "10")).bounds()
    assert bounds is not None
    lower, upper = bounds
    assert 120 <= lower < 140 < upper


def test_customers_add_up() -> None:
    """Sums, members and the past of several accounts are one budget's."""
    one = _spending(current_row(), past=("10", "20"))
    other = _spending(current_row("0", "10", "10"), past=("5",))
    both = one.plus(other)
    assert both.estimated == 130
    assert both.at_the_end == 150
    assert both.members == 2
    assert both.past == (Decimal(215), Decimal(120))
    assert one.plus(Spending()) == one

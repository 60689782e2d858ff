"""Accounts as the tests of budgets write them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from billing_exporter.accounts.records import Account, Current, CurrentRow, Period, Row

TODAY = date(2026, 11, 16)
NOVEMBER = date(2026, 11, 1)


def current_row(
    fixed: str = "100", overage: str = "20", forecast: str = "40", **changes: str
) -> CurrentRow:
    """Return a charge of the running period."""
    return CurrentRow(
        changes.get("charge", "Minutes"),
        changes.get("sku", "GC-1"),
        changes.get("currency", "EUR"),
        Decimal(fixed),
        Decimal(overage),
        Decimal(forecast),
    )


def closed(start: date, amount: str, prepaid: str = "100", currency: str = "EUR") -> Period:
    """Return a closed month with one charge."""
    end = (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    row = Row(
        *("Minutes", "GC-1", currency),
        *(Decimal(1), Decimal(amount), Decimal(amount), Decimal(prepaid)),
    )
    return Period(start, end, ("t-1",), (row,), is_settled=True)


def account(*rows: CurrentRow, past: tuple[str, ...] = (), name: str = "Acme") -> Account:
    """Return a customer whose running period is November, and what it had in the months before."""
    periods = []
    for number, amount in enumerate(past):
        month = 2026 * 12 + 9 - number
        periods.append(closed(date(month // 12, month % 12 + 1, 1), amount))
    current = Current(NOVEMBER, date(2026, 11, 30), rows)
    return Account(name, "t-1", tuple(periods), current)


def added_up(
    sums: Iterable[Mapping[tuple[str, str, str], Decimal]],
) -> dict[tuple[str, str, str], Decimal]:
    """Return amounts by allocation, group and currency, over several exporters."""
    found: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for each in sums:
        for key, amount in each.items():
            found[key] += amount
    return found

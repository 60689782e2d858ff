"""Margin: invoiced quantities at the selling prices, less what they cost."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing_exporter.budgets.margin import PriceList
from billing_exporter.budgets.settings import Price
from billing_exporter.reconciliation.records import Line

START, END = date(2026, 10, 1), date(2026, 10, 31)
NAMES = {"GC-1": "Minutes"}


def _line(amount: str, quantity: str | None, issued: date, **changes: Any) -> Line:
    usual: dict[str, Any] = {"sku": "GC-1", "start": START, "end": END, "currency": "EUR"}
    return Line(
        invoice="I-1",
        issued=issued,
        quantity=None if quantity is None else Decimal(quantity),
        amount=Decimal(amount),
        **{**usual, **changes},
    )


ADVANCE = _line("100.00", "10", START)
ARREARS = _line("30.00", "2", date(2026, 11, 3))
CREDIT = _line("-5.00", "1", date(2026, 11, 3))
PRICES = Price(charges=("minutes",), currency="EUR", prepaid=Decimal("12.5"), overage=Decimal(20))


def test_prices_by_kind_and_credits() -> None:
    """Prepaid and overage have prices of their own; a credit lowers the cost alone."""
    found = PriceList([PRICES]).margin(("Acme", "t-1"), [ADVANCE, ARREARS, CREDIT], NAMES)
    assert found.bought == {"EUR": Decimal(125)}
    assert found.sold == {"EUR": Decimal(165)}
    assert found.unpriced == 0


def test_a_markup_is_on_what_was_paid() -> None:
    """The first price that matches counts, here a markup."""
    markup = Price(customers=("acme",), markup=Decimal("0.15"))
    found = PriceList([markup, PRICES]).margin(("Acme", "t-1"), [ADVANCE, CREDIT], NAMES)
    assert found.bought == {"EUR": Decimal(95)}
    assert found.sold == {"EUR": Decimal("109.25")}


@pytest.mark.parametrize(
    ("price", "line"),
    [
        (Price(charges=("other",), markup=Decimal(1)), ADVANCE),
        (Price(customers=("umbra",), markup=Decimal(1)), ADVANCE),
        (Price(currency="USD", prepaid=Decimal(1), overage=Decimal(1)), ADVANCE),
        (Price(currency="EUR", overage=Decimal(1)), ADVANCE),
        (PRICES, _line("30.00", None, START)),
    ],
)
def test_what_has_no_price_has_no_margin(price: Price, line: Line) -> None:
    """No match, another currency, another kind, no quantity: counted, and bought counts nothing."""
    found = PriceList([price]).margin(("Acme", "t-1"), [line], NAMES)
    assert (found.bought, found.sold, found.unpriced) == ({}, {}, 1)


def test_a_pattern_is_unmatched_for_its_own_sake() -> None:
    """A charge is known though the customer beside it is not."""
    prices = PriceList([Price(customers=("nobody",), charges=("GC-1",), markup=Decimal(1))])
    prices.margin(("Acme", "t-1"), [ADVANCE], NAMES)
    assert {pattern for _, _, pattern in prices.unmatched} == {"nobody"}

"""Invoices against the sum of their lines."""

from decimal import Decimal

import pytest

from billing_exporter.reconciliation.invoices import Invoice, unbalanced
from billing_exporter.reconciliation.tolerance import of_amount, of_quantity, subunit
from tests.unit.reconciliation.cases import line


@pytest.mark.parametrize(
    ("amount", "amounts", "is_found"),
    [
        ("100.00", ["60.00", "40.00"], False),
        ("101.00", ["60.00", "40.00"], False),  # at the tolerance
        ("101.01", ["60.00", "40.00"], True),
        ("-5.00", ["-5.00"], False),
        ("12.00", [], True),
        (None, ["60.00"], False),
        ("100.00", ["60.00", None], False),
    ],
)
def test_lines_add_up(amount: str | None, amounts: list[str | None], *, is_found: bool) -> None:
    """An invoice whose lines come to something else is found; one that cannot be judged is not."""
    invoice = Invoice("INV-1", "EUR", None if amount is None else Decimal(amount))
    lines = [line(each) for each in amounts] + [line("999.00", invoice="INV-2")]
    assert bool(unbalanced([invoice], lines)) == is_found


def test_what_the_lines_come_to_is_told() -> None:
    """The result has the sum of the lines beside the invoice."""
    (found,) = unbalanced([Invoice("INV-1", "EUR", Decimal(50))], [line("60.00")])
    assert found.lines_amount == 60


@pytest.mark.parametrize(
    ("currency", "unit"), [("EUR", "0.01"), ("JPY", "1"), ("KWD", "0.001"), ("XYZ", "0.01")]
)
def test_currencies_have_their_smallest_unit(currency: str, unit: str) -> None:
    """Yen have no cents, dinars have a thousand fils; an unknown currency is taken to have two."""
    assert subunit(currency) == Decimal(unit)


def test_tolerance_is_the_largest_of_three() -> None:
    """A hundred of the smallest unit, rounding of many rows, or a share of the amount."""
    assert of_amount("EUR", Decimal(10), 1) == 1
    assert of_amount("EUR", Decimal(5000), 1) == 5
    assert of_amount("EUR", Decimal(10), 1_000_000) == 5
    assert of_quantity(Decimal(10), 3) == 3
    assert of_quantity(Decimal(0), 0) == 1
    assert of_quantity(Decimal(10_000), 1) == 10

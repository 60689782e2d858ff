"""Fingerprints of periods."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing_exporter.settlement import Row, fingerprint

NUMBERS = some.none() | some.decimals(-1000, 1000, places=3)
ROWS = some.builds(
    Row,
    some.tuples(some.sampled_from("abc"), some.sampled_from("xy")),
    some.tuples(NUMBERS, NUMBERS),
    some.tuples(NUMBERS),
)
USED = Row(("GC-1", "resource"), (Decimal(12), Decimal(10)), (Decimal("0.5"), Decimal(1)))


@given(some.lists(ROWS, max_size=6), some.randoms())
def test_order_and_rows_of_zeros_make_no_difference(rows: list[Row], random: object) -> None:
    """Rows in another order, with rows of zeros among them, have the same fingerprint."""
    shuffled = [Row(("z",), (Decimal(0), Decimal("0.00")), (Decimal(9),)), *rows]
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis types it as object
    assert fingerprint(shuffled, EUR) == fingerprint(rows, EUR)


EUR = {"EUR": Decimal(1)}


def test_the_form_of_a_number_makes_no_difference() -> None:
    """1.0 is 1, 1E+1 is 10 and -0 is 0."""
    one = Row(("a",), (Decimal("12.00"), Decimal("1E+1")), (Decimal("0.50"), Decimal("-0.0")))
    other = Row(("a",), (Decimal(12), Decimal(10)), (Decimal("0.5"), Decimal(0)))
    assert fingerprint([one], EUR) == fingerprint([other], EUR)


@pytest.mark.parametrize(
    ("changed", "is_quantity"),
    [
        ([Row(USED.key, (Decimal(13), Decimal(10)), USED.prices)], True),
        ([Row(USED.key, (Decimal(12), Decimal(11)), USED.prices)], True),
        ([Row(USED.key, (Decimal(12), None), USED.prices)], True),
        ([USED, Row(("GC-2", "resource"), (Decimal(1), Decimal(0)), ())], True),
        ([], True),
        ([USED, USED], True),
        ([Row(USED.key, USED.quantities, (Decimal("0.6"), Decimal(1)))], False),
    ],
)
def test_a_change_of_any_number_shows(changed: list[Row], *, is_quantity: bool) -> None:
    """Another quantity or price, or a row more or less, is another fingerprint; a price alone
    leaves the quantities as they were.
    """
    was, now = fingerprint([USED], EUR), fingerprint(changed, EUR)
    assert was.numbers != now.numbers
    assert (was.quantities != now.quantities) == is_quantity


def test_another_currency_is_another_fingerprint() -> None:
    """The same numbers in another currency are other numbers."""
    assert fingerprint([USED], EUR).numbers != fingerprint([USED], {"USD": Decimal(1)}).numbers

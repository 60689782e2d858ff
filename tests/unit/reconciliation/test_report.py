"""Report of a reconciliation: what the table says to people."""

import re
from decimal import Decimal
from typing import Any

import pytest

from billing_exporter.reconciliation.records import Line, Used
from billing_exporter.reconciliation.report import FORMATS, Report
from tests.unit.reconciliation.cases import END, compared, line, used

CASES = [
    # Ten at 6 instead of 5; three more than were used; all at once, and a price of JPY 1.4.
    ([used()], [line("60.00", "10")], "10  10  50.00  60.00  0.00  +10.00 by price"),
    ([used()], [line("65.00", "13")], "10  13  50.00  65.00  0.00  +15.00 by quantity"),
    (
        [used("1000.50", "1.4", currency="JPY")],
        [line("2000", "900", currency="JPY")],
        "1000.5  900  1401  2000  0  -141 by quantity, +740 by price",
    ),
    (
        [used("0")],
        [line("60.00", "10")],
        "0  10  0.00  60.00  0.00  billed, and nothing was used beyond what is prepaid",
    ),
    ([used()], [], "10  0  50.00  0.00  0.00  used beyond what is prepaid, and not billed"),
]


def _table(charges: list[Used], lines: list[Line], **settings: Any) -> str:
    report = Report("acme", (compared(charges, lines, **settings),), 1, (), ())
    return FORMATS["table"]([report], True)


@pytest.mark.parametrize(("charges", "lines", "said"), CASES)
def test_a_row_says_what_differs_and_by_how_much(
    charges: list[Used], lines: list[Line], said: str
) -> None:
    """Amounts in whole cents or yen, quantities without zeros, and the difference by its cause."""
    row = re.sub(" {3,}", "  ", _table(charges, lines))
    assert f"  {said}\n" in row


def test_what_may_still_be_billed_says_so() -> None:
    """Within its grace a charge without a line waits for its invoice, exact to the cent below."""
    text = _table([used("10", "5.0049")], [], today=END)
    assert "its invoice may still come" in text
    assert "used and not yet invoiced 50.05 EUR" in text


def test_another_price_of_a_customer_is_shown() -> None:
    """It is no difference, because whose price an overview shows is not documented."""
    text = _table([used()], [line("60.00", "10")], subject="trustors")
    assert "matched" in text
    assert "+10.00 by price" in text


def test_csv_has_all_digits() -> None:
    """What a program reads is not rounded."""
    report = Report("acme", (compared([used("3", "1.00049")], []),), 1, (), ())
    assert Decimal("3.00147") in {
        Decimal(cell) for cell in FORMATS["csv"]([report], True).split(",") if "3.001" in cell
    }

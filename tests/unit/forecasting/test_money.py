"""Amounts: a customer's band comes from its own past, never from added bounds."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billing_exporter.forecasting.forecast import Closed, Forecast, forecast
from billing_exporter.forecasting.money import Amount, banded

VECTORS = json.loads((Path(__file__).parent / "forecast_vectors.json").read_text())["money"]
CENT = Decimal("0.01")


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["case"])
def test_vectors(case: dict[str, Any]) -> None:
    """Each vector comes out to the cent."""
    given, expected = case["input"], case["expected"]
    own = forecast(
        given["kind"],
        date.fromisoformat(given["start"]),
        given["days"],
        {date.fromisoformat(day): Decimal(total) for day, total in given["running"].items()},
        [
            Closed(date.fromisoformat(one["start"]), one["days"], Decimal(one["total"]))
            for one in given["earlier"]
        ],
    )
    assert own.upper is not None
    assert own.total is not None
    assert (own.upper / own.total).quantize(Decimal("0.000001")) == Decimal(expected["factor"])
    amount = banded(Decimal(given["F"]), Decimal(given["incurred"]), own)
    amount = amount.at_least(Decimal(given["minimum"]))
    assert amount.lower is not None
    assert amount.upper is not None
    rounded = [value.quantize(CENT) for value in (amount.total, amount.lower, amount.upper)]
    assert rounded == [Decimal(expected[name]) for name in ("total", "lower", "upper")]


def test_without_a_past_there_is_no_band() -> None:
    """An amount whose own totals give no band has none."""
    assert banded(Decimal(9), Decimal(4), Forecast(total=Decimal(5))) == Amount(Decimal(9))
    assert banded(Decimal(9), Decimal(4), Forecast(refused="negative")) == Amount(Decimal(9))


def test_nothing_is_below_what_is_due() -> None:
    """What is due already is the least that forecast and lower bound can be."""
    own = Forecast(total=Decimal(10), lower=Decimal(5), upper=Decimal(20))
    assert banded(Decimal(30), Decimal(40), own) == Amount(Decimal(40), Decimal(40), Decimal(80))


def test_the_minimum_comes_last() -> None:
    """A monthly minimum raises the amount and its bounds."""
    amount = Amount(Decimal(10), Decimal(5), Decimal(20))
    assert amount.at_least(Decimal(15)) == Amount(Decimal(15), Decimal(15), Decimal(20))

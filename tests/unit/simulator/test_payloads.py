"""Odd content leaves everything else as it was."""

import math
from typing import Any

import pytest

from billing_exporter.simulator import payloads, sdk_key_variants

CHARGE = {
    "name": "Voice Bots",
    "product": {"unitOfMeasure": "Summary"},
    "prepaidQuantity": 10.5,
    "fairuseQuantity": 1.0,
    "actualQuantity": 3.0,
    "overageQuantity": 0.0,
    "convertedTokenCount": 1.5,
    "tokenConversionRate": 2.0,
}


def test_each_so_manieth_number_changes() -> None:
    """With a step of two every second number changes, and nothing that is no number."""
    rows = [{"usageQuantity": "1", "prepayQuantity": "2", "name": "3"}] * 2
    assert (
        payloads.with_numbers(rows, 2, lambda _: None)
        == [{"usageQuantity": "1", "prepayQuantity": None, "name": "3"}] * 2
    )


@pytest.mark.parametrize("value", ["5", 1200.0, "", None])
def test_thousands_hold_a_comma(value: Any) -> None:
    """Whatever the number was, it is written with a separator."""
    assert "," in payloads.thousands(value)


def test_nan_keeps_the_kind() -> None:
    """A text becomes the text NaN, a number the number."""
    assert payloads.not_a_number("1") == "NaN"
    assert math.isnan(payloads.not_a_number(1.0))


def test_first_rows_come_twice() -> None:
    """The first object of a list is repeated, texts are not."""
    node = {"usages": [{"a": 1}, {"a": 2}], "texts": ["x"]}
    assert payloads.duplicate_rows(node) == {
        "usages": [{"a": 1}, {"a": 1}, {"a": 2}],
        "texts": ["x"],
    }


def test_only_companies_get_weird_names() -> None:
    """Names of organizations and customers change, names of charges do not."""
    node = {"name": "charge", "organization": {"name": "A"}, "organizations": [{"name": "B"}]}
    assert payloads.weird_names(node) == {
        "name": "charge",
        "organization": {"name": f"A{payloads.WEIRD}"},
        "organizations": [{"name": f"B{payloads.WEIRD}"}],
    }


def test_the_older_spelling_is_that_of_sdk_236() -> None:
    """The four quantities are whole numbers with get-names; name and tokens are not there yet."""
    assert sdk_key_variants.older({"charges": [CHARGE]}) == {
        "charges": [
            {
                "product": {"unitOfMeasure": "Unit"},
                "getprepaidQuantity": 10,
                "getfairuseQuantity": 1,
                "getactualQuantity": 3,
                "getoverageQuantity": 0,
            }
        ]
    }


def test_the_future_spelling_is_that_of_no_sdk() -> None:
    """Keys that were renamed once are renamed again."""
    assert sdk_key_variants.future({"purchaseOrderNumbers": [], "id": 1}) == {
        "purchaseOrderNumbersV2": [],
        "id": 1,
    }

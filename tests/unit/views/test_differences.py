"""Differences between invoices and use as pages show them."""

from datetime import date
from decimal import Decimal

from billing_exporter.reconciliation.records import Comparison
from billing_exporter.views.differences import differences

D = Decimal


def comparison(charge: str, used: str | None, invoiced: str) -> Comparison:
    """Return a comparison of a closed period."""
    return Comparison(
        of=("Ahorn",),
        of_ids=("id-Ahorn",),
        charge=charge,
        sku="s",
        start=date(2026, 10, 1),
        end=date(2026, 10, 31),
        currency="EUR",
        state="difference",
        used_quantity=None,
        used_amount=None if used is None else D(used),
        invoiced_quantity=D(1),
        invoiced_amount=D(invoiced),
        credited_amount=D(0),
        lines=1,
    )


def test_the_largest_difference_comes_first() -> None:
    """Too much and too little count alike, of all organizations."""
    found = differences(
        [
            ("one", "trustors", comparison("small", "10", "11")),
            ("two", "contracts", comparison("less", "10", "4")),
            ("one", "contracts", comparison("unknown", None, "3")),
        ]
    )
    assert [(one.charge, one.difference, one.used) for one in found] == [
        ("less", D(-6), D(10)),
        ("unknown", D(3), None),
        ("small", D(1), D(10)),
    ]
    assert found[0].organization == "two"

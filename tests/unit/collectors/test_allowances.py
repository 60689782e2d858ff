"""Allowances of charges: which fair-use row includes how much of which charge."""

from decimal import Decimal
from random import Random

import pytest

from billing_exporter.collectors.allowances import Row, allowances, is_tokens
from tests.unit.collectors.api_stub import ApiStub, CollectorHarness, lines
from tests.unit.collectors.partner import desk, put_overview, put_trustors, row

UNCLEAR, NO_FREE = "allowance_unclear", "no_free_tokens"


def charge(
    used: object, prepaid: object = "0", grouping: str = "resource", **facts: object
) -> dict[str, object]:
    """Return a row of API requests as the API gives it."""
    given = {"name": "API Resource", "partNumber": "p", "unitOfMeasureType": "requests"}
    return row(used, **{**given, "prepayQuantity": prepaid, "grouping": grouping, **facts})


def fair(included: object, **facts: object) -> dict[str, object]:
    """Return a fair-use row of API requests."""
    return charge(included, grouping="fair-use", **facts)


def tokens(used: object, grouping: str = "rollup", **facts: object) -> dict[str, object]:
    """Return a row of AI tokens."""
    given = {"name": "AI Experience Tokens", "partNumber": "GC-170-NV-AITC", "overagePrice": "1"}
    return charge(used, grouping=grouping, **{**given, "unitOfMeasureType": "units", **facts})


def shown(cloud: ApiStub, *rows: object) -> tuple[CollectorHarness, dict[str, list[str]]]:
    """Poll a customer with these rows; return the values of included, overage and estimate."""
    put_trustors(cloud, "x")
    put_overview(cloud, "x", *rows)
    trustors = desk(periods=("current",))
    text = trustors.poll()
    names = ("included_quantity", "overage_quantity", "estimated_overage_amount")
    found = {name: lines(text, f"trustor_{name}") for name in names}
    return trustors, {name: [line.split("} ")[1] for line in of] for name, of in found.items()}


def test_an_allowance_in_a_fair_use_row_is_not_billed(cloud: ApiStub) -> None:
    """Of 505,992 requests 182,000 are included: the rest is overage at its price."""
    _, found = shown(cloud, charge("505992", overagePrice="0.0001"), fair("182000"))
    assert found == {
        "included_quantity": ["182000"],
        "overage_quantity": ["323992"],
        "estimated_overage_amount": ["32.3992"],
    }


def test_tokens_are_billed_by_their_roll_up(cloud: ApiStub) -> None:
    """Tokens beyond the free ones are overage, whatever the names of the rows; what used them is a
    breakdown and has none.
    """
    parts = tokens("1856.79", "rollup-usage", name="Virtual Agent")
    free = tokens("350", "fair-use", name="AI Experience Tokens - GC1")
    _, found = shown(cloud, parts, free, tokens("1856.79", name="AI Experience Tokens Concurrent"))
    assert found == {
        "included_quantity": ["350"],
        "overage_quantity": ["1506.79"],
        "estimated_overage_amount": ["1506.79"],
    }


@pytest.mark.parametrize(
    ("rows", "included", "overage", "dropped"),
    [
        # The same allowance in both places is one.
        ([charge("500", "182"), fair("182")], ["0"], ["318"], {}),
        ([charge("500", "182.0"), fair("182")], ["0"], ["318.0"], {}),
        # Different ones: which of them holds is not known.
        ([charge("500", "100"), fair("182")], [], [], {UNCLEAR: 1}),
        # An allowance of zero states none.
        ([charge("500", "100"), fair("0")], [], ["400"], {"zero": 1}),
        ([charge("500"), fair("0")], [], ["500"], {"zero": 1}),
        # Without a fair-use row the prepaid quantity is all there is.
        ([charge("500", "182")], [], ["318"], {}),
        ([charge("100"), fair("182")], ["182"], ["0"], {}),
        # Unreadable, missing and negative allowances.
        ([charge("500"), fair("many")], [], [], {"not_a_number": 1}),
        ([charge("500"), fair(None)], [], [], {"missing": 1}),
        ([charge("500"), fair("-5")], [], [], {UNCLEAR: 1}),
        ([charge("500", None), fair("182")], ["182"], [], {"missing": 1}),
        ([charge(None), fair("182")], ["182"], [], {"missing": 1}),
        ([charge(None, "1"), fair("182")], [], [], {"missing": 1}),
        # By name and part number first; a row of another part number keeps its own numbers.
        (
            [charge("500"), charge("9", "4", partNumber="q"), fair("182")],
            ["182"],
            ["318", "5"],
            {},
        ),
        ([charge("500"), fair("182"), fair("7", partNumber="q")], ["182"], ["318"], {}),
        # By name alone where one row can take it.
        ([charge("500"), fair("182", partNumber="")], ["182"], ["318"], {}),
        ([charge("500"), fair("182", name=" api resource ")], ["182"], ["318"], {}),
        (
            [charge("500"), charge("9", "4", partNumber="q"), fair("182", partNumber="z")],
            ["182"],
            ["318", "5"],
            {},
        ),
        (
            [charge("500", "182"), charge("9", partNumber="q"), fair("182", partNumber="z")],
            ["0"],
            ["318", "9"],
            {},
        ),
        (
            [charge("500"), charge("9", partNumber="q"), fair("182", partNumber="z")],
            [],
            [],
            {UNCLEAR: 2},
        ),
        # Of one name and part number, the row of the same unit.
        (
            [charge("500"), charge("9", unitOfMeasureType="GB"), fair("182")],
            ["182"],
            ["9", "318"],
            {},
        ),
        # An allowance in another unit cannot be taken off; a plural is no other unit.
        ([charge("500"), fair("182", unitOfMeasureType="GB")], [], [], {UNCLEAR: 1}),
        ([charge("500"), fair("182", unitOfMeasureType="Request")], ["182"], ["318"], {}),
        ([charge("500"), fair("182", unitOfMeasureType=None)], ["182"], ["318"], {}),
        # Several fair-use rows add up.
        (
            [charge("500"), fair("100", partNumber="a"), fair("82", partNumber="b")],
            ["182"],
            ["318"],
            {},
        ),
        # No charge of that name.
        ([charge("500", name="Other"), fair("182")], [], ["500"], {}),
        # Groupings in any case, with spaces.
        ([charge("500"), charge("182", grouping=" Fair-Use ")], ["182"], ["318"], {}),
        # Tokens: free and prepaid are both taken off, unless they are the same.
        ([tokens("2000", prepayQuantity="1600"), tokens("250", "fair-use")], ["250"], ["150"], {}),
        ([tokens("2000", prepayQuantity="250"), tokens("250", "fair-use")], ["0"], ["1750"], {}),
        ([tokens("2000", prepayQuantity="0"), tokens("0", "fair-use")], ["0"], ["2000"], {}),
        ([tokens("2000")], [], [], {NO_FREE: 1}),
        ([tokens("2000"), tokens("", "fair-use")], [], [], {"missing": 1}),
        (
            [
                tokens("2000", name="AI Tokens 3"),
                *(tokens(free, "fair-use", name=f"AI Tokens {free}") for free in ("250", "350")),
            ],
            [],
            [],
            {UNCLEAR: 1},
        ),
        (
            [tokens("900"), tokens("9", name="AI Tokens 2"), tokens("50", "fair-use")],
            ["50"],
            ["850"],
            {NO_FREE: 1},
        ),
        # Only the roll-up of tokens has an overage.
        ([charge("500", grouping="rollup"), fair("182")], [], [], {}),
        ([charge("500", grouping="storage-category"), fair("182")], [], [], {}),
        # Tokens that have no roll-up are billed by their own row.
        ([tokens("900", "resource"), tokens("50", "fair-use")], ["50"], ["850"], {}),
    ],
)
def test_what_is_included(
    cloud: ApiStub,
    rows: list[object],
    included: list[str],
    overage: list[str],
    dropped: dict[str, int],
) -> None:
    """Prepaid and included are the whole allowance; where it is not known there is no overage, and
    that is counted. The order of rows decides nothing.
    """
    trustors, found = shown(cloud, *rows)
    values = found["included_quantity"], found["overage_quantity"]
    assert (values, trustors.dropped) == ((included, overage), dropped)
    for seed in range(4):
        mixed = [*rows]
        Random(seed).shuffle(mixed)  # noqa: S311 - no secret
        other, again = shown(cloud, *mixed)
        assert (again, other.dropped) == (found, trustors.dropped)


def test_rows_of_zeros_that_can_take_an_allowance_stay(cloud: ApiStub) -> None:
    """A charge that is not used shows what it includes, and which row an allowance belongs to does
    not depend on which rows are zero.
    """
    rows = [charge("0"), charge("9", partNumber="q"), fair("182"), charge("0", name="Other")]
    trustors, found = shown(cloud, *rows)
    assert found["included_quantity"] == ["182"]
    assert found["overage_quantity"] == ["0", "9"]
    assert trustors.dropped == {"zero": 1}


@pytest.mark.parametrize(
    ("name", "part_number", "is_so"),
    [
        ("AI Experience Tokens", None, True),
        ("Genesys GenAI token", "", True),
        ("ai experience tokens", "", True),
        ("Whatever", " gc-170-nv-aitc ", True),
        ("AI Summaries", "GC-175", False),
        ("Email Tokens", None, False),
        (None, None, False),
    ],
)
def test_rows_of_tokens(name: str | None, part_number: str | None, is_so: bool) -> None:
    """AI tokens are known by their part number, or by a name with both words."""
    assert is_tokens(name, part_number) is is_so


def test_the_same_allowances_for_any_key() -> None:
    """Every billed row has an allowance, no other row has."""
    rows = [
        Row(str(number), "n", "p", grouping, "u", Decimal(number), Decimal(0))
        for number, grouping in enumerate(("resource", "fair-use", "rollup", "rollup-usage", ""))
    ]
    found = allowances(rows)
    assert sorted(found) == ["0", "4"]
    assert not any(allowance.is_known for allowance in found.values())

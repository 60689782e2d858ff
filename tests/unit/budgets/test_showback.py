"""Showback: first match wins, and no cent is lost or made."""

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.budgets.settings import Group, Showback
from billing_exporter.budgets.showback import UNALLOCATED, Allocation, split

EXACT = Context(prec=60)
AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=6)
WEIGHTS = st.dictionaries(
    st.text("abcde", min_size=1, max_size=3),
    st.decimals(min_value="0.01", max_value=1000, places=2),
    min_size=1,
    max_size=6,
)


@given(AMOUNTS, WEIGHTS, st.sampled_from(["EUR", "JPY", "KWD"]))
def test_the_parts_are_the_whole(
    amount: Decimal, weights: dict[str, Decimal], currency: str
) -> None:
    """Whatever is divided by whatever weights, the parts add up to it to the last digit."""
    total = Decimal(0)
    for part in split(amount, weights, currency).values():
        total = EXACT.add(total, part)
    assert total == amount


@given(AMOUNTS, WEIGHTS)
def test_a_part_is_fair(amount: Decimal, weights: dict[str, Decimal]) -> None:
    """Each part is within two subunits of its share, and has the sign of the whole."""
    parts, whole = split(amount, weights, "EUR"), sum(weights.values())
    for name, part in parts.items():
        assert abs(part - amount * weights[name] / whole) <= Decimal("0.02")
        assert part * amount >= 0


@given(AMOUNTS, WEIGHTS)
def test_order_does_not_matter(amount: Decimal, weights: dict[str, Decimal]) -> None:
    """The same weights in another order give the same parts."""
    turned = dict(reversed(weights.items()))
    assert split(amount, weights, "EUR") == split(amount, turned, "EUR")


@pytest.mark.parametrize(
    ("amount", "currency", "parts"),
    [
        ("100.00", "EUR", ["33.34", "33.33", "33.33"]),
        ("100", "JPY", ["34", "33", "33"]),
        ("0.01", "EUR", ["0.01", "0.00", "0.00"]),
        ("-0.05", "EUR", ["-0.02", "-0.02", "-0.01"]),
        ("0.105", "EUR", ["0.04", "0.035", "0.03"]),
    ],
)
def test_remainders_go_by_name(amount: str, currency: str, parts: list[str]) -> None:
    """Equal shares: the first names get what is over."""
    weights = dict.fromkeys("abc", Decimal(1))
    assert list(split(Decimal(amount), weights, currency).values()) == list(map(Decimal, parts))


def test_the_first_match_bears_it() -> None:
    """By customer, by charge, by organization, shared; what nothing matches has no group."""
    allocation = Allocation(
        Showback(
            name="cc",
            groups=(
                Group(to="A", customers=("acme*",)),
                Group(to="B", customers=("*",), charges=("*Bot*",)),
                Group(split={"A": Decimal(1), "B": Decimal(3)}, charges=("GC-170",)),
                Group(to="C", organizations=("emea",), charges=("nothing",)),
            ),
        )
    )
    minutes, bot = ("Minutes", "GC-1"), ("Voice Bot", "GC-2")
    assert allocation.weights("o", ("Acme Ltd", "1"), bot) == {"A": 1}
    assert allocation.weights("o", ("Umbra", "2"), bot) == {"B": 1}
    assert allocation.weights("o", (), bot) == {UNALLOCATED: 1}
    assert allocation.weights("o", ("Umbra", "2"), ("Any", "gc-170")) == {"A": 1, "B": 3}
    assert allocation.weights("o", (), ("Any", "GC-170")) == {"A": 1, "B": 3}
    assert allocation.weights("o", ("Umbra", "2"), minutes) == {UNALLOCATED: 1}
    assert {pattern for _, _, pattern in allocation.unmatched} == {"emea", "nothing"}


def test_a_pattern_is_unmatched_for_its_own_sake() -> None:
    """Beside one that matches nothing another one may match, and the default always does."""
    groups = Group(to="A", customers=("nobody",)), Group(to="B", organizations=("typo",))
    wrong = Group(to="C", customers=("Acme", "wrong"), charges=("GC-1",))
    allocation = Allocation(Showback(name="cc", groups=(*groups, wrong)))
    assert allocation.weights("o", ("Umbra", "2"), ("Minutes", "GC-1")) == {UNALLOCATED: 1}
    assert {pattern for _, _, pattern in allocation.unmatched} == {
        "nobody",
        "typo",
        "Acme",
        "wrong",
    }

"""Chance is a function of its key."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as some

from billing_exporter.simulator.seeded_random import between, identifier, pick, share


@given(some.text(), some.integers())
def test_shares_are_in_range_and_the_same_again(text: str, number: int) -> None:
    """A share is from 0 to below 1, and the same for the same key."""
    assert 0 <= share(text, number) < 1
    assert share(text, number) == share(text, number)


def test_whole_numbers_reach_both_ends() -> None:
    """Whole numbers take every value from the lowest to the highest, and no other."""
    assert {between(3, 6, "key", number) for number in range(200)} == {3, 4, 5, 6}


def test_every_choice_is_picked() -> None:
    """Each of the choices comes up."""
    assert {pick("abc", number) for number in range(100)} == {"a", "b", "c"}


def test_ids_look_like_the_api_s() -> None:
    """An id is a UUID of version 4, and differs between keys."""
    assert UUID(identifier("key")).version == 4
    assert identifier("key", 1) != identifier("key", 2)

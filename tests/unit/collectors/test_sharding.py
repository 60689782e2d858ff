"""Sharding: every customer has one exporter, and few change it when one is added."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors import REGISTRY, Shard, configured
from billing_exporter.collectors.settings import EVERY_COLLECTOR

CUSTOMERS = st.lists(st.text(min_size=1), unique=True, max_size=60)


def _owner(customer: str, count: int) -> int:
    (owner,) = [index for index in range(count) if Shard(index, count).owns(customer)]
    return owner


@given(CUSTOMERS, st.integers(1, 9))
def test_each_customer_is_on_exactly_one_shard(customers: list[str], count: int) -> None:
    """However many shards there are, each customer has one and no second."""
    for customer in customers:
        assert 0 <= _owner(customer, count) < count


@given(CUSTOMERS, st.integers(1, 9))
def test_one_more_shard_takes_its_share_and_moves_nothing_else(
    customers: list[str], count: int
) -> None:
    """A customer stays where it is or goes to the new shard."""
    for customer in customers:
        before, after = _owner(customer, count), _owner(customer, count + 1)
        assert after in {before, count}


def test_shares_are_about_equal() -> None:
    """Of 3,000 customers each of 3 shards has about a third."""
    owners = [_owner(f"{number:032x}", 3) for number in range(3000)]
    assert all(900 < owners.count(shard) < 1100 for shard in range(3))


def test_only_the_first_shard_polls_what_is_the_organizations_own() -> None:
    """A second shard would count usage, invoices and contracts twice."""
    names = [
        [collector.name for collector, _ in configured(EVERY_COLLECTOR, Shard(index, 2))]
        for index in range(2)
    ]
    assert names == [list(REGISTRY), ["trustors"]]


@pytest.mark.parametrize(("index", "count"), [(1, 1), (-1, 2), (0, 0), (3, 3)])
def test_an_index_that_is_none_is_refused(index: int, count: int) -> None:
    """The message says what would be right."""
    with pytest.raises(ValueError, match=r"shard\.index must be from 0 to shard\.count - 1"):
        Shard(index, count)

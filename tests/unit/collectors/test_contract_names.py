"""The names that contracts are shown under."""

import pytest

from billing_exporter.collectors.contract_names import ContractNames
from billing_exporter.genesys.records import BillingContract


def contract(number: str | None, key: str | None) -> BillingContract:
    """Return a contract with nothing but its identity."""
    return BillingContract(id=key, external_number=number)


@pytest.mark.parametrize(
    ("listed", "names"),
    [
        ([("Q-1", "a"), ("Q-2", "b")], ["Q-1", "Q-2"]),
        ([("Q-1", "a"), ("Q-1", "b")], ["Q-1/a", "Q-1/b"]),
        ([("Q-1", "a"), (" Q-1 ", "a")], ["Q-1", "Q-1"]),
        ([("Q-1", "a"), ("Q-1", None)], ["Q-1/a", "Q-1"]),
        ([(None, "a"), ("", "b"), (None, None)], ["a", "b", ""]),
        ([("a", "b"), (None, "a")], ["a/b", "a"]),
    ],
    ids=[
        *("numbers", "one number twice", "one contract twice", "without id", "without number"),
        "a number that is another's id",
    ],
)
def test_names(listed: list[tuple[str | None, str | None]], names: list[str]) -> None:
    """A contract is called by its number, with its id only where several have that number."""
    contracts = [contract(*each) for each in listed]
    of = ContractNames(contracts).of
    assert [of(each) for each in contracts] == names
    assert [of(each) for each in reversed(contracts)] == names[::-1]

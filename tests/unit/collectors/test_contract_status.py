"""Tests of the statuses of contracts' billing periods."""

import pytest

from tests.unit.collectors.api_stub import CONTRACTS, ApiStub, lines, page
from tests.unit.collectors.test_contracts import OPEN, contract, desk, put_detail


@pytest.mark.parametrize(
    ("status", "shown"), [("closed", ["1"]), ("OPEN", ["0"]), ("Sealed", []), (None, [])]
)
def test_an_unknown_status_of_a_period_is_no_claim(
    cloud: ApiStub, status: str | None, shown: list[str]
) -> None:
    """Open and closed are known in any case; of another status nothing is claimed."""
    cloud.put(CONTRACTS, page(contract("co-1", {"id": "p", **OPEN})))
    put_detail(cloud, "co-1/p", **OPEN | {"status": status})
    text = desk().poll()
    assert [row[-1] for row in lines(text, "contract_period_closed")] == shown

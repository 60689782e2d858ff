"""Contracts of which something could not be read: budgets wait for it."""

from datetime import datetime

import pytest

from billing_exporter.collectors.contracts import ContractsCollector
from billing_exporter.collectors.settings import ContractsSettings
from tests.unit.collectors.api_stub import CONTRACTS, ApiStub, CollectorHarness, page
from tests.unit.collectors.test_history import DAY, NOW


@pytest.mark.parametrize(
    ("start", "status", "is_awaited"),
    [
        ("2026-11-01", "Open", True),
        ("2026-11-01", "Closed", False),  # it is a closed one
        ("2027-01-01", "Open", False),  # it has not begun
    ],
)
def test_a_running_period_of_a_contract_that_fails_is_awaited(
    cloud: ApiStub, start: str, status: str, is_awaited: bool
) -> None:
    """It is while it was never read, and again when it was not read for longer than max_age."""
    running = {"id": "bp-11", "dateStart": start, "dateEnd": "2027-01-31", "status": status}
    cloud.put(CONTRACTS, page({"id": "c-1", "externalNumber": "C-1", "billingPeriods": [running]}))
    path = f"{CONTRACTS}/c-1/billingperiods/bp-11"
    cloud.refuse(path, 404)
    contracts = CollectorHarness(ContractsCollector(ContractsSettings(history=0)))

    def unread(now: datetime) -> dict[str, str]:
        contracts.poll(now)
        assert contracts.reading is not None
        return dict(contracts.reading.data.unread())

    awaited = {"c-1": "C-1"} if is_awaited else {}
    assert unread(NOW) == awaited
    cloud.put(path, {**running, "charges": [{"name": "Voice", "actualQuantity": 9}]})
    assert unread(NOW) == {}
    cloud.refuse(path, 404)
    assert unread(NOW + DAY) == {}
    assert unread(NOW + 8 * DAY) == awaited

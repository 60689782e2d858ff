"""Contracts of which something could not be read: budgets wait for it."""

from datetime import date, datetime

import pytest

from billing_exporter.collectors.contracts import ContractsCollector
from billing_exporter.collectors.settings import ContractsSettings
from tests.unit.collectors.api_stub import CONTRACTS, ApiStub, CollectorHarness, page
from tests.unit.collectors.test_history import DAY, NOW, contract_periods, put_details

OK = 200


@pytest.mark.parametrize(
    ("status", "day"), [(500, date(2026, 10, 1)), (403, None), (404, None), (200, None)]
)
def test_a_closed_period_of_a_contract_that_fails_is_awaited(
    cloud: ApiStub, status: int, day: date | None
) -> None:
    """It is until it was read; one that the API does not have, or refuses, never comes."""
    entity = {"id": "c-1", "externalNumber": "C-1", "billingPeriods": contract_periods()}
    cloud.put(CONTRACTS, page(entity))
    put_details(cloud, 9, 5, 4, 3)
    if status != OK:
        cloud.refuse(f"{CONTRACTS}/c-1/billingperiods/bp-9", status)
    contracts = CollectorHarness(ContractsCollector(ContractsSettings(history=3)))
    awaited = {} if day is None else {("C-1", "c-1"): day}
    for _ in range(2):  # the same day it is not asked for again
        contracts.poll(NOW)
        assert contracts.reading is not None
        assert contracts.reading.data.unread_past() == awaited
    put_details(cloud, 9, 5, 4, 3)
    contracts.poll(NOW + DAY)
    assert contracts.reading is not None
    assert contracts.reading.data.unread_past() == {}


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

"""Closed periods outlast the numbers of the running ones: when they settled is known from here."""

from datetime import timedelta

from billing_exporter.collectors.contracts import ContractsCollector
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import ContractsSettings
from tests.unit.collectors.api_stub import (
    CONTRACTS,
    NOW,
    OVERVIEW,
    ApiStub,
    CollectorHarness,
    lines,
    page,
)
from tests.unit.collectors.partner import desk, put_overview, put_trustors, row

NOVEMBER = "2026-11-01T00:00:00Z", "2026-11-30T23:59:59Z"
OCTOBER = "2026-10-01T00:00:00Z", "2026-10-31T23:59:59Z"


def test_closed_periods_outlast_the_numbers_of_their_customer(cloud: ApiStub) -> None:
    """While nothing is shown of a customer its history is kept, and shown once it is back."""
    put_trustors(cloud, "bad", "good")
    for index, period in enumerate((NOVEMBER, OCTOBER)):
        for name in ("bad", "good"):
            put_overview(cloud, name, row(overagePrice="2"), index=index, period=period)
    trustors = desk(max_age=Duration("1d"), history=1)
    before = lines(trustors.poll(NOW), "trustor_history_estimated_amount")
    cloud.refuse(f"{OVERVIEW}/id-bad", 500)
    text = trustors.poll(NOW + timedelta(hours=25))
    assert len(before) == 2
    assert lines(text, "trustor_history_estimated_amount") == before[1:]
    assert trustors.reading is not None
    assert set(trustors.reading.data.history) == {"id-bad", "id-good"}


def test_a_poll_takes_closed_periods_from_a_reading_that_has_ended(cloud: ApiStub) -> None:
    """They are not asked for again, and who is listed counts as new."""
    put_trustors(cloud, "good")
    for index, period in enumerate((NOVEMBER, OCTOBER)):
        path = put_overview(cloud, "good", row(overagePrice="2"), index=index, period=period)
    trustors = desk(history=1)
    before = lines(trustors.poll(NOW), "trustor_history_estimated_amount")
    assert trustors.reading is not None
    trustors.ended, trustors.reading = trustors.reading.data, None
    cloud.asked.clear()
    assert lines(trustors.poll(NOW), "trustor_history_estimated_amount") == before
    assert cloud.count(path) == 2


def test_contracts_take_closed_periods_from_a_reading_that_has_ended(cloud: ApiStub) -> None:
    """A change that was made meanwhile is a restatement of what was settled before."""
    period = {"id": "p", "dateStart": "2026-10-01", "dateEnd": "2026-10-31", "status": "Closed"}
    cloud.put(CONTRACTS, page({"id": "c-1", "externalNumber": "C-1", "billingPeriods": [period]}))

    def put_charge(overage: int) -> None:
        charge = {
            "name": "Voice",
            "product": {"sku": "GC-1"},
            "actualQuantity": 100 + overage,
            "overageQuantity": overage,
            "overageCharge": overage * 2,
            "overageCurrency": "EUR",
        }
        cloud.put(f"{CONTRACTS}/c-1/billingperiods/p", {**period, "charges": [charge]})

    def settled(text: str) -> list[str]:
        metrics = "contract_period_settled", "contract_period_restatements"
        return [lines(text, metric)[0].rsplit(" ", 1)[1] for metric in metrics]

    contracts = CollectorHarness(ContractsCollector(ContractsSettings()))
    put_charge(5)
    contracts.poll(NOW)
    assert settled(contracts.poll(NOW + timedelta(days=3))) == ["1", "0"]
    assert contracts.reading is not None
    contracts.ended, contracts.reading = contracts.reading.data, None
    put_charge(7)
    assert settled(contracts.poll(NOW + timedelta(days=13))) == ["0", "1"]

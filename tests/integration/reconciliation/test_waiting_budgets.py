"""A budget of contracts for a year is absent until the closed periods were read, then exact."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from billing_exporter.budgets.settings import Budget
from billing_exporter.collectors import Shard, history_budget
from billing_exporter.collectors.settings import Collectors, ContractsSettings
from billing_exporter.config import Settings
from billing_exporter.exporter import Exporter
from billing_exporter.metrics.family import PREFIX
from billing_exporter.simulator import Options, Simulator
from billing_exporter.web.negotiation import Format
from tools.testkit.organizations import organization_at

START = datetime(2026, 11, 28, 12, tzinfo=UTC)
MOST_POLLS = 40
DETAIL = "get_billing_contract_billingperiod"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Simulator]:
    """A world whose time stands still."""
    options = Options(
        address="127.0.0.1:0", start=START, time_scale=0, rate_limit=0, in_progress=0, trustors=8
    )
    with Simulator(options) as simulator:
        yield simulator


class Api:
    """Asks the simulator what its contracts cost, without the exporter's client."""

    def __init__(self, url: str) -> None:
        form = {"grant_type": "client_credentials"}
        answer = requests.post(f"{url}/oauth/token", form, auth=("demo", "demo"), timeout=10).json()
        self._header = {"Authorization": f"Bearer {answer['access_token']}"}
        self._url = url

    def get(self, path: str) -> Any:
        """Return an answer."""
        answer = requests.get(f"{self._url}{path}", headers=self._header, timeout=10)
        answer.raise_for_status()
        return answer.json(parse_float=Decimal)

    def overage_by_period(self) -> dict[tuple[str, date, str], Decimal]:
        """Return the overage of each period of each contract, by its last day and status."""
        found = {}
        contracts = self.get("/api/v2/billing/contracts")["entities"]
        for contract in contracts:
            for period in contract["billingPeriods"]:
                path = f"/api/v2/billing/contracts/{contract['id']}/billingperiods/{period['id']}"
                detail = self.get(path)
                charged = [
                    *(
                        row["overageCharge"]
                        for row in detail["charges"]
                        if row.get("overageCurrency") == "EUR"
                    ),
                    *(
                        row["balanceOverageCharge"]
                        for row in detail.get("wallets") or ()
                        if row.get("balanceOverageCurrency") == "EUR"
                    ),
                ]
                key = contract["id"], date.fromisoformat(period["dateEnd"]), period["status"]
                found[key] = sum((Decimal(each) for each in charged if each), Decimal(0))
        return found


def _settings(cloud: Simulator) -> Settings:
    contracts = Collectors(contracts=ContractsSettings(history=12))
    budgets = tuple(
        Budget(name=period, amount=Decimal(1), currency="EUR", period=period)
        for period in ("billing", "year")
    )
    return Settings(organizations=(organization_at(cloud.url, contracts),), budgets=budgets)


def _shown(exporter: Exporter) -> dict[str, Decimal]:
    """Return what budgets show, by metric and budget."""
    found = {}
    for line in b"".join(exporter.scrape(Format.TEXT, gzip=False)).decode().splitlines():
        for name in ("waiting", "estimated_amount", "without_past"):
            if line.startswith(f"{PREFIX}budget_{name}{{"):
                budget = line.split('budget="')[1].split('"')[0]
                found[f"{budget} {name}"] = Decimal(line.rpartition(" ")[2])
    return found


def _in_the_year(overage: dict[tuple[str, date, str], Decimal]) -> Decimal:
    today = START.date()
    return sum(
        (amount for (_, end, _), amount in overage.items() if today.year == end.year), Decimal(0)
    )


def test_a_budget_waits_for_closed_periods_and_is_exact_then(
    cloud: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A month's is shown at once. A restart waits for what was not read, and for nothing else;
    only the first of several shards has contracts, and waits.
    """
    monkeypatch.setattr(history_budget, "_FEWEST_CALLS", 3)
    monkeypatch.setattr(history_budget, "_CALLS_AN_HOUR", 0)
    settings, expected = _settings(cloud), _in_the_year(Api(cloud.url).overage_by_period())
    assert expected > 0

    def started() -> Exporter:
        return Exporter(settings, now=lambda: START, state=tmp_path, shard=Shard(0, 1))

    exporter = started()
    exporter.poll_once()
    first = _shown(exporter)
    assert [first[f"{name} waiting"] for name in ("billing", "year")] == [0, 1]
    assert "year estimated_amount" not in first
    assert 0 < first["billing estimated_amount"] < expected
    polls = 1
    while _shown(exporter)["year waiting"] and polls < MOST_POLLS:
        assert _shown(exporter) == first
        exporter.stop()
        exporter = started()
        assert exporter._accountant.flush(10)
        assert _shown(exporter) == first
        exporter.poll_once()
        polls += 1
    exact = {**first, "year waiting": 0, "year estimated_amount": expected, "year without_past": 0}
    assert polls > 2
    assert _shown(exporter) == exact
    exporter.stop()
    exporter = started()
    assert exporter._accountant.flush(10)
    assert _shown(exporter) == exact
    exporter.stop()
    other = Exporter(settings, now=lambda: START, shard=Shard(1, 2))
    other.poll_once()
    assert _shown(other)["year waiting"] == 0
    assert "year estimated_amount" not in _shown(other)  # it reads nothing that could count
    other.stop()


def test_accounts_that_are_lost_are_waited_for(cloud: Simulator, tmp_path: Path) -> None:
    """Where readings are kept and their accounts are not, no budget lacks in silence what those
    held: all is asked for at once, and exact then.
    """
    settings = _settings(cloud)
    exporter = Exporter(settings, now=lambda: START, state=tmp_path)
    exporter.poll_once()
    exact = _shown(exporter)
    assert exact["year estimated_amount"] > exact["billing estimated_amount"] > 0
    exporter.stop()
    shutil.rmtree(tmp_path / "accounts")
    again = Exporter(settings, now=lambda: START, state=tmp_path)
    assert again._accountant.flush(10)
    assert _shown(again) == {"billing waiting": 1, "year waiting": 1}
    assert [poller.due_in() for poller in again.pollers] == [0]
    again.poll_once()
    assert _shown(again) == exact
    again.stop()


def test_a_closed_period_that_is_forbidden_is_counted_until_it_was_read(cloud: Simulator) -> None:
    """The budget lacks exactly that period and says so; the next day it is whole."""
    overage = Api(cloud.url).overage_by_period()
    contracts = {key for key, _, _ in overage}
    asked_before = 2 * len(contracts)  # the running period and the one before
    today = START
    cloud.service.set_faults([f"forbidden:{DETAIL}:every={asked_before + 1},times=1"])
    exporter = Exporter(_settings(cloud), now=lambda: today)
    exporter.poll_once()
    found = _shown(exporter)
    assert [found[f"year {name}"] for name in ("waiting", "without_past")] == [0, 1]
    assert found["billing without_past"] == 0
    lacking = _in_the_year(overage) - found["year estimated_amount"]
    assert lacking in {amount for (_, _, status), amount in overage.items() if status == "Closed"}
    cloud.service.set_faults([])
    today += timedelta(days=1)
    exporter.poll_once()
    found = _shown(exporter)
    assert [found[f"year {name}"] for name in ("waiting", "without_past")] == [0, 0]
    assert found["year estimated_amount"] == _in_the_year(overage)
    exporter.stop()

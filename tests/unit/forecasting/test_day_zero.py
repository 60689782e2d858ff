"""Day zero: what a freshly started exporter forecasts on its first day."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from billing_exporter.app import build
from billing_exporter.collectors.settings import Collectors, ContractsSettings, TrustorsSettings
from billing_exporter.config import Settings
from billing_exporter.simulator import Options, Simulator, World
from billing_exporter.simulator.trustors import Trustor
from tools.testkit.organizations import organization_at
from tools.testkit.processes import wait_until
from tools.testkit.scrapes import Row, Scrape

pytestmark = pytest.mark.slow

SEED = 1
OLD, NEW = (World(SEED, 2).fleet[number] for number in range(2))
# The new customer's period is in its fourth day: too little for a forecast by itself.
START = datetime.combine(date(2026, 11, NEW.anchor) + timedelta(days=4), time(12), UTC)
COLLECTORS = Collectors(contracts=ContractsSettings(), trustors=TrustorsSettings())


@pytest.fixture(scope="module")
def scrape() -> Scrape:
    """What is shown of a customer with a history, a new one, and contracts, after one poll."""
    options = Options(
        address="127.0.0.1:0",
        seed=SEED,
        start=START,
        time_scale=0,
        trustors=2,
        in_progress=0,
        rate_limit=0,
    )
    with Simulator(options) as simulator:
        world = simulator.service.world
        whole = world.overview

        def overview(trustor: Trustor, index: int, *rest: Any) -> dict[str, Any] | None:
            return None if trustor.number == NEW.number and index else whole(trustor, index, *rest)

        world.overview = overview  # type: ignore[assignment,method-assign] # a world with a new customer
        organization = organization_at(simulator.url, COLLECTORS)
        app = build(
            Settings(organizations=(organization,)), address="127.0.0.1:0", now=simulator.now
        )
        app.server.start()
        for poller in app.exporter.pollers:
            poller.poll()
        try:
            wait_until(lambda: bool(Scrape.of(app.server.url).rows("forecasts")))
            return Scrape.of(app.server.url)
        finally:
            app.server.stop()
            app.exporter.stop()


def _rows(scrape: Scrape, metric: str, trustor: Trustor) -> list[Row]:
    return list(scrape.rows(metric, trustor_id=trustor.organization.id))


def test_history_alone_gives_forecasts_with_bounds(scrape: Scrape) -> None:
    """A customer with a year of closed periods has them for every charge it uses, and for money."""
    forecasts = _rows(scrape, "trustor_forecast_quantity", OLD)
    assert len(forecasts) > 10
    for bound in ("lower", "upper"):
        assert len(_rows(scrape, f"trustor_forecast_quantity_{bound}", OLD)) > 10
        assert _rows(scrape, f"trustor_forecast_estimated_amount_{bound}", OLD)
    assert scrape.value("forecasts", subject="trustors", outcome="ok")


def test_contracts_have_forecasts_on_the_first_day(scrape: Scrape) -> None:
    """A contract's charges and overage are forecast from its closed periods."""
    assert list(scrape.rows("charge_forecast_quantity_upper"))
    assert list(scrape.rows("contract_forecast_estimated_overage_amount"))
    assert scrape.value("forecasts", subject="contracts", outcome="ok")


def test_without_history_there_is_a_reason(scrape: Scrape) -> None:
    """A new customer has no forecast of a quantity, and its charges are counted by the reason."""
    assert _rows(scrape, "trustor_usage_quantity", NEW)
    assert _rows(scrape, "trustor_forecast_quantity", NEW) == []
    refused = scrape.value("forecasts", subject="trustors", outcome="too_little_data")
    assert refused is not None
    assert refused >= 10

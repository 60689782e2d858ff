"""Forecasts of a first day, worked out a second time from the API's own JSON and the formulas."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing_exporter.collectors.settings import every_collector
from billing_exporter.config import Organization, Secret, Settings
from billing_exporter.exporter import Exporter
from billing_exporter.metrics.forecasts import CONTRACTS_FORECASTS, TRUSTORS_FORECASTS
from billing_exporter.simulator import Options, Simulator
from billing_exporter.web.negotiation import Format
from tools.reliability.exposition_view import metric_of
from tools.reliability.oracle.answers import Answers
from tools.reliability.oracle.forecasts import contract_forecasts, trustor_forecasts

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
PERIODS = 7
NAMES = {metric.name for metric in (*CONTRACTS_FORECASTS, *TRUSTORS_FORECASTS)}


def _shown(simulator: Simulator) -> dict[str, Decimal]:
    """Return the forecasts that a new exporter shows after one poll."""
    settings = {"history": PERIODS}
    organization = Organization(
        name="acme",
        api_url=simulator.url,
        login_url=simulator.url,
        client_id="demo",
        client_secret=Secret("demo"),
        collectors=every_collector({}, contracts=settings, trustors=settings),
    )
    exporter = Exporter(
        Settings(organizations=(organization,)), process_metrics=False, now=simulator.now
    )
    exporter.poll_once()
    text = b"".join(exporter.scrape(Format.TEXT, gzip=False)).decode()
    exporter.stop()
    rows = (line.rpartition(" ") for line in text.split("\n") if metric_of(line) in NAMES)
    return {series: Decimal(value) for series, _, value in rows}


@pytest.mark.parametrize("fault", ["", "annual_period"])
def test_a_first_day_has_the_forecasts_of_the_formulas(fault: str) -> None:
    """Every quantity and amount with its bounds, of contracts and customers, to the last digit."""
    options = Options(
        address="127.0.0.1:0", start=START, time_scale=0, trustors=5, in_progress=0, rate_limit=0
    )
    with Simulator(options) as simulator:
        simulator.service.set_faults([fault] if fault else [])
        shown = _shown(simulator)
        answers = Answers(simulator.url)
        expected = {
            **contract_forecasts(answers, PERIODS).reported("acme").series,
            **trustor_forecasts(answers, PERIODS).reported("acme").series,
        }
    assert {metric_of(series) for series in expected} == NAMES
    assert shown == expected

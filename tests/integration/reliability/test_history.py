"""History as it is shown, against the API's own JSON: a first reading, then a restatement."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing_exporter.collectors.settings import Collectors, ContractsSettings, TrustorsSettings
from billing_exporter.metrics.history import CONTRACTS_HISTORY, TRUSTORS_HISTORY
from billing_exporter.simulator import Options, Simulator
from tools.reliability.exposition_view import metric_of
from tools.reliability.in_process_exporter import NAME, Branch
from tools.reliability.oracle.answers import Answers
from tools.reliability.oracle.history import (
    History,
    contract_history,
    restated,
    shown_first,
    trustor_history,
)
from tools.reliability.oracle.sheet import Sheet

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
PERIODS = 5
COLLECTORS = Collectors(
    contracts=ContractsSettings(history=PERIODS), trustors=TrustorsSettings(history=PERIODS)
)
NAMES = {metric.name for metric in (*CONTRACTS_HISTORY, *TRUSTORS_HISTORY)}
OPTIONS = Options(
    address="127.0.0.1:0", start=START, time_scale=0, trustors=9, in_progress=0, rate_limit=0
)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A simulated partner whose time stands still."""
    with Simulator(replace(OPTIONS)) as it:
        yield it


def _histories(simulator: Simulator) -> tuple[History, History]:
    answers = Answers(simulator.url)
    return contract_history(answers, PERIODS), trustor_history(answers, PERIODS)


def _shown(branch: Branch) -> dict[str, Decimal]:
    billing = branch.look().billing
    return {
        series: Decimal(value)
        for (_, _), rows in billing.items()
        for series, value in rows.items()
        if metric_of(series) in NAMES
    }


def _told(sheet: Sheet) -> dict[str, Decimal]:
    return dict(sheet.reported(NAME).series)


def test_a_first_reading_shows_the_amounts_of_closed_periods(simulator: Simulator) -> None:
    """Exactly the series that the API's answers give, to the last digit, none of them settled."""
    branch = Branch(simulator.url, simulator.now, collectors=COLLECTORS)
    branch.poll()
    assert _shown(branch) == _told(shown_first(*_histories(simulator), START.date()))


def test_a_restatement_is_shown_by_its_amount(simulator: Simulator) -> None:
    """After three quiet days a period is settled; what is restated then differs by exactly what the
    API's answers differ.
    """
    branch = Branch(simulator.url, simulator.now, collectors=COLLECTORS)
    branch.poll()
    simulator.service.advance(timedelta(days=3).total_seconds())
    branch.poll()
    before = _histories(simulator)
    simulator.service.set_faults(["restated:factor=1.2"])
    simulator.service.advance(timedelta(days=1).total_seconds())
    branch.poll()
    after = _histories(simulator)
    shown = {series: value for series, value in _shown(branch).items() if value}
    found = 0
    for prefix, was, now in zip(("contract", "trustor"), before, after, strict=True):
        for series, amount in _told(restated(was, now, prefix)).items():
            if series not in shown:
                continue  # not read on this day
            found += 1
            is_time = "_timestamp_" in series
            assert shown[series] == (simulator.now().timestamp() if is_time else amount), series
    assert found > 4

"""Tests that every collector of the registry is whole: settings, fixture, oracle, simulator."""

import ast
import re

import pytest

from billing_exporter.collectors.registry import CATALOGUE, REGISTRY, configured, needing
from billing_exporter.collectors.settings import EVERY_COLLECTOR, Collectors
from billing_exporter.genesys import OPERATIONS
from billing_exporter.metrics.family import PREFIX
from billing_exporter.metrics.finance import BILL, PLAN
from billing_exporter.metrics.forecasts import CONTRACTS_FORECASTS, QUALITY, TRUSTORS_FORECASTS
from billing_exporter.simulator.routes import OPERATIONS as SIMULATED
from tools.paths import ROOT
from tools.reliability.oracle import READERS

# The one list that is written by hand: what is derived must not go silent for one that was dropped.
EXPECTED = ["usage", "invoices", "contracts", "trustors"]

# Metrics that the oracle does not know, and the test that works them out a second time: forecasts
# hang on readings of many days, statements join all collectors, plans are the configuration's.
ELSEWHERE = {
    "tests/unit/forecasting/test_simulated_year.py": (*TRUSTORS_FORECASTS, *QUALITY),
    "tests/unit/forecasting/test_collector.py": CONTRACTS_FORECASTS,
    "tests/integration/reconciliation/test_year.py": BILL,
    "tests/unit/budgets/test_plan.py": PLAN,
}

COLLECTOR_TESTS = ROOT / "tests" / "unit" / "collectors"
ORACLE = ROOT / "tools" / "reliability" / "oracle"


def test_the_collectors() -> None:
    """The registry holds these collectors, in this order."""
    assert list(REGISTRY) == EXPECTED


def test_settings() -> None:
    """Each collector has its key in the configuration, and no key lacks its collector."""
    assert list(Collectors.__struct_fields__) == list(REGISTRY)
    assert [collector.name for collector, _ in configured(EVERY_COLLECTOR)] == list(REGISTRY)


def test_no_metric_has_two_collectors() -> None:
    """A metric is exposed by one collector alone."""
    names = [metric.name for metrics in CATALOGUE.values() for metric in metrics]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", REGISTRY)
def test_operations_are_known_to_the_client(name: str) -> None:
    """What a collector asks is an operation of the client."""
    assert set(REGISTRY[name].operations) <= set(OPERATIONS)
    assert set(REGISTRY[name].per_customer) <= set(REGISTRY[name].operations)


@pytest.mark.parametrize("name", REGISTRY)
def test_operations_are_simulated(name: str) -> None:
    """The simulator answers every operation that a collector asks."""
    assert set(REGISTRY[name].operations) <= set(SIMULATED)


@pytest.mark.parametrize("name", REGISTRY)
def test_an_exposition_is_recorded(name: str) -> None:
    """A fixture holds the whole exposition of a collector, and a test module compares it."""
    fixture = COLLECTOR_TESTS / "fixtures" / f"{name}.prom"
    assert fixture.is_file()
    assert fixture.name in (COLLECTOR_TESTS / f"test_{name}.py").read_text()


@pytest.mark.parametrize("name", REGISTRY)
def test_the_oracle_knows_the_collector(name: str) -> None:
    """The reliability runs can work out what a collector has to show."""
    assert name in READERS


def _names_in_the_oracle() -> list[re.Pattern[str]]:
    """Return the texts that the oracle names metrics by; a part that it fills in is any word."""
    patterns = []
    for file in ORACLE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                patterns.append(re.escape(node.value))
            elif isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+"
                    for part in node.values
                ]
                patterns.append("".join(parts))
    # A text that is filled in altogether would fit every name.
    return [re.compile(text) for text in patterns if len(text.replace(r"\w+", "")) > 2]


def test_the_oracle_knows_every_metric() -> None:
    """Each billing metric is named by the oracle, which works its values out a second time, or by
    the list of those that another test works out.
    """
    known = _names_in_the_oracle()
    # A collector without a reader fails the test above alone.
    of_readers = (metrics for name, metrics in CATALOGUE.items() if name in READERS)
    sections = (*of_readers, QUALITY, BILL, PLAN)
    every = {metric.name for metrics in sections for metric in metrics}
    elsewhere = {metric.name for metrics in ELSEWHERE.values() for metric in metrics}
    unknown = {
        name
        for name in every
        if not any(text.fullmatch(name.removeprefix(PREFIX)) for text in known)
    }
    assert unknown <= elsewhere
    assert [path for path in ELSEWHERE if not (ROOT / path).is_file()] == []


def test_who_needs_an_operation() -> None:
    """The listing of contracts is needed by two collectors, a document by none."""
    assert needing("get_billing_contracts") == ("usage", "contracts")
    assert needing("get_billing_contracts_invoice_document") == ()


def test_permissions() -> None:
    """A collector's permissions are those of its operations, each once."""
    assert REGISTRY["invoices"].permissions == ("billing:subscription:view",)
    assert REGISTRY["trustors"].permissions == (
        "authorization:orgTrustor:view",
        "affiliateOrganization:clientBilling:view",
    )

"""Tests that every collector of the registry is whole: settings, fixture, oracle, simulator."""

import ast
import re

import pytest

from billing_exporter.collectors.registry import CATALOGUE, REGISTRY, configured, needing
from billing_exporter.collectors.settings import EVERY_COLLECTOR, Collectors
from billing_exporter.genesys import OPERATIONS
from billing_exporter.metrics.family import PREFIX
from billing_exporter.simulator.routes import OPERATIONS as SIMULATED
from tools.paths import ROOT
from tools.reliability.oracle import READERS

# The one list that is written by hand: what is derived must not go silent for one that was dropped.
EXPECTED = ["usage", "invoices", "contracts", "trustors"]

# What is read once and kept needs several polls: test_history.py works it out.
OF_CLOSED_PERIODS = re.compile("_history_|_settled|restate")

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
    """Each billing metric is named by the oracle, which works its values out a second time.

    Forecasts have vectors of their own instead: they hang on more readings than one.
    """
    known = _names_in_the_oracle()
    names = [
        metric.name.removeprefix(PREFIX)
        for collector, each in REGISTRY.items()
        if collector in READERS
        for metric in each.collector.metrics
    ]
    names = [name for name in names if not OF_CLOSED_PERIODS.search(name)]
    unknown = [name for name in names if not any(text.fullmatch(name) for text in known)]
    assert unknown == []


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

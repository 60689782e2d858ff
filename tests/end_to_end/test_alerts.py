"""From a bill to a page: the world changes, and the right alert reaches a real Alertmanager."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing_exporter.app import build
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import Collectors, InvoicesSettings, TrustorsSettings
from billing_exporter.config import Settings
from billing_exporter.simulator import Options, Simulator
from tools.demo_stack.hurry import hurried
from tools.paths import ROOT
from tools.testkit.components import require
from tools.testkit.organizations import organization_at
from tools.testkit.prometheus_server import (
    AlertmanagerServer,
    Row,
    running_alertmanager,
    running_prometheus,
)
from tools.testkit.truth import Truth

RULES = sorted((ROOT / "prometheus" / "rules").glob("*.yml"))
START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LATER = timedelta(days=12)
# Waits of hours become waits of a second.
SCALE = 20_000
PATIENCE_SECONDS = 60.0

Overage = tuple[str, str, str]


def _simulator(start: datetime) -> Simulator:
    return Simulator(Options(address="127.0.0.1:0", start=start, rate_limit=100_000, in_progress=0))


def _overdue(truth: Truth, today: date) -> dict[str, dict[str, Any]]:
    """Return the unpaid invoices with the terms Net 30 that are past their due date, by id."""
    return {
        invoice["id"]: invoice
        for invoice in truth.invoices
        if invoice["paymentStatus"] == "Unpaid"
        and invoice.get("paymentTerms") == "Net 30"
        and invoice.get("dateInvoiced")
        and date.fromisoformat(invoice["dateInvoiced"]) + timedelta(days=30) < today
    }


def _in_overage(truth: Truth) -> set[Overage]:
    """Return trustor, charge and grouping of the licences that are used beyond the prepaid."""
    return {
        (name, row["name"], row["grouping"])
        for name, answer in truth.overviews.items()
        if answer.ok
        for row in answer.json()["usages"]
        if row["grouping"] in {"user-license", "resource"}
        and Decimal(row["prepayQuantity"] or 0) > 0
        and Decimal(row["usageQuantity"] or 0) > Decimal(row["prepayQuantity"])
    }


def _truth(simulator: Simulator, today: date) -> tuple[dict[str, dict[str, Any]], set[Overage]]:
    truth = Truth(simulator.url)
    truth.today = today
    found = _overdue(truth, today), _in_overage(truth)
    truth.close()
    return found


@pytest.fixture(scope="module")
def changes() -> tuple[dict[str, dict[str, Any]], set[Overage]]:
    """The invoices and charges that are in order at the start and no longer later."""
    found = []
    for moment in (START, START + LATER):
        with _simulator(moment) as simulator:
            found.append(_truth(simulator, moment.date()))
    (overdue, over), (overdue_later, over_later) = found
    new = {key: overdue_later[key] for key in overdue_later.keys() - overdue.keys()}
    return new, over_later - over


@pytest.fixture(scope="module")
def alerts(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Simulator, AlertmanagerServer]]:
    """The whole chain, from the simulator to the Alertmanager."""
    folder = tmp_path_factory.mktemp("rules")
    rules = [folder / path.name for path in RULES]
    for source, path in zip(RULES, rules, strict=True):
        path.write_text(_each_charge_speaks(hurried(source.read_text(), SCALE)))
    with ExitStack() as stack:
        simulator = stack.enter_context(_simulator(START))
        app = build(_settings(simulator.url), address="127.0.0.1:0", now=simulator.now)
        exporter, server = app.exporter, app.server
        server.start()
        stack.callback(server.stop)
        exporter.start(spread=0)
        stack.callback(exporter.stop)
        alertmanager = stack.enter_context(running_alertmanager(require("alertmanager")))
        stack.enter_context(
            running_prometheus(
                require("prometheus-3"),
                targets=[server.url.removeprefix("http://")],
                rules=rules,
                alertmanagers=[alertmanager.url.removeprefix("http://")],
            )
        )
        yield simulator, alertmanager


def _each_charge_speaks(rules: str) -> str:
    """Return rules to which no amount is too small, and no sum stands for its charges."""
    for name, value in (("small_amount", "0"), ("overage_amount", "1e12")):
        pattern = rf"(threshold_{name}:value\n +expr: vector\()[0-9.]+"
        rules = re.sub(pattern, rf"\g<1>{value}", rules)
    return rules


def _settings(url: str) -> Settings:
    collectors = Collectors(
        invoices=InvoicesSettings(interval=Duration("2s"), lines="none"),
        trustors=TrustorsSettings(interval=Duration("2s"), periods=("current",)),
    )
    return Settings(organizations=(organization_at(url, collectors),))


def _named(rows: list[Row], name: str, **labels: str) -> list[Row]:
    return [
        row
        for row in rows
        if row["labels"]["alertname"] == name
        and all(row["labels"].get(key) == value for key, value in labels.items())
    ]


def test_what_goes_wrong_reaches_the_alertmanager(
    changes: tuple[dict[str, dict[str, Any]], set[Overage]],
    alerts: tuple[Simulator, AlertmanagerServer],
) -> None:
    """An invoice falls overdue, a customer exceeds its allowance: each is one alert, in words."""
    invoices, charges = changes
    assert invoices, "the world has no invoice that falls overdue in these days"
    assert charges, "the world has no customer that goes into overage in these days"
    simulator, alertmanager = alerts
    overdue, begun = "GenesysBillingInvoiceOverdue", "GenesysBillingTrustorOverageBegun"

    before = alertmanager.wait_for_alerts(
        lambda rows: _named(rows, overdue) and _named(rows, begun), PATIENCE_SECONDS
    )
    for key in invoices:
        assert _named(before, overdue, invoice=key) == []
    for trustor, charge, grouping in charges:
        assert _named(before, begun, trustor=trustor, charge=charge, grouping=grouping) == []

    simulator.service.advance(LATER.total_seconds())

    key = min(invoices)
    invoice = invoices[key]
    trustor, charge, grouping = min(charges)
    after = alertmanager.wait_for_alerts(
        lambda rows: (
            _named(rows, overdue, invoice=key)
            and _named(rows, begun, trustor=trustor, charge=charge, grouping=grouping)
        ),
        PATIENCE_SECONDS,
    )
    (row,) = _named(after, overdue, invoice=key)
    assert row["labels"]["organization"] == "acme"
    assert row["labels"]["severity"] == "warning"
    assert row["labels"]["currency"] == invoice["currencyIsoCode"]
    said = row["annotations"]["summary"]
    assert key in said
    assert f"{invoice['amount']:,.2f} {invoice['currencyIsoCode']}" in said
    assert key in row["annotations"]["description"]
    assert row["annotations"]["runbook_url"].endswith(f"{overdue}.md")
    (row,) = _named(after, begun, trustor=trustor, charge=charge, grouping=grouping)
    assert row["labels"]["organization"] == "acme"
    assert row["labels"]["severity"] == "info"
    assert trustor in row["annotations"]["summary"]
    assert charge in row["annotations"]["summary"]
    assert "acme" in row["annotations"]["description"]
    assert row["annotations"]["runbook_url"].endswith(f"{begun}.md")

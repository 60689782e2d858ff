"""A simulated year: what is exported comes to what was billed, and to what /metrics shows."""

import csv
import io
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from billing_exporter.collectors.settings import EVERY_COLLECTOR
from billing_exporter.config import Organization, Settings
from billing_exporter.config.secret import Secret
from billing_exporter.export.csvtext import lines_of
from billing_exporter.export.tables import COST_AND_USAGE, ESTIMATED, INVOICE_DETAIL, STATEMENT
from billing_exporter.exporter import Exporter
from billing_exporter.web.negotiation import Format
from tools.testkit.scrapes import samples_of
from tools.testkit.simulated_year import FIRST, START, Year, joined

Row = dict[str, str]
Sums = dict[str, Decimal]


@pytest.fixture(scope="module")
def tables(year: Year) -> dict[str, list[Row]]:
    """The rows of each dataset as the csv module reads them."""
    made = year.exported()
    return {
        dataset: list(
            csv.DictReader(io.StringIO(b"".join(lines_of(joined(made, dataset))).decode()))
        )
        for dataset in (COST_AND_USAGE, INVOICE_DETAIL, ESTIMATED)
    }


def _sums(rows: list[Row], key: str, column: str) -> Sums:
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row[key]:
            found[row[key]] += Decimal(row[column])
    return dict(found)


def _billed(year: Year, first: date) -> Sums:
    """Return what the simulator billed since a day, worked out from its world."""
    statements = year.simulator.service.world.statements
    return {
        invoice.id: statements.amount(invoice)
        for invoice in statements.all(START.date())
        if invoice.dated and invoice.issued >= first
    }


def test_each_invoice_comes_to_what_was_billed(year: Year, tables: dict[str, list[Row]]) -> None:
    """Both datasets, for every dated invoice of the year, to the cent; nothing else is there."""
    detail = _sums(tables[INVOICE_DETAIL], "InvoiceId", "BilledCost")
    usage = _sums(tables[COST_AND_USAGE], "InvoiceId", "BilledCost")
    # The first invoices lie in billing periods that began before.
    billed = {key: amount for key, amount in _billed(year, FIRST).items() if key in detail}
    assert detail == usage == billed
    late = _billed(year, date(2026, 1, 1))
    assert {key for key, amount in late.items() if amount} <= detail.keys()
    assert len(detail) > 30


def test_effective_cost_comes_to_billed_cost(tables: dict[str, list[Row]]) -> None:
    """By currency, where purchases and the periods that they cover are both there."""
    rows = tables[COST_AND_USAGE]
    billed = _sums(rows, "BillingCurrency", "BilledCost")
    assert billed == _sums(rows, "BillingCurrency", "EffectiveCost")
    assert {row["ChargeCategory"] for row in rows} == {"Usage", "Purchase", "Credit"}


def test_no_row_comes_twice(year: Year, tables: dict[str, list[Row]]) -> None:
    """Ids are unique, and a second export has the same bytes."""
    ids = [row["InvoiceDetailId"] for row in tables[INVOICE_DETAIL]]
    assert len(ids) == len(set(ids))
    assert year.exported() == year.exported()


def test_nothing_private_is_exported(tables: dict[str, list[Row]]) -> None:
    """No link, address or person stands in any cell."""
    cells = {cell for rows in tables.values() for row in rows for cell in row.values()}
    assert not [cell for cell in cells if "http" in cell or "@" in cell or "Street" in cell]


def test_the_statement_comes_to_what_metrics_show(year: Year) -> None:
    """Overage of each contract and estimated overage of each customer, of the last two periods."""
    organization = Organization(
        name="acme",
        api_url=year.simulator.url,
        client_id="demo",
        client_secret=Secret("demo"),
        collectors=EVERY_COLLECTOR,
    )
    exporter = Exporter(Settings(organizations=(organization,)), now=lambda: START)
    exporter.poll_once()
    text = b"".join(exporter.scrape(Format.TEXT, gzip=False)).decode()
    exporter.stop()
    shown: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    names = {
        "genesyscloud_billing_charge_overage_amount": "contract",
        "genesyscloud_billing_wallet_overage_amount": "contract",
        "genesyscloud_billing_trustor_estimated_overage_amount": "trustor_id",
    }
    for sample in samples_of(text):
        if sample.name in names and sample.value:
            of = sample.labels[names[sample.name]]
            shown[of, sample.labels["currency"]] += Decimal(str(sample.value))
    exported: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in joined(year.exported(STATEMENT, first=None), STATEMENT).rows:
        amount = row["amount"]
        if isinstance(amount, Decimal) and amount:
            of = str(row["name" if row["subject"] == "contract" else "id"])
            exported[of, str(row["currency"])] += amount
    ended = {
        each.external_number or each.id for each in year.source.contracts if each.status != "Active"
    }
    of_running = {key: amount for key, amount in shown.items() if key[0] not in ended}
    assert exported == of_running
    assert len(exported) > 5

"""Invoices, contracts and customers as the tests of the export write them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from billing_exporter.export.build import FOCUS_DATASETS, Export, Wanted, export
from billing_exporter.export.csvtext import lines_of
from billing_exporter.export.source import InvoiceWithLines, Source
from billing_exporter.export.spans import Selection
from billing_exporter.export.tables import STATEMENT, Row, Table
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriod,
    BillingContractPeriodDetail,
    BillingInvoice,
    BillingInvoiceItem,
    BillingPlan,
    BillingPlanItem,
    BillingProduct,
    Customer,
    NamedEntity,
    SubscriptionOverviewUsage,
    TrusteeBillingOverview,
)
from billing_exporter.history.contracts import ContractPeriod
from billing_exporter.history.trustors import TrustorPeriod

TODAY = date(2026, 11, 28)
ACME = NamedEntity(id="org-1", name="Acme")
EVERY = Selection(TODAY, first=date(2020, 1, 1))


def number(text: str | None) -> Decimal | None:
    """Return a decimal, or None."""
    return None if text is None else Decimal(text)


def line(amount: str | None = "12.5", **changes: Any) -> BillingInvoiceItem:
    """Return a line of October in arrears."""
    usual: dict[str, Any] = {
        "id": "L-1",
        "product": BillingProduct(sku="GC-1", name="Minutes"),
        "description": "Minutes - On-Demand",
        "date_start": date(2026, 10, 1),
        "date_end": date(2026, 10, 31),
        "organization": ACME,
        "quantity": Decimal(5),
        "unit_of_measure": "Minute",
        "amount": number(amount),
    }
    return BillingInvoiceItem(**{**usual, **changes})


def invoice(
    *lines: BillingInvoiceItem, amount: str | None = None, **changes: Any
) -> InvoiceWithLines:
    """Return an invoice of 4 November that comes to its lines."""
    total = sum((each.amount for each in lines if each.amount is not None), Decimal(0))
    usual: dict[str, Any] = {
        "id": "INV-1",
        "bill_to_customer": Customer(id="c-1", number="CU-1", name="Acme Holding"),
        "date_invoiced": date(2026, 11, 4),
        "currency_iso_code": "EUR",
        "payment_status": "Unpaid",
        "payment_terms": "Net 30",
        "amount": total if amount is None else Decimal(amount),
    }
    return InvoiceWithLines(BillingInvoice(**{**usual, **changes}), lines)


def contract(**changes: Any) -> BillingContract:
    """Return a contract whose periods are the months of a year; those before November closed."""
    months = [date(2026, month, 1) for month in range(1, 13)]
    ends = [*(date.fromordinal(each.toordinal() - 1) for each in months[1:]), date(2026, 12, 31)]
    usual: dict[str, Any] = {
        "id": "c-7",
        "external_number": "C-7",
        "status": "Active",
        "date_start": date(2026, 1, 1),
        "date_end": date(2026, 12, 31),
        "billing_periods": tuple(
            BillingContractPeriod(
                id=f"p-{start.month}",
                date_start=start,
                date_end=end,
                status="Closed" if end < TODAY else "Open",
            )
            for start, end in zip(months, ends, strict=True)
        ),
        "plans": (
            BillingPlan(
                name="Core",
                organizations=(ACME,),
                items=(
                    BillingPlanItem(
                        name="Seats",
                        price=Decimal(100),
                        quantity=Decimal(12),
                        currency_iso_code="EUR",
                    ),
                ),
            ),
        ),
    }
    return BillingContract(**{**usual, **changes})


def charge(**changes: Any) -> BillingCharge:
    """Return a charge with overage of 20.00."""
    usual: dict[str, Any] = {
        "name": "Minutes",
        "product": BillingProduct(sku="GC-1", name="Minutes", unit_of_measure="Minute"),
        "organizations": (ACME,),
        "prepaid_quantity": Decimal(10),
        "fairuse_quantity": Decimal(0),
        "actual_quantity": Decimal(14),
        "overage_quantity": Decimal(4),
        "overage_rate": Decimal(5),
        "overage_charge": Decimal(20),
        "overage_currency": "EUR",
    }
    return BillingCharge(**{**usual, **changes})


def contract_period(*charges: BillingCharge, month: int = 11, **changes: Any) -> ContractPeriod:
    """Return a month of the contract in full."""
    of = contract()
    listed = of.billing_periods[month - 1]
    usual: dict[str, Any] = {
        "id": listed.id,
        "date_start": listed.date_start,
        "date_end": listed.date_end,
        "status": listed.status,
        "charges": charges or (charge(),),
    }
    detail = BillingContractPeriodDetail(**{**usual, **changes})
    return ContractPeriod(of, detail, str(of.external_number))


def usage(**changes: Any) -> SubscriptionOverviewUsage:
    """Return a row of an overview with overage of 20.00 and 30.00 prepaid."""
    usual: dict[str, Any] = {
        "name": "Minutes",
        "part_number": "GC-1",
        "grouping": "resource",
        "unit_of_measure_type": "minutes",
        "usage_quantity": Decimal(14),
        "overage_price": Decimal(5),
        "prepay_quantity": Decimal(10),
        "prepay_price": Decimal(3),
    }
    return SubscriptionOverviewUsage(**{**usual, **changes})


def trustor_period(
    *rows: SubscriptionOverviewUsage, key: str = "org-1", name: str = "Acme", **changes: Any
) -> TrustorPeriod:
    """Return November of a customer."""
    usual: dict[str, Any] = {
        "usages": rows or (usage(),),
        "currency": "EUR",
        "subscription_type": "PREPAY",
        "billing_period_start_date": datetime(2026, 11, 1, tzinfo=UTC),
        "billing_period_end_date": datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC),
        "contract_effective_date": datetime(2026, 1, 1, tzinfo=UTC),
        "contract_end_date": datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
    }
    return TrustorPeriod(key, name, TrusteeBillingOverview(**{**usual, **changes}), is_open=True)


def made(source: Source, *datasets: str, **wanted: Any) -> Export:
    """Return the export of one source."""
    chosen = datasets or (*FOCUS_DATASETS, STATEMENT)
    return export([source], Wanted(datasets=chosen, **{"selection": EVERY, **wanted}))


def rows(made_of: Export, dataset: str) -> list[Row]:
    """Return the rows of a dataset, of all its periods."""
    return [row for each in made_of.tables if each.dataset == dataset for row in each.rows]


def text(table: Table) -> str:
    """Return the CSV of a table."""
    return b"".join(lines_of(table)).decode()


def files(made_of: Export) -> dict[str, str]:
    """Return the CSV of every table by dataset and period."""
    return {f"{each.dataset}_{each.period}": text(each) for each in made_of.tables}

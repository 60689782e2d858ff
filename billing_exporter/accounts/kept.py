"""Closed periods of customers and contracts, and bills, as the ledger keeps them. Pure."""

from collections.abc import Iterable

from billing_exporter.accounts.records import Bill, BilledLine, Period, Row
from billing_exporter.collectors.base import label
from billing_exporter.genesys.records import (
    BillingContract,
    BillingContractPeriodDetail,
    BillingInvoice,
    BillingInvoiceItem,
    TrusteeBillingOverview,
)
from billing_exporter.history import contracts, trustors
from billing_exporter.metrics.samples import Samples, readable
from billing_exporter.reconciliation.records import ZERO


def bill_of(invoice: BillingInvoice, items: Iterable[BillingInvoiceItem] | None) -> Bill:
    """Return an invoice with its lines; None for lines that are not read."""
    lines = None
    if items is not None:
        lines = tuple(
            BilledLine(
                label(item.organization.id if item.organization else None),
                label(item.product.sku if item.product else None),
                item.date_start,
                item.date_end,
                readable(item.quantity),
                readable(item.amount),
            )
            for item in items
        )
    currency = label(invoice.currency_iso_code)
    return Bill(label(invoice.id), currency, readable(invoice.amount), invoice.date_invoiced, lines)


def customer_period(
    key: str,
    name: str,
    overview: TrusteeBillingOverview,
    samples: Samples | None,
    *,
    is_settled: bool,
) -> Period | None:
    """Return a closed period of a customer, None where it has no dates.

    Args:
        key: the id of the customer.
        name: of the customer.
        overview: as answered.
        samples: see ``history.trustors.rows_of``.
        is_settled: whether no change is expected any more.
    """
    both = trustors.TrustorPeriod(key, name, overview)
    read = trustors.read_of(both)
    if read is None:
        return None
    rows, unused = [], []
    for used, grouping, is_compared in trustors.rows_of(both, samples):
        if is_compared and used.quantity == ZERO and not used.prepaid:
            unused.append((used.charge, used.sku))
        elif is_compared or used.amount or used.prepaid:
            rows.append(
                Row(
                    used.charge,
                    used.sku,
                    used.currency,
                    used.quantity,
                    used.price,
                    used.amount,
                    used.prepaid,
                    used.obstacle,
                    is_compared,
                    grouping=grouping,
                )
            )
    currency = label(overview.currency)
    organizations = tuple(sorted(read.organizations))
    return Period(
        read.start, read.end, organizations, tuple(rows), tuple(unused), currency, is_settled
    )


def contract_period(
    contract: BillingContract, name: str, detail: BillingContractPeriodDetail, *, is_settled: bool
) -> Period | None:
    """Return a closed period of a contract, None where it has no dates."""
    both = contracts.ContractPeriod(contract, detail, name)
    read = contracts.read_of(both)
    if read is None:
        return None
    rows = tuple(
        Row(
            each.charge,
            each.sku,
            each.currency,
            each.quantity,
            each.price,
            each.amount,
            each.prepaid,
            organizations=tuple(sorted(each.organizations)),
        )
        for each in contracts.used_of(both)
    )
    return Period(
        read.start, read.end, tuple(sorted(read.organizations)), rows, is_settled=is_settled
    )

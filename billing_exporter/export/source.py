"""Records that an export is made of: what was read of one organization, and what was left out."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from billing_exporter.collectors.base import label
from billing_exporter.export.spans import Span
from billing_exporter.genesys.records import BillingContract, BillingInvoice, BillingInvoiceItem
from billing_exporter.history.contracts import ContractPeriod
from billing_exporter.history.trustors import TrustorPeriod
from billing_exporter.metrics.samples import EXACT
from billing_exporter.settlement import Settlement

Reason = Literal[
    "duplicate_invoice",
    "in_contract",
    "invoiced",
    "lines_not_read",
    "no_amount",
    "no_contract_dates",
    "no_currency",
    "no_invoice_id",
    "no_name",
    "no_period",
    "no_price",
    "not_in_state",
    "not_read",
    "other_customer",
    "third_party",
    "undated_invoice",
    "unknown_subscription",
    "zero",
]
"""Why something is in no file; docs/export.md explains each."""

Subject = Literal["contract", "customer"]
Settlements = Mapping[tuple[Subject, str, date], Settlement]
"""What is known of closed periods by subject, id and first day."""


class InvoiceWithLines(msgspec.Struct, frozen=True):
    """An invoice and its lines.

    Attributes:
        invoice: as listed.
        lines: None where they could not be read or are not known.
    """

    invoice: BillingInvoice
    lines: tuple[BillingInvoiceItem, ...] | None


class LeftOut(msgspec.Struct, frozen=True):
    """Something that is in no file.

    Attributes:
        dataset: the dataset that it would be in.
        reason: why it is not.
        currency: of the amount, empty without one.
        amount: what it comes to; 0 where no amount is known.
        count: how many rows, invoices or answers.
        days: its billing period, None where it has none or is of several.
    """

    dataset: str
    reason: Reason
    currency: str = ""
    amount: Decimal = Decimal(0)
    count: int = 1
    days: Span | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of one organization.

    Attributes:
        organization: its name in the configuration.
        invoices: with their lines.
        contracts: with the list of their billing periods.
        contract_periods: billing periods of contracts in full.
        trustor_periods: overviews of customers.
        settlements: what readings over time have shown of closed periods; empty without a state.
        is_first: whether invoices and contracts are exported too; of several shards the first does.
        left_out: what could not be read, or is not in the state.
    """

    organization: str
    invoices: tuple[InvoiceWithLines, ...] = ()
    contracts: tuple[BillingContract, ...] = ()
    contract_periods: tuple[ContractPeriod, ...] = ()
    trustor_periods: tuple[TrustorPeriod, ...] = ()
    settlements: Settlements = {}
    is_first: bool = True
    left_out: tuple[LeftOut, ...] = ()

    def customers(self) -> Iterator[tuple[str, str]]:
        """Yield id and name of the customers in overviews, contracts and lines, some repeatedly."""
        for period in self.trustor_periods:
            yield period.id, period.name
        organizations = (
            *(each for of in self.contracts for plan in of.plans for each in plan.organizations),
            *(each.organization for of in self.invoices for each in of.lines or ()),
        )
        for each in organizations:
            if each is not None:
                yield label(each.id), label(each.name)


def summed(left_out: Iterable[LeftOut]) -> list[LeftOut]:
    """Return what was left out, added up by dataset, reason and currency."""
    found: dict[tuple[str, Reason, str], LeftOut] = {}
    for each in left_out:
        key = each.dataset, each.reason, each.currency
        known = found.get(key)
        if known is not None:
            amount = EXACT.add(known.amount, each.amount)
            found[key] = LeftOut(*key, amount, known.count + each.count)
        else:
            found[key] = LeftOut(*key, each.amount, each.count)
    return [found[key] for key in sorted(found)]

"""Sources from what collectors keep, in memory or in the state folder, without asking the API."""

from collections.abc import Iterable, Iterator
from datetime import date

from billing_exporter.collectors.base import label
from billing_exporter.collectors.contract_names import ContractNames
from billing_exporter.collectors.contracts import ContractData, ContractsData
from billing_exporter.collectors.invoices import InvoicesData
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.export.source import (
    InvoiceWithLines,
    LeftOut,
    Settlements,
    Source,
    Subject,
)
from billing_exporter.export.spans import Span, days_of, span
from billing_exporter.history.contracts import ContractPeriod
from billing_exporter.history.trustors import TrustorPeriod
from billing_exporter.settlement import Settlement

DATASET = "state"


def source_of(
    organization: str,
    invoices: InvoicesData | None,
    contracts: ContractsData | None,
    trustors: TrustorsData | None,
    *,
    is_first: bool = True,
) -> Source:
    """Return what collectors keep of one organization; None stands for what is not kept.

    What a collector knows of but keeps only in sum, such as older periods, is left out.
    """
    of_contracts = contracts.contracts if contracts else ()
    names = ContractNames(known.contract for known in of_contracts)
    customers = list(_customers(trustors)) if trustors else []
    return Source(
        organization=organization,
        invoices=tuple(
            InvoiceWithLines(each.invoice, each.lines)
            for each in (invoices.invoices if invoices else ())
        ),
        contracts=tuple(known.contract for known in of_contracts),
        contract_periods=tuple(
            ContractPeriod(known.contract, detail, names.of(known.contract))
            for known in of_contracts
            for detail in known.periods.values()
            if detail.charges or detail.wallets
        ),
        trustor_periods=tuple(customers),
        settlements=settlements_of(contracts, trustors),
        is_first=is_first,
        left_out=(
            *(_missing_collectors(invoices, contracts, trustors)),
            *(each for known in of_contracts for each in _missing_periods(known)),
            *(_missing_customers(trustors, customers) if trustors else ()),
        ),
    )


def settlements_of(contracts: ContractsData | None, trustors: TrustorsData | None) -> Settlements:
    """Return what readings over time have shown of closed periods."""
    found: dict[tuple[Subject, str, date], Settlement] = {}
    for known in contracts.contracts if contracts else ():
        for closed in known.history.periods:
            found["contract", label(known.contract.id), closed.start] = closed.settlement
    for key, history in (trustors.history if trustors else {}).items():
        for closed in history.unpacked().periods:
            found["customer", key, closed.start] = closed.settlement
    return found


def _missing_collectors(*kept: object) -> Iterator[LeftOut]:
    count = sum(1 for each in kept if each is None)
    if count:
        yield LeftOut(DATASET, "not_in_state", count=count)


def _missing_periods(known: ContractData) -> Iterator[LeftOut]:
    """Yield the billing periods of a contract whose charges are not kept."""
    read = {each.id for each in known.periods.values() if each.charges or each.wallets}
    for listed in known.contract.billing_periods:
        days = span(listed.date_start, listed.date_end)
        if days is not None and listed.id not in read:
            yield LeftOut(DATASET, "not_in_state", days=days)


def _customers(trustors: TrustorsData) -> Iterator[TrustorPeriod]:
    for key, known in trustors.numbers.items():
        for name, period in known.periods.items():
            is_open = name == "current"
            yield TrustorPeriod(key, known.name, period.overview, is_open=is_open)


def _missing_customers(trustors: TrustorsData, read: Iterable[TrustorPeriod]) -> Iterator[LeftOut]:
    """Yield customers that were never read, and closed periods of which only sums are kept."""
    unread = trustors.without_reading()
    if unread:
        yield LeftOut(DATASET, "not_in_state", count=unread)
    kept: dict[str, set[Span | None]] = {}
    for each in read:
        kept.setdefault(each.id, set()).add(days_of(each))
    for key, history in trustors.history.items():
        for closed in history.unpacked().periods:
            days = Span(closed.settlement.start, closed.settlement.end)
            if days not in kept.get(key, set()):
                yield LeftOut(DATASET, "not_in_state", days=days)

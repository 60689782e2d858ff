"""Settled billing periods that an export has not written yet, or that were restated since."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import msgspec

from billing_exporter.collectors.base import label
from billing_exporter.collectors.contracts import ContractsData
from billing_exporter.collectors.invoices import InvoicesData
from billing_exporter.collectors.payment_status import is_owed, shown
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.export.accounts import organizations_of
from billing_exporter.export.manifest import Marks
from billing_exporter.export.saved import settlements_of
from billing_exporter.export.source import Settlements, Subject
from billing_exporter.export.tables import INVOICE_DETAIL, Table, text_of
from billing_exporter.settlement import Settlement, state


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the collectors of one organization know of its billing periods.

    Attributes:
        organization: its name in the configuration.
        contracts: None where no collector reads them.
        trustors: None where no collector reads them.
        invoices: None where no collector reads them.
    """

    organization: str
    contracts: ContractsData | None = None
    trustors: TrustorsData | None = None
    invoices: InvoicesData | None = None

    @property
    def settlements(self) -> Settlements:
        """Return what readings over time have shown of closed periods."""
        return settlements_of(self.contracts, self.trustors)


def settled(every: Iterable[Known], today: date) -> dict[date, str]:
    """Return the first days of the periods that are settled for everybody, each with a mark.

    The mark changes when the numbers of a period have changed. A period that one contract, or one
    customer without a contract, has still open or restless is not settled.
    """
    marks: defaultdict[date, list[str]] = defaultdict(list)
    open_still: set[date] = set()
    for known in every:
        settlements = known.settlements
        for start in _unread(known, settlements, today):
            open_still.add(start)
        for (subject, key, start), settlement in _deciding(known, settlements):
            if state(settlement, today, is_closed=True) == "settled":
                marks[start].append(f"{known.organization} {subject} {key} {_mark(settlement)}")
            else:
                open_still.add(start)
    return {
        start: hashlib.sha256("\n".join(sorted(of)).encode()).hexdigest()
        for start, of in sorted(marks.items())
        if start not in open_still
    }


def _mark(settlement: Settlement) -> str:
    newest = settlement.newest
    return f"{settlement.end} {newest.numbers if newest else ''} {settlement.restatements}"


def _deciding(
    known: Known, settlements: Settlements
) -> Iterator[tuple[tuple[Subject, str, date], Settlement]]:
    """Yield the periods that decide: those of customers only where no contract covers them."""
    of_contracts = known.contracts.contracts if known.contracts else ()
    covered = {key for each in of_contracts for key in organizations_of(each.contract)}
    for of, settlement in settlements.items():
        if of[0] == "contract" or of[1] not in covered:
            yield of, settlement


def _unread(known: Known, settlements: Settlements, today: date) -> Iterator[date]:
    """Yield the first days of periods of contracts of which nothing is known yet."""
    for each in known.contracts.contracts if known.contracts else ():
        for listed in each.contract.billing_periods:
            start = listed.date_start
            if start is None or start > today:
                continue
            if ("contract", label(each.contract.id), start) not in settlements:
                yield start


def due(found: Mapping[date, str], written: Marks | None, every: Iterable[Known]) -> list[date]:
    """Return the settled periods that were not written, were restated, or had an invoice paid."""
    if written is None:
        return list(found)
    known = _payment_statuses(every) if any(written.unpaid.values()) else {}
    return [
        start
        for start, mark in found.items()
        if written.settled.get(start.isoformat()) != mark
        or any(
            known.get(invoice, status) != status
            for invoice, status in written.unpaid.get(start.isoformat(), {}).items()
        )
    ]


def _payment_statuses(every: Iterable[Known]) -> dict[str, str]:
    """Return the payment status of each listed invoice; an id belongs to the first that has it."""
    found: dict[str, str] = {}
    for known in sorted(every, key=lambda each: each.organization):
        for each in known.invoices.invoices if known.invoices else ():
            found.setdefault(label(each.invoice.id), shown(each.invoice.payment_status))
    return found


def unpaid(tables: Iterable[Table], starts: Iterable[date]) -> dict[str, dict[str, str]]:
    """Return the status of each exported invoice that may still be paid, by first day of a period.

    Each period has an entry: a period without such invoices clears what was written before.
    """
    found: dict[str, dict[str, str]] = {start.isoformat(): {} for start in starts}
    for each in tables:
        if each.dataset != INVOICE_DETAIL:
            continue
        for row in each.rows:
            status = text_of(row["x_PaymentStatus"])
            if is_owed(status) is not False:
                found.setdefault(each.period.isoformat(), {})[text_of(row["InvoiceId"])] = status
    return found

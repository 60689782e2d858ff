"""Sources from what collectors keep: what is not kept is counted."""

from datetime import date, datetime

import msgspec

from billing_exporter.collectors.closed_periods import ClosedPeriod, History, PackedHistory
from billing_exporter.collectors.contracts import ContractData, ContractsData
from billing_exporter.collectors.invoices import InvoiceData, InvoicesData
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import PeriodData, TrustorData, TrustorState
from billing_exporter.export.saved import source_of
from billing_exporter.export.source import LeftOut
from billing_exporter.export.spans import Selection
from billing_exporter.export.tables import STATEMENT
from billing_exporter.settlement import Settlement
from tests.unit.export.cases import (
    TODAY,
    contract,
    contract_period,
    invoice,
    line,
    made,
    rows,
    trustor_period,
)

OCTOBER = Settlement(start=date(2026, 10, 1), end=date(2026, 10, 31))
HISTORY = History(periods=(ClosedPeriod(settlement=OCTOBER),))


def test_what_collectors_keep_is_exported() -> None:
    """Invoices, contract periods, overviews, and what is known of closed periods."""
    bill, november, overview = invoice(line()), contract_period(), trustor_period()
    packed = TrustorData.of("org-1", "Acme", {"current": PeriodData(overview.overview, 0)})
    source = source_of(
        "acme",
        InvoicesData(
            TODAY, (InvoiceData(bill.invoice, bill.lines), InvoiceData(bill.invoice, None))
        ),
        ContractsData((ContractData(contract(), {"current": november.detail}, history=HISTORY),)),
        TrustorsData(
            {"org-1": TrustorState("org-1", "Acme", "ok", datetime(2026, 11, 28))},  # noqa: DTZ001 - not looked at
            {"org-1": packed},
            history={"org-1": PackedHistory.of(HISTORY)},
        ),
    )
    assert source.invoices == (bill, type(bill)(bill.invoice, None))
    assert source.contract_periods == (november,)
    assert source.trustor_periods == (overview,)
    assert source.settlements == {
        ("contract", "c-7", OCTOBER.start): OCTOBER,
        ("customer", "org-1", OCTOBER.start): OCTOBER,
    }
    left_out = made(source, selection=Selection(TODAY)).left_out
    assert LeftOut("state", "not_in_state", count=2) in left_out


def test_what_is_not_kept_is_counted() -> None:
    """Collectors without a reading, and customers that nobody has read."""
    assert source_of("acme", None, None, None).left_out == (
        LeftOut("state", "not_in_state", count=3),
    )
    unread = TrustorsData({"org-1": TrustorState("org-1", "Acme")})
    source = source_of("acme", InvoicesData(TODAY, ()), ContractsData(()), unread)
    assert source.left_out == (LeftOut("state", "not_in_state", count=1),)


def test_contracts_of_one_number_are_told_apart() -> None:
    """Two contracts with one number have the names of /metrics, in files too."""
    detail = contract_period().detail
    both = [msgspec.structs.replace(contract(), id=key) for key in ("c-7", "c-8")]
    kept = ContractsData(tuple(ContractData(each, {"current": detail}) for each in both))
    source = source_of("acme", None, kept, None)
    assert [each.name for each in source.contract_periods] == ["C-7/c-7", "C-7/c-8"]
    assert {row["name"] for row in rows(made(source), STATEMENT)} == {"C-7/c-7", "C-7/c-8"}

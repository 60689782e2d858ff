"""The export of a running exporter: settled periods once, restated ones again, failures counted."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billing_exporter.collectors.closed_periods import ClosedPeriod, History
from billing_exporter.collectors.contracts import ContractData, ContractsData
from billing_exporter.collectors.invoices import InvoiceData, InvoicesData
from billing_exporter.collectors.settings import Collectors, ContractsSettings, InvoicesSettings
from billing_exporter.collectors.sharding import Shard
from billing_exporter.export import live
from billing_exporter.export.manifest import Marks
from billing_exporter.export.scheduled import Organization, ScheduledExport
from billing_exporter.export.settled import Known, due, settled, unpaid
from billing_exporter.export.source import Source
from billing_exporter.genesys import BillingApi
from billing_exporter.settlement import Fingerprint, Settlement
from billing_exporter.simulator import Options, Simulator
from tests.unit.export.cases import TODAY, contract, invoice, line, made
from tools.testkit.recorded_api import client_at

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)


def _settlement(start: date, numbers: str = "a", **changes: Any) -> Settlement:
    end = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    known = Fingerprint(numbers, numbers, "EUR", Decimal(1))
    usual: dict[str, Any] = {"baseline": known, "newest": known, "since": end}
    return Settlement(start=start, end=end, **{**usual, **changes})


def _contracts(*settlements: Settlement) -> ContractsData:
    history = History(periods=tuple(ClosedPeriod(settlement=each) for each in settlements))
    return ContractsData((ContractData(contract(), {}, history=history),))


def test_only_settled_periods_are_due() -> None:
    """Not one that is open, unread, not settled yet or restless; a mark is written once."""
    known = Known(
        organization="acme",
        contracts=_contracts(
            _settlement(OCTOBER),
            _settlement(SEPTEMBER, is_restless=True),
            _settlement(date(2026, 8, 1), baseline=None),
        ),
    )
    found = settled([known], TODAY)
    assert list(found) == [OCTOBER]
    assert due(found, None, [known]) == [OCTOBER]
    marks = Marks(settled={OCTOBER.isoformat(): found[OCTOBER]}, unpaid={})
    assert due(found, marks, [known]) == []


def test_a_restatement_is_due_again() -> None:
    """Other numbers, or one more restatement, give another mark."""
    marks = {
        settled([Known(organization="acme", contracts=_contracts(each))], TODAY)[OCTOBER]
        for each in (
            _settlement(OCTOBER),
            _settlement(OCTOBER, newest=Fingerprint("b", "b", "EUR", Decimal(2))),
            _settlement(OCTOBER, restatements=2),
        )
    }
    assert len(marks) == 3


def test_one_contract_holds_a_period_back() -> None:
    """What another organization has still open is not settled for anybody."""
    first = Known(organization="acme", contracts=_contracts(_settlement(OCTOBER)))
    second = Known(organization="beta", contracts=_contracts(_settlement(SEPTEMBER)))
    assert settled([first, second], TODAY) == {}


@pytest.mark.parametrize(
    ("status", "is_due"),
    [("Unpaid", False), ("UNPAID", False), ("Paid", True), ("Partially paid", True)],
)
def test_a_payment_is_due_again(status: str, is_due: bool) -> None:
    """A period is written again when the status of an unpaid invoice in it has changed."""
    paid = invoice(line(), payment_status=status).invoice
    known = Known(
        organization="acme",
        contracts=_contracts(_settlement(OCTOBER)),
        invoices=InvoicesData(TODAY, (InvoiceData(paid, None),)),
    )
    found = settled([known], TODAY)
    start = OCTOBER.isoformat()
    marks = Marks(settled={start: found[OCTOBER]}, unpaid={start: {"INV-1": "unpaid"}})
    assert due(found, marks, [known]) == ([OCTOBER] if is_due else [])


def test_an_invoice_that_is_no_longer_listed_is_not_due() -> None:
    """Nothing is known of it: what was written stays."""
    known = Known(organization="acme", contracts=_contracts(_settlement(OCTOBER)))
    found = settled([known], TODAY)
    start = OCTOBER.isoformat()
    marks = Marks(settled={start: found[OCTOBER]}, unpaid={start: {"INV-1": "unpaid"}})
    assert due(found, marks, [known]) == []


def test_only_what_may_still_be_paid_is_watched() -> None:
    """Paid and voided invoices are not, an unknown status is; a period without any is cleared."""
    statuses = {"a": "Unpaid", "b": "Paid", "c": "Voided", "d": "Sealed"}
    invoices = tuple(invoice(line(), id=key, payment_status=of) for key, of in statuses.items())
    exported = made(Source(organization="acme", invoices=invoices, contracts=(contract(),)))
    november = date(2026, 11, 1)
    assert unpaid(exported.tables, [OCTOBER, november]) == {
        "2026-10-01": {},
        "2026-11-01": {"a": "unpaid", "d": "Sealed"},
    }


class Outcomes:
    """Remembers what was counted."""

    def __init__(self) -> None:
        self.failures: list[str] = []
        self.done: list[datetime] = []

    def exporting(self) -> None:
        """Ignore the start."""

    def exported(self, at: datetime) -> None:
        """Remember a success."""
        self.done.append(at)

    def export_failed(self, reason: str) -> None:
        """Remember a failure."""
        self.failures.append(reason)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A small simulated partner whose time stands still."""
    options = Options(
        address="127.0.0.1:0",
        trustors=2,
        start=NOON,
        time_scale=0,
        in_progress=0,
        rate_limit=0,
    )
    with Simulator(options) as running:
        yield running


@pytest.fixture
def api(simulator: Simulator) -> Iterator[BillingApi]:
    """A client of it, without faults."""
    simulator.service.set_faults([])
    client = client_at(simulator.url)
    yield client
    client.close()


class Fixture:
    """An exporter's settled periods, which a test can change."""

    def __init__(self, api: BillingApi) -> None:
        self.outcomes = Outcomes()
        self._api = api
        listed = list(api.contracts())
        self._starts = {
            period.date_start
            for each in listed
            for period in each.billing_periods
            if period.date_start is not None and period.date_start >= SEPTEMBER
        }
        self.numbers = "a"
        self._listed = listed

    def organizations(self) -> list[Organization]:
        """Return the organization, all of whose closed periods are settled."""
        contracts = tuple(
            ContractData(
                each,
                {},
                history=History(
                    periods=tuple(
                        ClosedPeriod(settlement=_settlement(period.date_start, self.numbers))
                        for period in each.billing_periods
                        if period.date_start in self._starts and period.status == "Closed"
                    )
                ),
            )
            for each in self._listed
        )
        settings = Collectors(invoices=InvoicesSettings(), contracts=ContractsSettings())
        known = Known(organization="acme", contracts=ContractsData(contracts))
        return [Organization(self._api, settings, are_listed=True, known=known)]

    def work(self, target: Path) -> ScheduledExport:
        """Return the export of it to a folder."""
        return ScheduledExport(
            target,
            self.organizations,
            issuer=lambda: "Genesys",
            telemetry=self.outcomes,
            now=lambda: NOON,
            shard=Shard(),
        )


def _manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest-focus.json").read_text())
    return found


def test_each_settled_period_is_written_once(api: BillingApi, tmp_path: Path) -> None:
    """Closed periods alone, four at a time; then nothing is touched until one is restated."""
    fixture = Fixture(api)
    work = fixture.work(tmp_path)
    for _ in range(4):
        work.look()
    first = _manifest(tmp_path)
    starts = {file["period_start"] for file in first["files"].values()}
    assert starts == set(first["settled"])
    assert "2026-10-21" in starts
    assert not {"2026-11-01", "2026-11-21"} & starts
    assert fixture.outcomes.failures == []
    assert fixture.outcomes.done
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    work.look()
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    rows = (tmp_path / "billing-period_2026-10-21.csv").read_text()
    assert "Closed" in rows
    fixture.numbers = "b"
    for _ in range(4):
        work.look()
    again = _manifest(tmp_path)
    assert again["settled"].keys() == first["settled"].keys()
    assert not set(again["settled"].values()) & set(first["settled"].values())


def test_a_payment_replaces_one_file(
    api: BillingApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When an invoice is paid, Invoice Detail of its period gets a revision, and nothing else."""
    status = "Unpaid"

    def billed() -> Source:
        of = invoice(line(), payment_status=status, date_invoiced=date(2026, 10, 4))
        return Source(organization="acme", invoices=(of,), contracts=(contract(),))

    def organizations() -> list[Organization]:
        known = Known(
            organization="acme",
            contracts=_contracts(_settlement(OCTOBER)),
            invoices=InvoicesData(TODAY, (InvoiceData(billed().invoices[0].invoice, None),)),
        )
        return [Organization(api, Collectors(), are_listed=True, known=known)]

    monkeypatch.setattr(live, "read", lambda *_, **__: live.Reading(billed(), [], []))
    fixture = Fixture(api)
    monkeypatch.setattr(fixture, "organizations", organizations)
    monkeypatch.setattr("billing_exporter.export.settled._unread", lambda *_: [])
    work = fixture.work(tmp_path)
    work.look()
    revisions = {name: of["revision"] for name, of in _manifest(tmp_path)["files"].items()}
    assert set(revisions.values()) == {1}
    status = "Paid"
    work.look()
    again = {name: of["revision"] for name, of in _manifest(tmp_path)["files"].items()}
    assert again == {**revisions, "invoice-detail_2026-10-01.csv": 2}
    assert ",paid" in (tmp_path / "invoice-detail_2026-10-01.csv").read_text()
    assert _manifest(tmp_path)["unpaid"] == {"2026-10-01": {}}
    assert fixture.outcomes.failures == []


def test_a_folder_that_cannot_be_written_is_counted(api: BillingApi, tmp_path: Path) -> None:
    """It is logged and counted, and tried again at the next look."""
    target = tmp_path / "file"
    target.write_text("")
    fixture = Fixture(api)
    fixture.work(target).look()
    assert (fixture.outcomes.failures, fixture.outcomes.done) == (["write"], [])


def test_what_cannot_be_read_is_not_written(
    simulator: Simulator, api: BillingApi, tmp_path: Path
) -> None:
    """No file says less than the API would: the period stays due."""
    fixture = Fixture(api)
    simulator.service.set_faults(["forbidden:get_billing_contracts_invoice_lines"])
    fixture.work(tmp_path).look()
    assert set(fixture.outcomes.failures) == {"read"}
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_the_export_ends_nothing(
    api: BillingApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that nobody expected is logged and counted too."""
    fixture = Fixture(api)
    monkeypatch.setattr(fixture, "organizations", lambda: 1 // 0)
    fixture.work(tmp_path).look()
    assert fixture.outcomes.failures == ["read"]


def test_the_thread_ends_at_once(api: BillingApi, tmp_path: Path) -> None:
    """Stopping does not wait for the first look."""
    work = Fixture(api).work(tmp_path)
    work.start()
    work.stop()
    work.stop()

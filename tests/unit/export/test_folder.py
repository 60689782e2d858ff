"""The folder of exports: whole files, revisions, and a manifest that accounts for everything."""

import csv
import gzip
import io
import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from billing_exporter.collectors.sharding import Shard
from billing_exporter.export.build import Wanted, export
from billing_exporter.export.folder import Form, Written, known_manifest, write
from billing_exporter.export.source import Source
from billing_exporter.export.tables import COST_AND_USAGE, INVOICE_DETAIL, STATEMENT
from tests.unit.export.cases import (
    EVERY,
    TODAY,
    charge,
    contract,
    contract_period,
    invoice,
    line,
    trustor_period,
    usage,
)

SOURCE = Source(organization="acme", invoices=(invoice(line("12.5")),))
WANTED = Wanted(datasets=(INVOICE_DETAIL,), selection=EVERY)
NAME = "invoice-detail_2026-11-01.csv"


def written(folder: Path, source: Source, wanted: Wanted = WANTED, **form: object) -> Written:
    """Write an export into a folder."""
    return write(folder, export([source], wanted), wanted, Form(**form))  # type: ignore[arg-type]


def test_the_manifest_says_what_the_files_hold(tmp_path: Path) -> None:
    """Rows, sums by currency, versions, what is left out with its reason; no time of writing."""
    undated = invoice(line("7"), id="X", date_invoiced=None)
    source = Source(organization="acme", invoices=(invoice(line("12.5")), undated))
    written(tmp_path, source)
    found = json.loads((tmp_path / "manifest-focus.json").read_text())
    (file,) = found["files"].values()
    assert (file["rows"], file["revision"]) == (1, 1)
    assert file["sums"] == {"EUR": {"BilledCost": "12.5"}}
    assert (found["focus"], found["manifest"]) == ("1.4", 1)
    assert found["left_out"] == [
        {
            "dataset": "invoice",
            "reason": "undated_invoice",
            "count": 1,
            "currency": "EUR",
            "amount": "7.0",
        }
    ]


def test_the_same_data_touches_nothing(tmp_path: Path) -> None:
    """A second export of the same gives no new file; content that changed is a new revision."""
    assert written(tmp_path, SOURCE).changed == (NAME,)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert written(tmp_path, SOURCE).changed == ()
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    restated = Source(organization="acme", invoices=(invoice(line("13")),))
    again = written(tmp_path, restated)
    assert again.changed == (NAME,)
    assert again.manifest.files[NAME].revision == 2
    assert "13.0" in (tmp_path / NAME).read_text()


def test_estimates_that_were_billed_leave_no_row_behind(tmp_path: Path) -> None:
    """The file of estimates keeps its header alone once the invoice is exported."""
    wanted = Wanted(datasets=(COST_AND_USAGE,), selection=EVERY)
    estimated = Source(organization="acme", contract_periods=(contract_period(month=10),))
    written(tmp_path, estimated, wanted)
    billed = Source(
        organization="acme",
        invoices=(invoice(line("20")),),
        contract_periods=(contract_period(month=10),),
    )
    name = "cost-and-usage-estimated_2026-10-01.csv"
    assert name in written(tmp_path, billed, wanted).changed
    assert list(csv.DictReader(io.StringIO((tmp_path / name).read_text()))) == []
    assert (tmp_path / name).read_text().startswith("BilledCost,")
    assert written(tmp_path, billed, wanted).changed == ()


def test_what_was_closed_stays_closed(tmp_path: Path) -> None:
    """A billing period that an export has called Closed is Closed in later ones."""
    wanted = Wanted(datasets=("billing-period",), selection=EVERY)
    billed = Source(organization="acme", contracts=(contract(),), invoices=(invoice(line()),))
    written(tmp_path, billed, wanted)
    before = known_manifest(tmp_path, Form(), wanted)
    assert before is not None
    later = wanted.after(before.closed)
    source = Source(organization="acme", contracts=(contract(),))
    assert "Closed" in (tmp_path / "billing-period_2026-10-01.csv").read_text()
    assert "billing-period_2026-10-01.csv" not in written(tmp_path, source, later).changed


@pytest.mark.parametrize("content", [b"", b"{", b'{"manifest": 9}', b"\xff\xfe"])
def test_a_damaged_manifest_is_replaced(tmp_path: Path, content: bytes) -> None:
    """It counts as none: files begin with revision 1."""
    written(tmp_path, SOURCE)
    (tmp_path / "manifest-focus.json").write_bytes(content)
    assert written(tmp_path, SOURCE).manifest.files[NAME].revision == 1


def test_names_tell_shard_and_form(tmp_path: Path) -> None:
    """The index of a shard stands in the names where there are several; gzip at their end."""
    written(tmp_path, SOURCE, gzip=True, shard=Shard(0, 2))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["invoice-detail_2026-11-01_shard-0.csv.gz", "manifest-focus_shard-0.json"]
    plain = gzip.decompress((tmp_path / names[0]).read_bytes())
    written(tmp_path, SOURCE)
    assert (tmp_path / NAME).read_bytes() == plain


def test_a_shard_exports_its_customers_alone() -> None:
    """Invoices and contracts are the first shard's, and still come before its estimates."""
    source = Source(
        organization="acme",
        invoices=(invoice(line(date_start=date(2026, 11, 1), date_end=date(2026, 11, 3))),),
        contract_periods=(contract_period(),),
        trustor_periods=(trustor_period(usage(part_number="GC-2")),),
        is_first=False,
    )
    wanted = Wanted(datasets=(COST_AND_USAGE, STATEMENT), selection=EVERY)
    made = export([source], wanted)
    assert {table.dataset: len(table.rows) for table in made.tables} == {
        "cost-and-usage-estimated": 2,
        "statement": 1,
    }


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The error says where it is, and nothing is left behind, also for root."""
    folder = tmp_path / "out"
    folder.write_text("a file in its place")
    with pytest.raises(OSError, match="out") as caught:
        written(folder, SOURCE)
    assert str(caught.value.filename).startswith(str(folder))
    assert folder.read_text() == "a file in its place"
    assert list(tmp_path.iterdir()) == [folder]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old content stays whole, and so does the manifest that describes it."""
    written(tmp_path, SOURCE)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        written(tmp_path, Source(organization="acme", invoices=(invoice(line("13")),)))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.component
def test_parquet_says_its_types(tmp_path: Path) -> None:
    """Read by pyarrow: exact decimals, moments in UTC, text that is all digits stays text."""
    from pyarrow import parquet, types  # noqa: PLC0415 - an extra

    source = Source(
        organization="acme",
        invoices=(invoice(line("123456789012345.6789"), id="000123"),),
        contract_periods=(contract_period(charge(), month=10),),
    )
    wanted = Wanted(datasets=(INVOICE_DETAIL, STATEMENT), selection=EVERY)
    written(tmp_path, source, wanted, type="parquet", gzip=True)
    found = parquet.read_table(tmp_path / "invoice-detail_2026-11-01.parquet")
    (row,) = found.to_pylist()
    assert row["BilledCost"] == Decimal("123456789012345.6789")
    assert (row["InvoiceId"], row["PurchaseOrderNumber"]) == ("000123", None)
    assert row["InvoiceIssueDate"].isoformat() == "2026-11-04T00:00:00+00:00"
    assert types.is_decimal(found.schema.field("BilledCost").type)
    (row,) = parquet.read_table(tmp_path / "statement_2026-10-01.parquet").to_pylist()
    assert (row["period_start"], row["amount"]) == (date(2026, 10, 1), Decimal(20))
    assert written(tmp_path, source, wanted, type="parquet", gzip=True).changed == ()


@pytest.mark.component
def test_parquet_refuses_what_it_cannot_hold(tmp_path: Path) -> None:
    """The error names dataset, column and number, and CSV as the way out."""
    from billing_exporter.export.parquet import ParquetError  # noqa: PLC0415 - beside its test

    tiny = Source(organization="acme", invoices=(invoice(line("0.0000000000001")),))
    with pytest.raises(ParquetError, match=r"invoice-detail: BilledCost .*; CSV has no such limit"):
        written(tmp_path, tiny, type="parquet")


def test_the_day_of_the_test_is_in_the_open_period() -> None:
    """The cases of these tests lie around their day."""
    assert EVERY.today == TODAY

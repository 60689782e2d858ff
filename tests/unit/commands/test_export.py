"""``export`` writes what a simulated partner was billed, and says what it left out."""

import csv
import errno
import json
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from billing_exporter.collectors import Shard
from billing_exporter.commands.export_schedule import exporting, organizations_of
from billing_exporter.config import load
from billing_exporter.export import live
from billing_exporter.exporter import Exporter
from billing_exporter.simulator import Options, Simulator
from tests.unit.commands.calls import Call, listing

ALL = "{invoices: {}, contracts: {}, trustors: {}}"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A simulated Genesys Cloud of a partner with three trustors: most of a year is invoices."""
    options = Options(address="127.0.0.1:0", trustors=3, in_progress=0, rate_limit=0)
    with Simulator(options) as running:
        yield running


@pytest.fixture
def config(account: Simulator, tmp_path: Path) -> Path:
    """A configuration that lists what an export reads."""
    path = tmp_path / "c.yml"
    path.write_text(listing(account, ALL) + "export: {invoice_issuer: Genesys Telecom}\n")
    return path


def _manifest(folder: Path, kind: str = "focus") -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / f"manifest-{kind}.json").read_text())
    return found


@pytest.mark.slow
def test_everything_of_the_last_two_periods_is_written_once(
    config: Path, call: Call, tmp_path: Path
) -> None:
    """All datasets in a file per period, whatever `lines` says; a second run changes nothing.

    No payment link, address, person or document stands in a file.
    """
    out = tmp_path / "out"
    status, said, _ = call("export", "--config.file", str(config), "--output", str(out))
    names = sorted(path.name for path in out.iterdir())
    assert status == 0
    datasets = {name.rpartition("_")[0] for name in names if name.endswith(".csv")}
    assert datasets == {
        "billing-period",
        "contract-commitment",
        "cost-and-usage",
        "cost-and-usage-estimated",
        "invoice-detail",
    }
    assert len(said.splitlines()) == len(names) - 1
    rows = [
        row
        for path in out.glob("invoice-detail_*.csv")
        for row in csv.DictReader(path.read_text().splitlines())
    ]
    assert {row["x_PaymentStatus"] for row in rows} == {"paid", "unpaid"}
    assert {row["InvoiceIssuerName"] for row in rows} == {"Genesys Telecom"}
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    status, said, _ = call("export", "--config.file", str(config), "--output", str(out))
    assert (status, said) == (0, f"{len(names) - 1} files are as they were\n")
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    call("export", "--config.file", str(config), "--output", str(out), "--format", "csv")
    text = "".join(path.read_text() for path in out.iterdir())
    assert len(list(out.glob("statement_*.csv"))) > 1
    for private in ("http", "Example Street", "@", "signature", "Exampleton"):
        assert private not in text


@pytest.mark.slow
def test_the_state_folder_is_enough(
    config: Path, account: Simulator, call: Call, tmp_path: Path
) -> None:
    """Offline asks nobody, changes nothing in the folder, and counts what is not there."""
    state = tmp_path / "state"
    exporter = Exporter(load(config, {}), state=state)
    exporter.poll_once()
    exporter.stop()
    before = {path: path.read_bytes() for path in state.iterdir() if path.is_file()}
    account.service.set_faults(["503"])
    out = tmp_path / "out"
    status, _, err = call(
        *("export", "--config.file", str(config), "--output", str(out)),
        *("--offline", "--state.dir", str(state), "--from", "0001-01-01"),
    )
    assert status == 0
    assert "left out: state: not_in_state: " in err
    assert "left out: invoice: lines_not_read: " in err
    assert list(out.glob("cost-and-usage-estimated_*.csv"))
    assert {path: path.read_bytes() for path in state.iterdir() if path.is_file()} == before


def test_offline_without_readings_is_an_error(config: Path, call: Call, tmp_path: Path) -> None:
    """The message says that nothing is saved of what."""
    empty, out = tmp_path / "empty", tmp_path / "out"
    empty.mkdir()
    flags = ("--config.file", str(config), "--output", str(out), "--offline")
    status, _, err = call("export", *flags, "--state.dir", str(empty))
    assert status == 1
    assert "has no reading of these organizations: demo: invoices: nothing is saved" in err
    assert not out.exists()


def test_what_cannot_be_read_is_said(
    config: Path, account: Simulator, call: Call, tmp_path: Path
) -> None:
    """The rest is written; the status is 1, and the manifest counts it."""
    account.service.set_faults(["forbidden:get_billing_contracts"])
    out = tmp_path / "out"
    status, _, err = call("export", "--config.file", str(config), "--output", str(out))
    assert status == 1
    assert "not read: demo: contracts: " in err
    left_out = _manifest(out)["left_out"]
    assert isinstance(left_out, list)
    assert {"api"} <= {each["dataset"] for each in left_out}
    assert list(out.glob("invoice-detail_*.csv"))


def test_a_permission_that_nobody_asked_for_may_lack(
    account: Simulator, call: Call, tmp_path: Path
) -> None:
    """Where no collector is listed a client may lack the right to read customers."""
    account.service.set_faults(["forbidden:get_orgauthorization_trustors"])
    status, _, err = call("export", "--output", str(tmp_path), "--dataset", "cost-and-usage")
    assert (status, "not read" in err) == (0, False)


@pytest.mark.slow
def test_a_running_exporter_hands_over_what_it_knows(config: Path, tmp_path: Path) -> None:
    """Client, settings and readings of each organization, as the export of `serve` needs them."""
    exporter = Exporter(load(config, {}))
    exporter.poll_once()
    (found,) = organizations_of(exporter)
    assert found.known.organization == "demo"
    assert found.known.contracts is not None
    assert found.known.trustors is not None
    assert found.are_listed
    assert found.collectors.invoices is not None
    assert found.collectors.usage is None
    with exporting(exporter, tmp_path, lambda: "Genesys", Shard()):
        assert "export" in {thread.name for thread in threading.enumerate()}
    with exporting(exporter, None, lambda: "Genesys", Shard()):
        assert "export" not in {thread.name for thread in threading.enumerate()}
    exporter.stop()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "csv", "--dataset", "billing-period"), "--dataset is for --format focus"),
        (("--format", "csv", "--focus-version", "1.2"), "--focus-version is for --format focus"),
        (
            ("--focus-version", "1.2", "--dataset", "invoice-detail"),
            "FOCUS 1.2 has no other dataset than cost-and-usage",
        ),
        (("--from", "2026-02-01", "--to", "2026-01-01"), "--from 2026-02-01 is after --to"),
        (("--offline",), "--offline needs --state.dir"),
        (("--state.dir", "."), "--state.dir is for --offline"),
        (("--offline", "--state.dir", "/nowhere"), "--state.dir /nowhere: there is no such folder"),
        (("--organization", "other"), "no organization other, only: default"),
        (("--shard.index", "2"), "shard.index must be from 0 to shard.count - 1, not 2 of 1"),
    ],
)
@pytest.mark.usefixtures("account")
def test_flags_that_do_not_fit_are_explained(
    call: Call, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    """The status is 2, the message says what does not fit, and nothing is written. A folder that
    is not there is no wrong usage.
    """
    status, out, err = call("export", "--output", str(tmp_path / "out"), *arguments)
    assert (status, out) == (1 if "/nowhere" in arguments else 2, "")
    assert said in err
    assert not (tmp_path / "out").exists()


def test_a_day_is_written_as_iso(
    call: Call, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    """Another form of a date is refused with the right one."""
    with pytest.raises(SystemExit, match="2"):
        call("export", "--output", str(tmp_path), "--from", "1.2.2026")
    assert b"expected a day as YYYY-MM-DD, got 1.2.2026" in capfdbinary.readouterr().err


def test_parquet_without_its_library_is_explained(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the extra."""
    monkeypatch.setattr("billing_exporter.export.parquet.is_available", lambda: False)
    status, _, err = call("export", "--output", str(tmp_path), "--file-type", "parquet")
    assert status == 1
    assert "genesyscloud-billing-exporter[parquet]" in err


@pytest.mark.usefixtures("account")
def test_a_folder_that_is_a_file_is_named(call: Call, tmp_path: Path) -> None:
    """The message names what cannot be written."""
    out = tmp_path / "out"
    out.write_text("")
    status, _, err = call("export", "--output", str(out), "--dataset", "billing-period")
    assert status == 1
    assert err.splitlines()[-1].startswith(f"billing-exporter: {out}")


@pytest.mark.usefixtures("account")
def test_a_folder_that_takes_no_file_is_found_before_anything_is_read(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only or full disk is named in one line, and the API is not asked."""

    def refused(**_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", "tmpx")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    monkeypatch.setattr(live, "read", lambda *_, **__: pytest.fail("the API was asked"))
    status, said, err = call("export", "--output", str(tmp_path))
    assert (status, said) == (1, "")
    assert err == f"billing-exporter: {tmp_path} cannot be written: Read-only file system\n"


def test_patterns_that_fit_nobody_write_nothing(config: Path, call: Call, tmp_path: Path) -> None:
    """Files of an earlier export are not emptied by a typing error; one of several is a warning."""
    given = ("export", "--config.file", str(config), "--output", str(tmp_path), "--format", "csv")
    since = ("--from", "2035-01-01")
    status, _, err = call(*given, *since, "--customers", "Nobody*")
    assert status == 1
    assert "no customer fits --customers Nobody*; nothing is written" in err
    assert list(tmp_path.glob("*.json")) == []
    status, _, err = call(*given, *since, "--customers", "Nobody*", "--customers", "brightMERE*")
    assert status == 0
    assert "no customer fits --customers Nobody*\n" in err


def test_a_period_nobody_knows_has_no_file(config: Path, call: Call, tmp_path: Path) -> None:
    """Only the manifest is written, and a line says so."""
    status, said, _ = call(
        *("export", "--config.file", str(config), "--output", str(tmp_path / "out")),
        *("--from", "2035-01-01", "--format", "csv"),
    )
    assert (status, said) == (
        0,
        "no rows: nothing is known of billing periods that begin on these days\n",
    )
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["manifest-statement.json"]

"""Readings on disk: what was saved comes back, and nothing else does."""

import errno
import hashlib
import json
import os
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from billing_exporter.collectors.closed_periods import ClosedPeriod, History
from billing_exporter.collectors.contracts import ContractsData
from billing_exporter.collectors.former import adopted
from billing_exporter.collectors.invoices import InvoiceData, InvoicesData
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import TrustorState
from billing_exporter.collectors.usage import Charge, UsageData
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriodDetail,
    BillingInvoice,
)
from billing_exporter.polling import reading_files, reading_store
from billing_exporter.polling.reading_store import StateDirectory, origin_of
from billing_exporter.polling.state import Kept
from billing_exporter.settlement import Settlement

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ORIGIN = origin_of("acme", "https://api.mypurecloud.de")
DATA = UsageData(AT, AT, (Charge("CX 3", Decimal("12.50"), 3), Charge("Storage", None, None)))


class Failures(list[str]):
    """Collects what the directory tells."""

    def __call__(self, reason: str) -> None:
        """Note a failure."""
        self.append(reason)


@pytest.fixture
def failures() -> Failures:
    """No failure yet."""
    return Failures()


@pytest.fixture
def state(tmp_path: Path, failures: Failures) -> StateDirectory:
    """An empty directory that does not exist yet."""
    return StateDirectory(tmp_path / "state", failures)


def _only_file(tmp_path: Path) -> Path:
    (file,) = (tmp_path / "state").iterdir()
    return file


def test_what_was_saved_comes_back(state: StateDirectory) -> None:
    """Data and the time of its poll survive exactly, absent numbers included."""
    state.save("acme", "usage", ORIGIN, AT, DATA)
    assert state.restore("acme", "usage", ORIGIN, UsageData) == (AT, DATA, AT)


def test_records_of_the_api_come_back(state: StateDirectory) -> None:
    """A collector's data made of the API's records survives as well."""
    invoice = BillingInvoice(
        id="i-1", amount=Decimal("-0.10"), date_invoiced=date(2026, 1, 31), payment_status="Odd"
    )
    data = InvoicesData(date(2026, 2, 1), (InvoiceData(invoice, ()), InvoiceData(invoice, None)))
    state.save("acme", "invoices", ORIGIN, AT, data)
    assert state.restore("acme", "invoices", ORIGIN, InvoicesData) == (AT, data, AT)


def test_nothing_saved_is_no_failure(state: StateDirectory, failures: Failures) -> None:
    """The first start finds nothing and complains of nothing."""
    assert state.restore("acme", "usage", ORIGIN, UsageData) is None
    assert failures == []


def test_a_file_is_for_its_owner_alone(state: StateDirectory, tmp_path: Path) -> None:
    """Nobody but the owner may read what a customer pays."""
    state.save("acme", "usage", ORIGIN, AT, DATA)
    assert _only_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


@example(cut=64, flip=0)  # the line end after the checksum
@given(cut=st.integers(0, 400), flip=st.integers(0, 7))
def test_a_damaged_file_is_set_aside(
    cut: int, flip: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A bit that changed anywhere makes the file unusable, and never a crash."""
    path, failures = tmp_path_factory.mktemp("state"), Failures()
    state = StateDirectory(path, failures)
    state.save("acme", "usage", ORIGIN, AT, DATA)
    (file,) = path.iterdir()
    content = bytearray(file.read_bytes())
    content[cut % len(content)] ^= 1 << flip
    file.write_bytes(content)
    assert state.restore("acme", "usage", ORIGIN, UsageData) is None
    assert failures == ["damaged"]
    assert [left.suffix for left in path.iterdir()] == [".unusable"]


@pytest.mark.parametrize("length", [0, 1, 100, 300])
def test_a_cut_file_is_set_aside(
    length: int, state: StateDirectory, tmp_path: Path, failures: Failures
) -> None:
    """A file that ends early is damaged."""
    state.save("acme", "usage", ORIGIN, AT, DATA)
    file = _only_file(tmp_path)
    file.write_bytes(file.read_bytes()[:length])
    assert state.restore("acme", "usage", ORIGIN, UsageData) is None
    assert failures == ["damaged"]


def test_another_format_is_set_aside(
    state: StateDirectory, tmp_path: Path, failures: Failures
) -> None:
    """A file of another version is not guessed at."""
    state.save("acme", "usage", ORIGIN, AT, DATA)
    file = _only_file(tmp_path)
    _, line, body = file.read_bytes().split(b"\n")
    reported = json.dumps(json.loads(line) | {"format": 99}).encode() + b"\n" + body
    file.write_bytes(hashlib.sha256(reported).hexdigest().encode() + b"\n" + reported)
    assert state.restore("acme", "usage", ORIGIN, UsageData) is None
    assert failures == ["format"]


def former(name: str, data: object, form: int = 1) -> bytes:
    """Return a file in an earlier format; 1 is that of version 0.1.0."""
    header = {"format": form, "organization": "acme", "collector": name, "origin": ORIGIN, "at": AT}
    content = msgspec.json.encode(header) + b"\n" + msgspec.json.encode(data)
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def test_files_of_the_former_version_are_read(state: StateDirectory, tmp_path: Path) -> None:
    """After an upgrade from 0.1.0 its readings are shown, each customer with its time."""
    overview = {"currency": "EUR", "usages": []}
    customers = {
        "states": [
            {"id": "a", "name": "A", "status": "ok"},
            {"id": "b", "name": "B", "status": "forbidden"},
        ],
        "trustors": {
            "a": {
                "id": "a",
                "name": "A",
                "periods": {"current": {"overview": overview, "zero_rows": 2}},
            }
        },
        "read_at": {"a": AT},
        "nameless": 1,
    }
    (tmp_path / "state").mkdir()
    for name, data in (("trustors", customers), ("usage", DATA)):
        state._file("acme", name).write_bytes(former(name, data))
    assert state.restore("acme", "usage", ORIGIN, UsageData) == (AT, DATA, AT)
    kept = state.restore("acme", "trustors", ORIGIN, TrustorsData)
    assert kept is not None
    assert kept.data.states == {
        "a": TrustorState("a", "A", "ok", AT),
        "b": TrustorState("b", "B", "forbidden", None),
    }
    assert kept.data.numbers["a"].periods["current"].zero_rows == 2
    assert kept.data.nameless == 1


def test_files_with_unpacked_customers_are_read(state: StateDirectory, tmp_path: Path) -> None:
    """A file that holds each customer's overviews and closed periods as JSON is read once."""
    closed = ClosedPeriod(settlement=Settlement(start=date(2026, 1, 1), end=date(2026, 1, 31)))
    history = History((closed,), date(2026, 2, 1))
    periods = {"current": {"overview": {"currency": "EUR", "usages": []}, "zero_rows": 2}}
    data = {
        "states": {"a": TrustorState("a", "A", "ok", AT)},
        "numbers": {"a": {"id": "a", "name": "A", "periods": periods}},
        "history": {"a": history},
    }
    (tmp_path / "state").mkdir()
    state._file("acme", "trustors").write_bytes(former("trustors", data, 2))
    kept = state.restore("acme", "trustors", ORIGIN, TrustorsData)
    assert kept is not None
    assert kept.data.numbers["a"].periods["current"].overview.currency == "EUR"
    assert kept.data.history["a"].unpacked() == history
    assert kept.succeeded is None


def test_details_of_the_former_version_have_the_time_of_their_poll() -> None:
    """Lines and periods that 0.1.0 saved without a time were read by the poll of the file."""
    lines = InvoiceData(BillingInvoice(id="i"), ())
    body = msgspec.json.encode({"today": date(2026, 2, 1), "invoices": [lines]})
    assert adopted(body, InvoicesData, AT, 1).lines_read == {"i": AT}
    detail = BillingContractPeriodDetail(id="p", charges=(BillingCharge(),))
    contract = {"contract": BillingContract(id="c"), "periods": {"current": detail}, "whole": []}
    body = msgspec.json.encode({"contracts": [contract]})
    assert adopted(body, ContractsData, AT, 1).contracts[0].read == {"p": AT}


def test_a_start_does_not_wait_for_a_disk_that_hangs(
    state: StateDirectory, failures: Failures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start waits once, goes on without what was saved, and counts it."""
    state.save("acme", "usage", ORIGIN, AT, DATA)
    hung = threading.Event()
    monkeypatch.setattr(reading_store, "READ_SECONDS", 0.05)
    monkeypatch.setattr(reading_files, "read_file", lambda _: hung.wait(30))
    assert state.restore("acme", "usage", ORIGIN, UsageData) is None
    monkeypatch.setattr(reading_store, "READ_SECONDS", 30)
    assert state.restore("acme", "trustors", ORIGIN, TrustorsData) is None
    hung.set()
    assert failures == ["read"]


def test_data_of_another_shape_is_set_aside(state: StateDirectory, failures: Failures) -> None:
    """A whole file whose data does not fit the collector is of another format."""
    state.save("acme", "usage", ORIGIN, AT, InvoicesData(date(2026, 2, 1), ()))
    assert state.restore("acme", "usage", ORIGIN, UsageData) is None
    assert failures == ["format"]


def test_another_configuration_is_set_aside(state: StateDirectory, failures: Failures) -> None:
    """What another configuration fetched is not shown as this one's."""
    state.save("acme", "usage", ORIGIN, AT, DATA)
    assert state.restore("acme", "usage", origin_of("other"), UsageData) is None
    assert failures == ["configuration"]


def test_files_of_removed_collectors_are_set_aside(
    state: StateDirectory, tmp_path: Path, failures: Failures
) -> None:
    """Only files that the configuration still knows stay in place."""
    state.save("acme", "usage", ORIGIN, AT, DATA)
    state.save("gone", "usage", ORIGIN, AT, DATA)
    state.set_aside_others({("acme", "usage")})
    assert failures == ["removed"]
    assert sorted(file.suffix for file in (tmp_path / "state").iterdir()) == [
        ".reading",
        ".unusable",
    ]
    assert state.restore("acme", "usage", ORIGIN, UsageData) is not None


@given(names=st.lists(st.text(min_size=1), min_size=2, max_size=4, unique=True))
def test_no_two_organizations_share_a_file(
    names: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever organizations are called, each gets back its own."""
    state = StateDirectory(tmp_path_factory.mktemp("state"), Failures())
    for number, name in enumerate(names):
        state.save(name, "usage", ORIGIN, AT, UsageData(AT, AT, (Charge("c", Decimal(number), 0),)))
    for number, name in enumerate(names):
        restored = state.restore(name, "usage", ORIGIN, UsageData)
        assert restored is not None
        assert restored[1].charges[0].quantity == number


@pytest.mark.parametrize("refused", ["open", "fsync", "replace"])
def test_a_disk_that_refuses_leaves_the_last_file(
    refused: str, state: StateDirectory, failures: Failures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Disk full or read-only at any step: the old reading stays, nothing else is left behind."""
    state.save("acme", "usage", ORIGIN, AT, DATA)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    owner = Path if refused == "replace" else os
    monkeypatch.setattr(owner, refused, refuse)
    state.save("acme", "usage", ORIGIN, AT, UsageData(AT, AT, ()))
    monkeypatch.undo()
    assert failures == ["save"]
    assert state.restore("acme", "usage", ORIGIN, UsageData) == (AT, DATA, AT)


def test_a_path_that_is_a_file_is_survived(tmp_path: Path, failures: Failures) -> None:
    """A state directory that cannot be made costs the state, not the exporter."""
    (tmp_path / "file").write_text("")
    state = StateDirectory(tmp_path / "file", failures)
    state.save("acme", "usage", ORIGIN, AT, DATA)
    assert state.restore("acme", "usage", ORIGIN, UsageData) is None
    assert failures == ["save", "read"]


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_stands_in_the_way_is_not_followed(
    kind: str, state: StateDirectory, tmp_path: Path, failures: Failures
) -> None:
    """A link, a pipe or a folder in the place of a reading is set aside, without waiting for it or
    touching what it leads to; then a reading is saved as ever.
    """
    other = tmp_path / "other"
    other.write_text("precious")
    state.save("acme", "usage", ORIGIN, AT, DATA)
    file = _only_file(tmp_path)
    file.unlink()
    make_strange(kind, file, other)
    assert state.restore("acme", "usage", ORIGIN, UsageData) is None
    assert failures == ["damaged"]
    state.save("acme", "usage", ORIGIN, AT, DATA)
    assert state.restore("acme", "usage", ORIGIN, UsageData) == (AT, DATA, AT)
    assert other.read_text() == "precious"


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_save_writes_to_a_file_of_its_own(
    kind: str, state: StateDirectory, tmp_path: Path, failures: Failures
) -> None:
    """A link or a pipe under the temporary name is removed and never written to."""
    other = tmp_path / "other"
    other.write_text("precious")
    state.save("acme", "usage", ORIGIN, AT, DATA)
    make_strange(kind, _only_file(tmp_path).with_suffix(".new"), other)
    state.save("acme", "usage", ORIGIN, AT, DATA)
    assert failures == []
    assert other.read_text() == "precious"
    assert _only_file(tmp_path).is_file()


def make_strange(kind: str, path: Path, other: Path) -> None:
    """Put something that is no plain file at a path."""
    if kind == "link":
        path.symlink_to(other)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()


def test_a_disk_that_hangs_holds_nobody_up(
    state: StateDirectory, failures: Failures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saving in the background returns at once while the disk hangs; when it goes on, the newest
    reading of each collector is saved.
    """
    hung, sync = threading.Event(), os.fsync

    def wait(descriptor: int) -> None:
        hung.wait(30)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", wait)
    keeper = state.keeper(ORIGIN)
    for number in range(5):
        data = UsageData(AT, AT, (Charge("c", Decimal(number), 0),))
        keeper.save("acme", "usage", Kept(AT, data, AT))
    assert not state.flush(0.05)
    hung.set()
    assert state.flush(30)
    assert keeper.restore("acme", "usage", UsageData) == (AT, data, AT)
    assert failures == []


def test_the_digest_tells_configurations_apart() -> None:
    """Two configurations have one origin only where all that matters is the same."""
    assert origin_of("a", ["b"]) == origin_of("a", ["b"])
    assert origin_of("a", ["b"]) != origin_of("a", ["c"])
    assert msgspec.json.encode(("a", ["b"])).decode() not in origin_of("a", ["b"])

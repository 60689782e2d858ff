"""A disk that hangs or holds something strange: polls go on, and nothing kept is written over."""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from billing_exporter.accounts.ledger import Ledger, Stores
from billing_exporter.accounts.records import ACCOUNTS, BILLS, INDEXES, Current
from billing_exporter.forecasting.forecaster import Forecaster
from billing_exporter.forecasting.readings import Charge, Period, Subject
from billing_exporter.forecasting.store import CODEC
from billing_exporter.state_files.disk import replace_file
from billing_exporter.state_files.store import Codec, FileStore, Place
from tests.unit.accounts.cases import OCTOBER, SEPTEMBER, TODAY, invoice, item, overview, row

Result = TypeVar("Result")
VOICE = ("Voice", "GC-1")
SUBJECT = Subject(
    Period(date(2026, 11, 1), 30, {VOICE: Charge("sum", Decimal(90))}),
    tuple(
        Period(date(2026, month, 1), 30, {VOICE: Charge("sum", Decimal(100))}, is_closed=True)
        for month in (10, 9, 8)
    ),
)
TEXTS = Codec("a text", ".text", "", str.encode, bytes.decode)


@dataclass
class Disk:
    """Reads at once, or not at all while it hangs; writes wait until they are released."""

    folder: Path
    failures: list[str] = field(default_factory=list)
    tasks: dict[str, Callable[[], None]] = field(default_factory=dict)
    hangs: bool = False

    def bounded(self, work: Callable[[], Result]) -> Result:
        """Run a read, or give up."""
        if self.hangs:
            raise TimeoutError
        return work()

    def submit(self, key: str, task: Callable[[], None]) -> None:
        """Keep a write; the newest one of a key."""
        self.tasks[key] = task

    def write(self) -> None:
        """Do all writes that wait."""
        while self.tasks:
            self.tasks.popitem()[1]()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Hang during the block."""
        self.hangs = True
        yield
        self.hangs = False

    def place(self) -> Place:
        """Return where states are kept."""
        return Place(self.folder, replace_file, self.failures.append, self.submit, self.bounded)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """A disk that answers."""
    return Disk(tmp_path)


def test_nothing_is_known_of_a_state_while_the_disk_hangs(disk: Disk) -> None:
    """A load returns neither a state nor an empty one, and is counted; later it returns it."""
    store = disk.place().store(TEXTS, "texts")
    store.save("a", "kept")
    assert store.load("a") == "kept"
    disk.write()
    again = disk.place().store(TEXTS, "texts")
    with disk.hanging():
        assert (store.load("a"), again.load("a"), again.load("b")) == (None, None, None)
    assert (store.load("a"), again.load("a"), again.load("b")) == ("kept", "kept", "")
    assert disk.failures == ["read"] * 3


def test_a_key_without_a_file_needs_no_disk(disk: Disk) -> None:
    """The folder is listed once; after that only what it has, or was saved since, is read."""
    disk.place().store(TEXTS, "texts").save("a", "kept")
    disk.write()
    store = disk.place().store(TEXTS, "texts")
    assert store.load("a") == "kept"
    store.save("b", "saved")
    disk.write()
    with disk.hanging():
        assert (store.load("a"), store.load("b"), store.load("c")) == (None, None, "")
    assert store.load("b") == "saved"


def test_a_file_that_the_disk_refuses_is_not_taken_for_empty(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the disk says nothing about the state; what is kept is there when it is over."""
    store = disk.place().store(TEXTS, "texts")
    store.save("a", "kept")
    disk.write()

    def refuse(_: Path) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr("billing_exporter.state_files.store.read_file", refuse)
        assert store.load("a") is None
    assert store.load("a") == "kept"
    assert disk.failures == ["read"]


def test_files_may_come_later(disk: Disk) -> None:
    """A folder that is not there yet, such as a volume's, is looked for again."""
    store = disk.place().store(TEXTS, "texts")
    assert store.load("a") == ""
    disk.place().store(TEXTS, "texts").save("a", "kept")
    disk.write()
    assert store.load("a") == "kept"


def test_what_is_dropped_is_gone_before_the_disk_knows(disk: Disk) -> None:
    """A file is removed in the background, like one that is written; the last word counts."""
    store = disk.place().store(TEXTS, "texts")
    store.save("a", "kept")
    store.save("b", "kept")
    disk.write()
    store.drop("a")
    store.drop("b")
    store.save("b", "again")
    with disk.hanging():
        assert (store.load("a"), store.load("b")) == ("", "again")
    disk.write()
    assert (store.load("a"), store.load("b")) == ("", "again")


def test_a_pipe_in_the_place_of_a_file_is_set_aside(tmp_path: Path) -> None:
    """What is no file is not opened, which would wait for ever; it is counted once."""
    failures: list[str] = []
    store = FileStore(TEXTS, tmp_path, replace_file, failures.append)
    store.save("a", "kept")
    (file,) = tmp_path.iterdir()
    file.unlink()
    os.mkfifo(file)
    results: list[str | None] = []
    thread = threading.Thread(target=lambda: results.append(store.load("a")), daemon=True)
    thread.start()
    thread.join(10)
    assert results == [""]
    assert failures == ["damaged"]
    store.save("a", "again")
    assert store.load("a") == "again"


def _ledger(disk: Disk) -> Ledger:
    place = disk.place()
    stores = Stores(
        place.store(ACCOUNTS, "accounts"),
        place.store(BILLS, "accounts"),
        place.store(INDEXES, "accounts"),
    )
    return Ledger("acme", stores)


def test_a_ledger_loses_nothing_to_a_hung_disk(disk: Disk) -> None:
    """Closed periods and lines that were kept stay; what was not taken in is wanted again."""
    ledger = _ledger(disk)
    ledger.customer_period("t-1", "Acme", overview(SEPTEMBER, row()), is_settled=True)
    ledger.keep_only("trustors", ["t-1"])
    ledger.lines(invoice("20.00"), [item("20.00", "10", OCTOBER, date(2026, 10, 31))])
    disk.write()
    with disk.hanging():
        ledger = _ledger(disk)
        assert ledger.is_kept("trustors", "t-1", OCTOBER)  # nobody is asked for it meanwhile
        ledger.customer_period("t-1", "Acme", overview(OCTOBER, row()), is_settled=True)
        ledger.current_period("trustors", "t-1", "Acme", Current(TODAY, TODAY, ()))
        assert not ledger.wants_lines(invoice("21.00"), TODAY)
        ledger.lines(invoice("21.00"), [])
        ledger.keep_only("trustors", ["t-1"])
    disk.write()
    assert not ledger.is_kept("trustors", "t-1", OCTOBER)
    assert ledger.is_kept("trustors", "t-1", SEPTEMBER)
    assert [period.start for account in ledger.accounts("trustors") for period in account.closed]
    assert ledger.wants_lines(invoice("21.00"), TODAY)
    assert [bill.lines and len(bill.lines) for bill in ledger.bills()] == [1]


def test_a_forecast_goes_on_without_its_state(disk: Disk) -> None:
    """It is made of the reading alone, and the state is as it was when the disk answers again."""
    day = date(2026, 11, 20)
    place = disk.place()
    forecaster = Forecaster("", place.store(CODEC, "forecasts"))
    first = forecaster.take("t-1", SUBJECT, day)
    disk.write()
    before = {file: file.read_bytes() for file in disk.folder.rglob("*.forecast")}
    results = forecaster.results()
    with disk.hanging():
        assert forecaster.take("t-1", SUBJECT, day) is not None
        forecaster.forget_others([])
        assert forecaster.results() == results
        forecaster.quality()
    disk.write()
    assert {file: file.read_bytes() for file in disk.folder.rglob("*.forecast")} == before != {}
    assert forecaster.take("t-1", SUBJECT, day) == first
    forecaster.forget_others([])
    assert forecaster.results() == {}
    assert {each.scored for each in forecaster.quality().scored.values()} == {0}


def test_a_scrape_does_not_wait_for_the_disk(disk: Disk) -> None:
    """How good the forecasts are is returned while a state is being read."""
    begun, released = threading.Event(), threading.Event()

    def slow(work: Callable[[], Result]) -> Result:
        begun.set()
        released.wait(10)
        return work()

    store = FileStore(CODEC, disk.folder, replace_file, disk.failures.append, bounded=slow)
    forecaster = Forecaster("", store)
    thread = threading.Thread(target=forecaster.take, args=("t-1", SUBJECT, TODAY))
    thread.start()
    assert begun.wait(10)
    assert forecaster.quality().results == {}
    assert not released.is_set()
    assert thread.is_alive()
    released.set()
    thread.join()


def test_a_full_disk_is_logged_once_for_thousands_of_files(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each file that cannot be saved is counted, the first one of a minute is logged."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    failures: list[str] = []
    store = FileStore(TEXTS, tmp_path, refuse, failures.append)
    for number in range(100):
        store.save(str(number), "text")
    assert failures == ["save"] * 100
    assert [record.getMessage() for record in caplog.records] == [
        "a text cannot be saved: No space left on device"
    ]

"""Customers on disk: a save writes what changed, and a start finds the last save that was whole."""

import errno
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import TrustorData, TrustorState
from billing_exporter.polling import reading_files
from billing_exporter.polling.reading_files import Origins, read_kept
from billing_exporter.polling.reading_store import StateDirectory, origin_of
from billing_exporter.polling.state import Kept
from billing_exporter.state_files import disk

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ORIGIN = origin_of("acme", "https://api.mypurecloud.de")


@pytest.fixture
def failures() -> list[str]:
    """Return what the directory reports."""
    return []


@pytest.fixture
def state(tmp_path: Path, failures: list[str]) -> StateDirectory:
    """Return a state directory that does not exist yet."""
    return StateDirectory(tmp_path / "state", failures.append)


def customers(count: int, *read: int) -> TrustorsData:
    """Return customers, of whom some were read."""
    states = {f"id-{each}": TrustorState(f"id-{each}", "name") for each in range(count)}
    names = [f"id-{each}" for each in read]
    states |= {key: TrustorState(key, "name", "ok", AT) for key in names}
    return TrustorsData(states, {key: TrustorData.of(key, "name", {}) for key in names})


def saved_customers(state: StateDirectory) -> Any:
    """Return the customers that a start would show, and whether their poll had ended."""
    kept = StateDirectory(state._path, state._failed).restore(
        "acme", "trustors", ORIGIN, TrustorsData
    )
    return None if kept is None else (kept.data, kept.succeeded)


def test_a_save_of_customers_writes_what_changed(state: StateDirectory, tmp_path: Path) -> None:
    """After the first save only changed customers are written, and each save is restored."""
    keeper = state.keeper(ORIGIN)
    states = [customers(500), customers(500, 1), customers(500, 1, 2), customers(400, 1)]
    sizes = []
    for number, data in enumerate(states):
        keeper.save("acme", "trustors", Kept(AT, data, AT if number == 3 else None))
        assert state.flush(10)
        assert saved_customers(state) == (data, AT if number == 3 else None)
        sizes.append(sum(file.stat().st_size for file in (tmp_path / "state").iterdir()))
    assert sizes[2] - sizes[1] < sizes[0] / 100


def test_a_start_goes_on_with_the_log(
    state: StateDirectory, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A start drops a torn tail, which it logs, and appends after it; a log that has grown makes a
    snapshot.
    """
    state.save("acme", "trustors", ORIGIN, AT, customers(500))
    state.save("acme", "trustors", ORIGIN, AT, customers(500, 1))
    (log,) = (tmp_path / "state").glob("*.changes")
    log.write_bytes(log.read_bytes() + b"torn")
    again = StateDirectory(tmp_path / "state", state._failed)
    with caplog.at_level(logging.INFO):
        again.restore("acme", "trustors", ORIGIN, TrustorsData)
    assert [record.message for record in caplog.records] == [
        "the end of the log was not written whole and is dropped"
    ]
    again.save("acme", "trustors", ORIGIN, AT, customers(500, 1, 2))
    assert saved_customers(state) == (customers(500, 1, 2), AT)
    again.save("acme", "trustors", ORIGIN, AT, customers(5000, *range(5000)))
    assert saved_customers(state) == (customers(5000, *range(5000)), AT)
    again.save("acme", "trustors", ORIGIN, AT, customers(5000, 1))
    assert saved_customers(state) == (customers(5000, 1), AT)


def test_a_damaged_log_is_set_aside_with_its_snapshot(
    state: StateDirectory, tmp_path: Path, failures: list[str]
) -> None:
    """What changed after the snapshot is not known any more, so an older reading is not shown."""
    for read in ((), (1,), (1, 2)):
        state.save("acme", "trustors", ORIGIN, AT, customers(500, *read))
    (log,) = (tmp_path / "state").glob("*.changes")
    content = log.read_bytes()
    log.write_bytes(content[:120] + b"?" + content[121:])
    assert saved_customers(state) is None
    assert failures == ["damaged"]
    assert sorted(file.suffix for file in (tmp_path / "state").iterdir()) == [".unusable"] * 2


def test_a_reader_beside_the_writer_finds_no_older_reading(
    state: StateDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may read while a new snapshot and its log take the place of the old ones: it
    finds what was saved when it began, or what came later.
    """
    state.save("acme", "trustors", ORIGIN, AT, customers(500))
    state.save("acme", "trustors", ORIGIN, AT, customers(500, 1))
    (file,) = (tmp_path / "state").glob("*.reading")
    new = [customers(5000, *range(5000)), customers(5001, *range(5000))]
    later = [*new]
    plain = disk.read_file

    def read_file(path: Path) -> bytes:
        content = plain(path)
        while later:
            state.save("acme", "trustors", ORIGIN, AT, later.pop(0))
        return content

    before = file.stat().st_ino
    monkeypatch.setattr(reading_files, "read_file", read_file)
    kept, _ = read_kept(file, Origins(ORIGIN), TrustorsData)
    assert file.stat().st_ino != before
    assert kept.data in (customers(500, 1), *new)


def test_a_disk_that_refuses_every_save_is_logged_once(
    state: StateDirectory,
    failures: list[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sweep saves some hundred times: each failure is counted, one a minute is logged."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(reading_files, "stream_file", refuse)
    for number in range(20):
        state.save("acme", "trustors", ORIGIN, AT, customers(number))
    assert failures == ["save"] * 20
    assert [record.message for record in caplog.records] == [
        "the reading cannot be saved: No space left on device"
    ]


@pytest.mark.parametrize("refused", ["ftruncate", "pwrite", "fsync"])
def test_a_disk_that_refuses_a_change_gets_a_snapshot_next(
    refused: str, state: StateDirectory, failures: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Disk full while a change is written: what was saved is restored, the next save is whole."""
    state.save("acme", "trustors", ORIGIN, AT, customers(500))
    state.save("acme", "trustors", ORIGIN, AT, customers(500, 1))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, refused, refuse)
    state.save("acme", "trustors", ORIGIN, AT, customers(500, 1, 2))
    monkeypatch.undo()
    assert failures == ["save"]
    assert saved_customers(state)[0] in (customers(500, 1), customers(500, 1, 2))
    state.save("acme", "trustors", ORIGIN, AT, customers(500, 1, 3))
    assert saved_customers(state) == (customers(500, 1, 3), AT)

"""Store of states: whole or not at all, and never in the way."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.forecasting.state import (
    EMPTY,
    ClosedPeriod,
    Cost,
    Kept,
    Outcome,
    Series,
    SubjectState,
    decode,
    encode,
)
from billing_exporter.forecasting.store import CODEC
from billing_exporter.state_files.disk import replace_file
from billing_exporter.state_files.store import FileStore, MemoryStore, UnusableStateError

SERIES = Series(
    "sum",
    {0: Decimal("1.50"), 1: Decimal(3)},
    ((739000, Decimal(2)),),
    (
        ClosedPeriod(
            739000,
            30,
            Decimal("99.5"),
            (Outcome(10, 200_000, None, inside=True),),
            Cost("EUR", Decimal(5), None, Decimal("0.0001"), Decimal(7)),
        ),
    ),
    (Kept(10, Decimal("0.1"), Decimal(7), None, None),),
)
STATE = SubjectState(739001, 30, 739001, {("Voice", "GC-1", "", ""): SERIES}, {"EUR": SERIES})


def test_a_state_survives() -> None:
    """Bytes hold the whole state, and every digit of its numbers."""
    again = decode(encode(STATE))
    assert again == STATE
    assert str(again.charges["Voice", "GC-1", "", ""].running[0]) == "1.50"


@given(st.binary(max_size=200))
def test_damage_is_noticed(content: bytes) -> None:
    """Bytes that are no state are refused."""
    with pytest.raises(UnusableStateError):
        decode(content)


def test_files_keep_states_apart(tmp_path: Path) -> None:
    """What was saved under a key is loaded under it, also by another process."""
    failures: list[str] = []
    FileStore(CODEC, tmp_path / "forecasts", replace_file, failures.append).save("a", STATE)
    again = FileStore(CODEC, tmp_path / "forecasts", replace_file, failures.append)
    assert again.load("a") == STATE
    assert again.load("b") == EMPTY
    assert failures == []


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    """A file that was changed is counted and begins from nothing, once."""
    failures: list[str] = []
    store = FileStore(CODEC, tmp_path, replace_file, failures.append)
    store.save("a", STATE)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-3])
    assert (store.load("a"), store.load("a")) == (EMPTY, EMPTY)
    assert failures == ["damaged"]


def test_a_disk_that_refuses_is_counted(tmp_path: Path) -> None:
    """A state that cannot be saved or read is no error of the poll."""
    failures: list[str] = []
    (tmp_path / "file").write_text("no folder")
    store = FileStore(CODEC, tmp_path / "file", replace_file, failures.append)
    store.save("a", STATE)
    assert store.load("a") is None
    assert failures == ["save", "read"]


def test_memory_keeps_states() -> None:
    """Without a folder states last as long as the program."""
    store = MemoryStore(CODEC)
    store.save("a", STATE)
    assert (store.load("a"), store.load("b")) == (STATE, EMPTY)

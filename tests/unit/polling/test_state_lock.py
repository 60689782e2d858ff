"""The lock of a state directory: one exporter at a time, and a disk that refuses is survived."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from billing_exporter.polling import state_lock
from billing_exporter.polling.state_lock import StateInUseError, locked


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_lock, "WAIT_SECONDS", 0.05)


def test_a_folder_has_one_exporter_at_a_time(tmp_path: Path) -> None:
    """A second one is refused with the folder's name until the first has ended."""
    with locked(tmp_path / "state"):
        with pytest.raises(StateInUseError, match="state is in use by another exporter"):
            locked(tmp_path / "state").__enter__()
        with locked(tmp_path / "another"):
            pass
    with locked(tmp_path / "state"):
        pass


def test_a_process_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    """The lock goes with the process, however it ends."""
    program = (
        "import os, sys, pathlib\n"
        "from billing_exporter.polling.state_lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    with locked(tmp_path):
        pass


def test_a_folder_that_cannot_be_locked_is_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A path that is a file costs the lock and is logged; the exporter starts."""
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING), locked(tmp_path / "file"):
        pass
    assert caplog.messages == ["the state directory cannot be locked: File exists"]

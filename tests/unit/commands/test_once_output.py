"""Tests of ``once --output``: a file that is replaced in any case, and a status that tells."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from billing_exporter.atomic_file import is_stream, replace_file, write_output
from billing_exporter.simulator import Simulator
from tests.unit.commands.calls import Call
from tools.testkit.scrapes import Scrape


@pytest.mark.slow
@pytest.mark.usefixtures("account")
def test_the_file_is_written(call: Call, tmp_path: Path) -> None:
    """The exposition is in the file, readable for others, and nothing is printed."""
    file = tmp_path / "billing.prom"
    assert call("once", "--output", str(file)) == (0, "", "")
    assert set(Scrape(file.read_text()).outcomes("default").values()) == {"success"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.slow
def test_a_failure_does_not_keep_the_old_file(
    account: Simulator, call: Call, tmp_path: Path
) -> None:
    """Where a collector fails, the file holds what the others read, and the status is 1."""
    file = tmp_path / "billing.prom"
    file.write_text("old\n")
    file.chmod(0o600)
    account.service.set_faults(["html:get_billing_contracts_invoices"])
    status, out, err = call("once", "--output", str(file))
    assert (status, out) == (1, "")
    assert "failed: default invoices (unexpected_answer)" in err
    scrape = Scrape(file.read_text())
    assert scrape.outcomes("default")["trustors"] == "success"
    assert scrape.value("up", collector="invoices") == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_everything_is_forbidden(account: Simulator, call: Call, tmp_path: Path) -> None:
    """Where all collectors lack their permission, the status is 1 and the message says so."""
    file = tmp_path / "billing.prom"
    account.service.set_faults(["forbidden"])
    status, _, err = call("once", "--output", str(file))
    assert status == 1
    assert "no collector succeeded" in err
    assert "default usage (forbidden)" in err
    assert file.exists()


@pytest.mark.slow
@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("name", ["none/billing.prom", "."])
def test_a_file_that_cannot_be_written(call: Call, tmp_path: Path, name: str) -> None:
    """A file that cannot be written is one line of error with its name."""
    status, out, err = call("once", "--output", str(tmp_path / name))
    assert (status, out) == (1, "")
    assert "cannot be written: " in err
    assert "Traceback" not in err


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    """The old content stays, and nothing beside it, when the new one is not complete."""
    file = tmp_path / "billing.prom"
    file.write_text("old\n")

    def pieces() -> object:
        yield b"new"
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        replace_file(file, pieces())  # type: ignore[arg-type]
    assert [each.read_text() for each in tmp_path.iterdir()] == ["old\n"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """The file that a link names is replaced, not the link."""
    link, file = tmp_path / "link.prom", tmp_path / "billing.prom"
    link.symlink_to(file)
    replace_file(link, [b"new"])
    assert link.is_symlink()
    assert file.read_bytes() == b"new"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    """A named pipe that exists takes the pieces and stays a pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_output(pipe, [b"one ", b"two"])
    assert os.read(reader, 100) == b"one two"
    os.close(reader)
    assert pipe.is_fifo()
    assert [*tmp_path.iterdir()] == [pipe]


def test_a_device_is_written_to() -> None:
    """What goes to /dev/null is gone, and /dev/full is an error of the system."""
    write_output(Path("/dev/null"), [b"gone"])
    with pytest.raises(OSError, match="No space left"):
        write_output(Path("/dev/full"), [b"never"])


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_the_output_of_the_process_is_written_to(tmp_path: Path, path: str) -> None:
    """A descriptor takes the pieces, whether it is a pipe or a file, of which nothing is lost."""
    code = (
        "import sys, pathlib; from billing_exporter.atomic_file import write_output\n"
        "write_output(pathlib.Path(sys.argv[1]), [b'new'])"
    )
    command = [sys.executable, "-c", code, path]
    assert subprocess.run(command, check=True, capture_output=True).stdout == b"new"
    appended = tmp_path / "log"
    appended.write_text("old ")
    with appended.open("ab") as file:
        subprocess.run(command, check=True, stdout=file)
    assert appended.read_text() == "old new"


def test_a_folder_is_no_output(tmp_path: Path) -> None:
    """A folder is an error of the system, and a file or nothing is no stream."""
    with pytest.raises(IsADirectoryError):
        write_output(tmp_path, [b"never"])
    assert not is_stream(tmp_path / "none")
    link = tmp_path / "loop"
    link.symlink_to(link)
    assert not is_stream(link)

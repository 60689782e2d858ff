"""The processes of the long proofs, each ended with its block."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.reliability.chaos import Setup
from tools.testkit.processes import Program, clean_environment, wait_until


@contextmanager
def launched(
    folder: Path, *arguments: str, module: str = "tools.reliability.exporter"
) -> Iterator[Program]:
    """Run the exporter of this package with its output in a folder; SIGTERM ends it."""
    command = (sys.executable, "-m", module, *arguments)
    with (
        (folder / "stdout").open("wb") as stdout,
        (folder / "stderr").open("wb") as stderr,
        subprocess.Popen(command, env=clean_environment(), stdout=stdout, stderr=stderr) as process,
    ):
        program = Program(process, folder)
        try:
            wait_until(lambda: process.poll() is not None or program.lines("msg=serving"))
            (line,) = program.lines("msg=serving")
            program.url = line.partition("url=")[2].split()[0]
            yield program
            program.end()
        except BaseException as failure:
            failure.add_note(f"the exporter's log ends: {program.stderr[-4000:]}")
            raise
        finally:
            process.kill()


@contextmanager
def exporting(setup: Setup, scale: float, state: Path) -> Iterator[Program]:
    """Run an exporter that lives in the time of a simulator and keeps its readings."""
    flags = ("--simulator", setup.simulator, "--time-scale", f"{scale}", "--state.dir", str(state))
    with launched(setup.folder, str(setup.configuration), *flags) as program:
        yield program


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """Serve an empty exposition with the standard library, in a process of its own."""
    folder.mkdir()
    (folder / "metrics").touch()
    command = (sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1")
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield f"127.0.0.1:{line.partition(' port ')[2].split()[0]}"
        finally:
            process.kill()

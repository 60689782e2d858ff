"""The real command as processes for the length of a ``with`` block: never left behind.

    with simulating("--trustors", "3") as simulator, serving(environment(simulator)) as exporter:
        page = fetch(f"{exporter.url}/")

Each listens on a free loopback port, writes to files of its own, and is ended by SIGTERM, to which
it must answer with status 0 in less than 5 seconds.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-m", "billing_exporter")
STOP_SECONDS = 5.0
PATIENCE_SECONDS = 60.0  # only a test that fails waits that long

_ANYWHERE = ("--web.listen-address", "127.0.0.1:0")


@dataclass
class Program:
    """A running command.

    Attributes:
        process: The process.
        folder: Where its output goes.
        url: Where it listens.
    """

    process: "subprocess.Popen[bytes]"
    folder: Path
    url: str = ""

    @property
    def stdout(self) -> str:
        """What it has written to standard output so far."""
        return (self.folder / "stdout").read_text()

    @property
    def stderr(self) -> str:
        """What it has written to standard error so far."""
        return (self.folder / "stderr").read_text()

    def lines(self, *texts: str) -> list[str]:
        """Return the lines of standard error that hold all of the texts."""
        return [line for line in self.stderr.splitlines() if all(text in line for text in texts)]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit status.

        Raises:
            AssertionError: It went on for more than 5 seconds.
        """
        self.process.send_signal(number)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running {STOP_SECONDS:g} s after its signal") from None


def clean_environment(**variables: str) -> dict[str, str]:
    """Return the environment of this process with no account in it but the given variables.

    The output of commands is buffered, as it is for most users, whatever this process has.
    """
    rest = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("GENESYSCLOUD_") and key != "PYTHONUNBUFFERED"
    }
    return {**rest, **variables}


def environment(simulator: Program) -> dict[str, str]:
    """Return an environment that describes a simulator as the one organization, named demo."""
    return clean_environment(
        GENESYSCLOUD_API_URL=simulator.url,
        GENESYSCLOUD_ORGANIZATION="demo",
        GENESYSCLOUD_OAUTHCLIENT_ID="demo",
        GENESYSCLOUD_OAUTHCLIENT_SECRET="demo",
    )


def run(
    *arguments: str, environ: Mapping[str, str] | None = None, **more: Any
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end and return its status and output."""
    given = clean_environment() if environ is None else dict(environ)
    kept = {"capture_output": True, **more}
    return subprocess.run(
        [*COMMAND, *arguments], env=given, text=True, check=False, timeout=PATIENCE_SECONDS, **kept
    )


@contextmanager
def starting(
    *arguments: str,
    environ: Mapping[str, str] | None = None,
    listening: str | None = None,
    command: Sequence[str] = COMMAND,
) -> Iterator[Program]:
    """Run a command; whatever fails inside the block carries the end of its output as a note.

    Args:
        *arguments: The command line.
        environ: Its environment, by default this one without an account.
        listening: What it writes when it listens, with the URL as the group; without it the block
            begins at once.
        command: What is run, by default the real command.
    """
    given = clean_environment() if environ is None else dict(environ)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            (folder / "stdout").open("wb") as stdout,
            (folder / "stderr").open("wb") as stderr,
            subprocess.Popen(
                [*command, *arguments], env=given, stdout=stdout, stderr=stderr
            ) as process,
        ):
            program = Program(process, folder)
            try:
                if listening is not None:
                    program.url = _url(program, listening)
                yield program
                if process.poll() is None:
                    assert program.end() == 0, f"{arguments[0]} failed at its end"
            except BaseException as failure:
                failure.add_note(f"{arguments[0]} wrote: {program.stdout[-2000:]}")
                failure.add_note(f"and to its log: {program.stderr[-4000:]}")
                raise
            finally:
                process.kill()


@contextmanager
def simulating(*flags: str) -> Iterator[Program]:
    """Run ``simulate`` with these flags."""
    said = r"on (http://\S+),"
    with starting("simulate", *_ANYWHERE, *flags, listening=said) as program:
        yield program


@contextmanager
def serving(environ: Mapping[str, str] | None = None, *flags: str) -> Iterator[Program]:
    """Run ``serve`` with this environment and these flags; its log level must show ``info``."""
    said = r"msg=serving url=(http://\S+)"
    with starting("serve", *_ANYWHERE, *flags, environ=environ, listening=said) as program:
        yield program


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: It never did.
    """
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"it did not come true in {seconds:g} s"
        time.sleep(0.05)


def _url(program: Program, listening: str) -> str:
    """Read from the output where a program listens."""
    found: list[str] = []

    def said() -> bool:
        found.extend(re.findall(listening, program.stdout + program.stderr))
        return bool(found) or program.process.poll() is not None

    wait_until(said)
    assert found, f"it ended with status {program.process.poll()} before it listened"
    return found[0]

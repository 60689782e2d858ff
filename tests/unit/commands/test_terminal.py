"""Tests that names from the API neither steer a terminal nor end the program."""

import io
import json
import os
import pty
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.commands.api import printable
from billing_exporter.commands.terminal import TerminalOutput, escaped, write_bytes
from billing_exporter.simulator import Simulator
from tools.testkit.processes import clean_environment

# ESC, BEL, CR, DEL, C1's CSI, marks and overrides of direction, separators, a tag.
STEERING = (
    "\x1b\x07\r\x7f\x9b\u200e\u200f\u202a\u202e\u2066\u2069\u2028\u2029\u061c\ufeff\U000e0041"
)
NAME = f"Acme{STEERING}Ltd"


def is_safe(text: str) -> bool:
    """Return True where no character of a terminal's text could steer it."""
    allowed = {"\n", "\t"}
    return not [
        each
        for each in text
        if each not in allowed and unicodedata.category(each) in {"Cc", "Cf", "Zl", "Zp", "Cs"}
    ]


@given(st.text(st.characters()))
def test_no_text_steers_a_terminal(text: str) -> None:
    """Any text is escaped until it is safe; printable text stays as it is."""
    assert is_safe(escaped(text))
    if is_safe(text):
        assert escaped(text) == text


@given(st.text(st.characters(exclude_categories=["Cs"])), st.booleans())
def test_json_stays_the_same(name: str, indented: bool) -> None:
    """The escapes of JSON leave its meaning as it is, and its numbers as they were written."""
    body = json.dumps({"name": name}, ensure_ascii=False)[:-1] + ', "n": 1.10, "m": null}'
    text = printable(body.encode(), indented=indented)
    assert is_safe(text)
    assert json.loads(text)["name"] == name
    assert "1.10" in text


def test_a_pipe_gets_the_very_bytes() -> None:
    """Labels of an exposition reach a pipe or a file as they are, and a terminal escaped."""
    line = f'name{{trustor="{NAME}"}} 1\n'.encode()
    pipe = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    write_bytes(pipe, line)
    assert pipe.buffer.getvalue() == line
    terminal = TerminalOutput(io.BytesIO(), encoding="utf-8")
    write_bytes(terminal, line)
    terminal.flush()
    assert is_safe(terminal.buffer.getvalue().decode())  # type: ignore[attr-defined]


def on_terminal(*words: str, **variables: str) -> str:
    """Return what a command prints on a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "billing_exporter", *words],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=clean_environment(**variables),
    ):
        os.close(theirs)
        pieces = []
        while True:
            try:
                pieces.append(os.read(ours, 65_536))
            except OSError:  # the terminal's other end is closed
                break
    os.close(ours)
    return b"".join(pieces).decode().replace("\r\n", "\n")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize(
    "words",
    [("once",), ("api", "get_orgauthorization_trustors", "--all")],
)
def test_commands_do_not_steer_a_terminal(
    account: Simulator, words: tuple[str, ...], encoding: str
) -> None:
    """What customers are called cannot steer the terminal of who runs a command."""
    account.service.set_faults(["weird_names"])
    variables = {name: value for name, value in os.environ.items() if name.startswith("GENESYS")}
    text = on_terminal(*words, **variables, PYTHONIOENCODING=encoding)
    assert "\\u001b[31m\\u009b\\u202e" in text
    assert is_safe(text)


@pytest.mark.slow
@pytest.mark.parametrize("variables", [{"LANG": "C"}, {"PYTHONIOENCODING": "ascii"}])
@pytest.mark.parametrize("words", [("metrics",), ("check", "--config.file", "é\udcff.yml")])
def test_no_terminal_ends_in_a_traceback(
    words: tuple[str, ...], variables: dict[str, str], tmp_path: Path
) -> None:
    """A terminal or pipe that is not UTF-8 gets escapes, no traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "billing_exporter", *words],
        capture_output=True,
        cwd=tmp_path,
        env=clean_environment(**variables),
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == (0 if words[0] == "metrics" else 1)

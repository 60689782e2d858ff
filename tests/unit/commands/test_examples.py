"""The examples in the help are calls that the program takes."""

import re
import shlex
from collections.abc import Iterator

import pytest

from billing_exporter.cli import parser
from billing_exporter.genesys import OPERATIONS, parameters
from billing_exporter.simulator.faults import parse
from tests.unit.test_cli import commands

_COMMENT = re.compile(r" {2,}(?=\w)")
_SHELL = re.compile(r" (>|&&) .*")


def examples(text: str) -> Iterator[list[str]]:
    """Yield the arguments of each example in a help text, without what the shell does with it."""
    for line in text.replace("\\\n", "").splitlines():
        if line.startswith("  billing-exporter "):
            call = re.sub(r" {3,}(?=--)", " ", line.strip())
            yield shlex.split(_SHELL.sub("", _COMMENT.split(call)[0]))[1:]


EXAMPLES = [
    (name, arguments)
    for name, command in commands().items()
    for arguments in examples(command.epilog or "")
]


@pytest.mark.parametrize("name", commands())
def test_every_command_has_examples(name: str) -> None:
    """The help of each command ends with examples of itself, in lines that fit a terminal."""
    assert [arguments[0] for command, arguments in EXAMPLES if command == name]
    epilog = commands()[name].epilog or ""
    assert epilog.startswith("examples:\n")
    assert max(map(len, epilog.splitlines())) <= 100


@pytest.mark.parametrize(
    ("name", "arguments"), EXAMPLES, ids=[" ".join(arguments) for _, arguments in EXAMPLES]
)
def test_an_example_is_taken(name: str, arguments: list[str]) -> None:
    """An example calls the command that it explains, with flags and names that there are."""
    taken = parser().parse_args(arguments)
    assert taken.command == name
    for fault in set(getattr(taken, "fault", ())) - {"list"}:
        assert parse(fault)
    if name == "api" and taken.operation != "list":
        assert taken.operation in OPERATIONS
        known = {f"--{each.name.replace('_', '-')}" for each in parameters(taken.operation)}
        flags = [word for word in taken.parameters if word != "--all"]
        assert set(flags[::2]) <= known


def test_first_steps_are_taken() -> None:
    """The first steps of the first help are calls that the program takes."""
    steps = [*examples(parser().epilog or "")]
    assert len(steps) > 3
    assert all(parser().parse_args(step) for step in steps)

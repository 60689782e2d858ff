"""The command line as data: what can be asked for, and that the help teaches all of it."""

import argparse
from collections.abc import Iterator

import pytest

from billing_exporter import __version__
from billing_exporter.cli import parser

COMMANDS = {"serve", "demo", "simulate", "check", "once", "api", "metrics", "schema"}
OF_COMMANDS = {
    "serve": {
        "--config.file",
        "--web.listen-address",
        "--web.telemetry-path",
        "--log.level",
        "--log.format",
    },
    "demo": {"--web.listen-address", "--time-scale", "--trustors", "--seed"},
    "simulate": {
        "--web.listen-address",
        "--seed",
        "--trustors",
        "--time-scale",
        "--rate-limit",
        "--token-lifetime",
        "--keys",
        "--fault",
        "--client-id",
        "--client-secret",
        "--client",
    },
    "check": {"--config.file"},
    "once": {"--config.file", "--log.level"},
    "api": {"--config.file"},
}


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command."""
    choices = next(action.choices for action in parser()._actions if action.choices)
    assert isinstance(choices, dict)
    return choices


def flags() -> Iterator[tuple[str, argparse.Action]]:
    """Yield every flag and operand of every command."""
    for name, command in commands().items():
        for action in command._actions:
            yield name, action


def test_commands() -> None:
    """There are the eight commands that the reference promises, and more where they came later."""
    assert set(commands()) >= COMMANDS


@pytest.mark.parametrize("name", OF_COMMANDS)
def test_flags(name: str) -> None:
    """Each command has the flags that are fixed for it."""
    found = {text for action in commands()[name]._actions for text in action.option_strings}
    assert OF_COMMANDS[name] <= found


def test_every_flag_is_explained() -> None:
    """Every flag and operand has a sentence of its own in the help."""
    for name, action in flags():
        assert action.help, f"{name} {action.option_strings or action.dest}"
        assert len(action.help.split()) > 1, f"{name} {action.option_strings}: {action.help}"


def test_defaults_are_told() -> None:
    """A flag with a default other than nothing says it."""
    quiet: tuple[object, ...] = (None, argparse.SUPPRESS, [])
    for name, action in flags():
        reported = action.option_strings and action.default is not False
        if reported and action.default not in quiet:
            assert "default" in str(action.help), f"{name} {action.option_strings}"


@pytest.mark.parametrize("name", sorted(commands()))
def test_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The help of each command says in a sentence what it does, and ends with status 0."""
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([name, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: billing-exporter {name}")
    assert text.split("\n\n")[1].strip().endswith(".")


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    """The first help shows first steps, the three variables and the meaning of the exit status."""
    with pytest.raises(SystemExit):
        parser().parse_args(["--help"])
    text = capsys.readouterr().out
    variables = ("REGION", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET")
    assert all(f"GENESYSCLOUD_{variable}" in text for variable in variables)
    assert "billing-exporter demo" in text
    assert "exit status" in text


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The version is the package's."""
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"billing-exporter {__version__}\n"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "sing",
        "serve --no-such-flag",
        "serve --config=x.yml",
        "serve --log.level loud",
        "once --format xml",
        "simulate --trustors many",
        "simulate --keys 300",
        "check left over",
        "api",
    ],
)
def test_wrong_calls(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A call that cannot be understood ends with status 2 and the usage, on standard error."""
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(line.split())
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("usage: ")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("serv", "did you mean serve?"),
        (
            "serve --confg.file x.yml",
            "serve: error: unknown flag --confg.file; did you mean --config.",
        ),
        ("serve --log.level inf", "did you mean info?"),
        ("check left over", "check: error: unexpected argument: left over"),
        (
            "--config.file x.yml serve",
            "a command comes first, then its flags: COMMAND --config.file",
        ),
        ("once --organization acme", "once: error: unknown flag --organization"),
    ],
)
def test_what_was_probably_meant(line: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The message of a wrong call names the command, what is wrong, and a near match."""
    words = line.split()
    with pytest.raises(SystemExit) as ended:
        parser(words[:1]).parse_args(words)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_refuses_what_it_does_not_know(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A flag that no command has ends each command with status 2, its usage and no traceback."""
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([name, "--no-such-flag"])
    assert ended.value.code == 2
    assert f"usage: billing-exporter {name}" in capsys.readouterr().err


def test_parameters_of_an_operation() -> None:
    """What follows an operation is handed on as it is, flags of ours included."""
    words = "--after", "x", "--page-size=3"
    arguments = parser().parse_args(
        ["api", "--log.level", "debug", "get_billing_contracts", *words]
    )
    assert arguments.operation == "get_billing_contracts"
    assert tuple(arguments.parameters) == words

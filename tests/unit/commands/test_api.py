"""``api`` calls one operation and prints what the API said."""

import argparse
import json
from pathlib import Path

import pytest

from billing_exporter.cli import command
from billing_exporter.genesys import OPERATIONS
from tests.unit.commands.calls import GOOD, Call


@pytest.mark.usefixtures("account")
def test_answer(call: Call) -> None:
    """The answer is JSON with the API's own names; parameters are written in either way."""
    words = "--payment-status", "UnPaid", "--page-size=3"
    status, out, err = call("api", "get_billing_contracts_invoices", *words)
    assert (status, err) == (0, "")
    entities = json.loads(out)["entities"]
    assert [one["paymentStatus"] for one in entities] == ["Unpaid"] * 3


def test_list(call: Call) -> None:
    """The list names every operation; no account is needed to read it."""
    status, out, err = call("api", "list")
    assert (status, err) == (0, "")
    assert [line for line in out.splitlines() if not line.startswith(" ")] == list(OPERATIONS)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("get_billing", "unknown operation get_billing; known are get_billing_contract,"),
        ("get_billing_contracts --after", "--after needs a value"),
        ("get_billing_contracts after", "expected --parameter value, got after"),
        (
            "get_billing_contract --config.file x.yml",
            "--config.file belongs before the operation: api --config.file ... ",
        ),
        ("get_billing_contract --contract-id=1 --contract-id=2", "--contract-id is given twice"),
        ("get_billing_contract", "get_billing_contract needs --contract-id: "),
        ("get_organizations_me --all", "get_organizations_me has no pages"),
        ("list get_billing_contract", "unexpected argument after list: get_billing_contract"),
    ],
)
def test_wrong_calls(call: Call, words: str, says: str) -> None:
    """A call that cannot be made is one line that says what can, and status 2, before any
    configuration is read.
    """
    status, out, err = call("api", *words.split())
    assert (status, out) == (2, "")
    assert err.startswith(f"billing-exporter: {says}")
    assert err.count("\n") == 1


def test_which_organization(tmp_path: Path, call: Call) -> None:
    """Where the configuration has several organizations, the call must say which."""
    (tmp_path / "good.yml").write_text(GOOD)
    file = str(tmp_path / "good.yml")
    status, out, err = call("api", "--config.file", file, "get_organizations_me")
    assert (status, out) == (2, "")
    assert err == "billing-exporter: --organization is needed, one of: acme, partner\n"


def test_near_matches(call: Call) -> None:
    """An operation or parameter that was almost right is named."""
    assert call("api", "get_billing_contrcts")[2].endswith(
        "; did you mean get_billing_contracts?\n"
    )
    words = "api", "get_billing_contract", "--contact-id", "1"
    assert call(*words)[2].endswith("; did you mean --contract-id?\n")


def test_flags_of_the_command_are_known(call: Call) -> None:
    """Each flag of the command, put behind the operation, is sent to its place."""
    of_command = command("api")
    parser = argparse.ArgumentParser(add_help=False)
    of_command.add_flags(parser)
    flags = [flag for action in parser._actions for flag in action.option_strings]
    for flag in flags:
        status, _, err = call("api", "get_organizations_me", flag, "x")
        assert (status, err.split(":")[1]) == (2, f" {flag} belongs before the operation")


def test_help_of_an_operation(call: Call) -> None:
    """Help that is asked for behind an operation shows its parameters."""
    status, out, _ = call("api", "get_billing_contract", "--help")
    assert (status, out.split()[:2]) == (0, ["get_billing_contract", "--contract-id"])


@pytest.mark.usefixtures("account")
def test_refused(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the API refuses is one line with what to do about it."""
    monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_SECRET", "other")
    status, out, err = call("api", "get_organizations_me")
    assert (status, out) == (1, "")
    assert err.splitlines()[-1].startswith("billing-exporter: the client secret is wrong")

"""``check`` says every error, and whether there is one by its status."""

import re
from pathlib import Path

import pytest

from billing_exporter.simulator import Simulator
from tests.unit.commands.calls import GOOD, Call, listing

BAD = """\
organizations:
  - name: acme
    region: eu-central-9
    client_id: some
    client_secret: thing
    collectors:
      usage: {interval: 5}
      invoices: {intervall: 1h}
  - name: acme
    region: us-east-1
    client_id: no
"""


def test_good_file(tmp_path: Path, call: Call) -> None:
    """A good file is summed up: each organization, where it is and what is collected."""
    (tmp_path / "good.yml").write_text(GOOD)
    status, out, err = call("check", "--config.file", str(tmp_path / "good.yml"))
    assert (status, err) == (0, "")
    assert "acme: https://api.mypurecloud.de, collectors usage, invoices, contracts" in out
    assert "partner: https://api.mypurecloud.com, collectors trustors\n" in out
    assert out.endswith("the configuration is valid\n")


def test_bad_file(tmp_path: Path, call: Call) -> None:
    """Every error of a bad file is a line with file, line and setting, on standard error."""
    file = tmp_path / "bad.yml"
    file.write_text(BAD)
    status, out, err = call("check", "--config.file", str(file))
    assert (status, out) == (1, "")
    found = re.findall(rf"^{re.escape(str(file))}:(\d+): (\S+): .", err, re.MULTILINE)
    assert {(int(line), setting.split(".")[-1]) for line, setting in found} >= {
        (3, "region"),
        (7, "interval"),
        (8, "intervall"),
        (9, "name"),
        (11, "client_id"),
    }
    assert len(found) == len(err.splitlines())


def test_no_file(tmp_path: Path, call: Call) -> None:
    """A file that is not there is one line that names it."""
    status, out, err = call("check", "--config.file", str(tmp_path / "none.yml"))
    assert (status, out) == (1, "")
    assert err == f"{tmp_path}/none.yml: cannot be read: No such file or directory\n"


def test_environment(account: Simulator, call: Call) -> None:
    """Without a file the environment describes one organization."""
    status, out, _ = call("check")
    assert status == 0
    assert out.startswith(f"default: {account.url}, collectors usage")


def test_missing_variables(call: Call) -> None:
    """The error names the variables that the environment lacks."""
    status, out, err = call("check")
    assert (status, out) == (1, "")
    for name in ("REGION", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET"):
        assert f"GENESYSCLOUD_{name}" in err


@pytest.mark.parametrize("command", ["serve", "once"])
def test_nothing_is_polled_with_a_bad_file(
    command: str, simulator: Simulator, tmp_path: Path, call: Call
) -> None:
    """An error ends the program with status 1 before the API or the login hears of it."""
    file = tmp_path / "bad.yml"
    good = listing(simulator, "{usage: {}}")
    file.write_text(good.replace("usage: {}", "usage: {intervall: 1h}"))
    before = simulator.service.requests()
    status, _, err = call(command, "--config.file", str(file))
    assert status == 1
    assert "intervall" in err
    assert simulator.service.requests() == before

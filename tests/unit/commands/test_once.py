"""``once`` prints one exposition, and says by its status whether all of it is there."""

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from billing_exporter.simulator import Simulator
from tests.unit.commands.calls import TRUSTORS, Call, listing, variables
from tools.testkit.components import require
from tools.testkit.processes import clean_environment, run
from tools.testkit.scrapes import ALL_WELL, Scrape, samples_of

pytestmark = pytest.mark.slow


@pytest.mark.component
@pytest.mark.parametrize("component", ["promtool-2", "promtool-3"])
@pytest.mark.usefixtures("account")
def test_promtool_is_silent(call: Call, component: str) -> None:
    """Promtool has nothing to say about the text."""
    program = require(component)
    status, out, err = call("once")
    assert (status, err) == (0, "")
    checked = subprocess.run(
        [program, "check", "metrics"], input=out, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    assert Scrape(out).outcomes("default") == ALL_WELL


@pytest.mark.usefixtures("account")
def test_openmetrics(call: Call) -> None:
    """The OpenMetrics form passes the reference parser, with the same billing series."""
    _, text, _ = call("once")
    status, out, _ = call("once", "--format", "openmetrics")
    assert status == 0
    assert out.endswith("\n# EOF\n")
    names = [sample.name for sample in samples_of(out, openmetrics=True)]
    plain = Scrape(text)
    assert names.count("genesyscloud_billing_trustor_usage_quantity") == len(
        list(plain.rows("trustor_usage_quantity"))
    )


def test_a_collector_fails(account: Simulator, call: Call) -> None:
    """Status 1 says that a collector failed; what the others found is printed all the same."""
    account.service.set_faults(["html:get_billing_contracts_invoices"])
    status, out, err = call("once")
    assert status == 1
    assert Scrape(out).outcomes("default")["invoices"] == "unexpected_answer"
    assert Scrape(out).outcomes("default")["trustors"] == "success"
    assert len([line for line in err.splitlines() if "poll failed" in line]) == 1


def test_forbidden(account: Simulator, call: Call, tmp_path: Path) -> None:
    """A permission that is lacking fails it only where its collector is listed."""
    account.service.set_faults(["forbidden:get_orgauthorization_trustors"])
    status, out, err = call("once")
    assert (status, err) == (0, "")
    assert Scrape(out).outcomes("default")["trustors"] == "forbidden"
    file = tmp_path / "listed.yml"
    file.write_text(listing(account, "{trustors: {}}"))
    status, out, err = call("once", "--config.file", str(file))
    assert status == 1
    assert Scrape(out).outcomes("demo") == {"trustors": "forbidden"}
    assert "reason=forbidden" in err


def test_progress_on_a_terminal(simulator: Simulator, tmp_path: Path) -> None:
    """A terminal shows how far each collector is; standard output holds nothing of it."""
    simulator.service.set_faults([])
    terminal, other_end = pty.openpty()
    with (tmp_path / "out").open("wb") as out:
        environ = clean_environment(**variables(simulator))
        ended = run("once", environ=environ, capture_output=False, stdout=out, stderr=other_end)
    os.close(other_end)
    shown = _read_all(terminal)
    assert ended.returncode == 0
    assert f"trustors {TRUSTORS}/{TRUSTORS}" in shown
    assert re.search(rf"trustors [0-{TRUSTORS - 1}]/{TRUSTORS}", shown)
    assert shown.split("\r")[-1] == ""
    exposition = (tmp_path / "out").read_text()
    assert "\r" not in exposition
    assert Scrape(exposition).outcomes("default")["trustors"] == "success"


def test_no_progress_in_a_file(simulator: Simulator) -> None:
    """Where standard error is no terminal, nothing is written to it."""
    simulator.service.set_faults([])
    ended = run("once", environ=clean_environment(**variables(simulator)))
    assert (ended.returncode, ended.stderr) == (0, "")


def _read_all(terminal: int) -> str:
    """Read what was written to the other end of a terminal, which must be closed."""
    shown = b""
    try:
        while piece := os.read(terminal, 65536):
            shown += piece
    except OSError:
        # So Linux says that nobody holds the other end any more.
        return shown.decode()
    finally:
        os.close(terminal)
    return shown.decode()

"""The commands: what they print, and the exit status that a script can trust."""

import io
import json
import logging
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.openmetrics import parser as openmetrics

from billing_exporter import cli
from billing_exporter.collectors.settings import EVERY_COLLECTOR
from billing_exporter.genesys import OPERATIONS
from billing_exporter.simulator import Options, Simulator
from tests.components import require
from tests.processes import COMMAND, clean_environment, run
from tests.scrapes import Scrape

Call = Callable[..., tuple[int, str, str]]
GOOD = """\
organizations:
  - name: acme
    region: eu-central-1
    client_id: some
    client_secret: thing
  - name: partner
    region: us-east-1
    client_id: some
    client_secret: thing
    collectors: {trustors: {interval: 12h}}
"""
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


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No account in the environment; what a command changes in the process is set right after."""
    for name in [name for name in os.environ if name.startswith("GENESYSCLOUD_")]:
        monkeypatch.delenv(name)
    for module, hook in ((sys, "excepthook"), (threading, "excepthook"), (warnings, "showwarning")):
        monkeypatch.setattr(module, hook, getattr(module, hook))
    numbers = signal.SIGTERM, signal.SIGINT, signal.SIGHUP
    handlers = {number: signal.getsignal(number) for number in numbers}
    root, own = logging.getLogger(), logging.getLogger("billing_exporter")
    kept, levels = list(root.handlers), (root.level, own.level)
    yield
    root.handlers[:] = kept
    root.setLevel(levels[0])
    own.setLevel(levels[1])
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def call(capfdbinary: pytest.CaptureFixture[bytes]) -> Call:
    """A command run in this process: its status, standard output and standard error."""

    def main(*arguments: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        status = cli.main(arguments)
        captured = capfdbinary.readouterr()
        return status, captured.out.decode(), captured.err.decode()

    return main


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A simulated Genesys Cloud of a partner with 30 trustors."""
    options = Options(address="127.0.0.1:0", trustors=30, in_progress=0, rate_limit=0)
    with Simulator(options) as running:
        yield running


@pytest.fixture
def account(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The simulator as the one organization of the environment."""
    for name, text in variables(simulator).items():
        monkeypatch.setenv(name, text)
    simulator.service.set_faults([])
    return simulator


def variables(simulator: Simulator) -> dict[str, str]:
    """Return the variables that describe a simulator."""
    return {
        "GENESYSCLOUD_API_URL": simulator.url,
        "GENESYSCLOUD_OAUTHCLIENT_ID": "demo",
        "GENESYSCLOUD_OAUTHCLIENT_SECRET": "demo",
    }


def listing(simulator: Simulator, collectors: str) -> str:
    """Return a configuration that lists collectors of a simulator."""
    return (
        f"organizations:\n  - name: demo\n    api_url: {simulator.url}\n    client_id: demo\n"
        f"    client_secret: demo\n    collectors: {collectors}\n"
    )


class TestCheck:
    """``check`` says every mistake, and whether there is one by its status."""

    def test_good_file(self, tmp_path: Path, call: Call) -> None:
        """A good file is summed up: each organization, where it is and what is collected."""
        (tmp_path / "good.yml").write_text(GOOD)
        status, out, err = call("check", "--config.file", str(tmp_path / "good.yml"))
        assert (status, err) == (0, "")
        assert "acme: https://api.mypurecloud.de, collectors usage, invoices, contracts" in out
        assert "partner: https://api.mypurecloud.com, collectors trustors\n" in out
        assert out.endswith("no mistake\n")

    def test_bad_file(self, tmp_path: Path, call: Call) -> None:
        """Every mistake of a bad file is a line with file, line and setting, on standard error."""
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

    def test_no_file(self, tmp_path: Path, call: Call) -> None:
        """A file that is not there is one line that names it."""
        status, out, err = call("check", "--config.file", str(tmp_path / "none.yml"))
        assert (status, out) == (1, "")
        assert err == f"{tmp_path}/none.yml: cannot be read: No such file or directory\n"

    def test_environment(self, account: Simulator, call: Call) -> None:
        """Without a file the environment describes one organization."""
        status, out, _ = call("check")
        assert status == 0
        assert out.startswith(f"default: {account.url}, collectors usage")

    def test_missing_variables(self, call: Call) -> None:
        """What the environment lacks is told by the names of the variables."""
        status, out, err = call("check")
        assert (status, out) == (1, "")
        for name in ("REGION", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET"):
            assert f"GENESYSCLOUD_{name}" in err


class TestOnce:
    """``once`` prints one exposition, and says by its status whether all of it is there."""

    @pytest.mark.parametrize("component", ["promtool-2", "promtool-3"])
    @pytest.mark.usefixtures("account")
    def test_promtool_is_silent(self, call: Call, component: str) -> None:
        """Promtool has nothing to say about the text."""
        program = require(component)
        status, out, err = call("once")
        assert (status, err) == (0, "")
        checked = subprocess.run(
            [program, "check", "metrics"], input=out, capture_output=True, text=True, check=False
        )
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
        assert Scrape(out).outcomes("default") == dict.fromkeys(
            ("usage", "invoices", "contracts", "trustors"), "success"
        )

    @pytest.mark.usefixtures("account")
    def test_openmetrics(self, call: Call) -> None:
        """The OpenMetrics form passes the reference parser, with the same billing series."""
        _, text, _ = call("once")
        status, out, _ = call("once", "--format", "openmetrics")
        assert status == 0
        assert out.endswith("\n# EOF\n")
        families = openmetrics.text_fd_to_metric_families(io.StringIO(out))
        names = [sample.name for family in families for sample in family.samples]
        plain = Scrape(text)
        assert names.count("genesyscloud_billing_trustor_usage_quantity") == len(
            list(plain.rows("trustor_usage_quantity"))
        )

    def test_a_collector_fails(self, account: Simulator, call: Call) -> None:
        """Status 1 says that a collector failed; what the others found is printed all the same."""
        account.service.set_faults(["html:get_billing_contracts_invoices"])
        status, out, err = call("once")
        assert status == 1
        assert Scrape(out).outcomes("default")["invoices"] == "unexpected_answer"
        assert Scrape(out).outcomes("default")["trustors"] == "success"
        assert len([line for line in err.splitlines() if "poll failed" in line]) == 1

    def test_forbidden(self, account: Simulator, call: Call, tmp_path: Path) -> None:
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

    def test_progress_on_a_terminal(self, simulator: Simulator, tmp_path: Path) -> None:
        """A terminal shows how far each collector is; standard output holds nothing of it."""
        simulator.service.set_faults([])
        terminal, other_end = pty.openpty()
        with (tmp_path / "out").open("wb") as out:
            environ = clean_environment(**variables(simulator))
            ended = run("once", environ=environ, capture_output=False, stdout=out, stderr=other_end)
        os.close(other_end)
        shown = _read_all(terminal)
        assert ended.returncode == 0
        assert "trustors 30/30" in shown
        assert re.search(r"trustors [12]?\d/30", shown)
        assert shown.split("\r")[-1] == ""
        exposition = (tmp_path / "out").read_text()
        assert "\r" not in exposition
        assert Scrape(exposition).outcomes("default")["trustors"] == "success"

    def test_no_progress_in_a_file(self, simulator: Simulator) -> None:
        """Where standard error is no terminal, nothing is written to it."""
        simulator.service.set_faults([])
        ended = run("once", environ=clean_environment(**variables(simulator)))
        assert (ended.returncode, ended.stderr) == (0, "")


class TestApi:
    """``api`` calls one operation and prints what the API said."""

    @pytest.mark.usefixtures("account")
    def test_answer(self, call: Call) -> None:
        """The answer is JSON with the API's own names; parameters are written in either way."""
        words = "--payment-status", "UnPaid", "--page-size=3"
        status, out, err = call("api", "get_billing_contracts_invoices", *words)
        assert (status, err) == (0, "")
        entities = json.loads(out)["entities"]
        assert [one["paymentStatus"] for one in entities] == ["Unpaid"] * 3

    def test_list(self, call: Call) -> None:
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
        ],
    )
    @pytest.mark.usefixtures("account")
    def test_wrong_calls(self, call: Call, words: str, says: str) -> None:
        """A call that cannot be made is one line that says what can, and status 1."""
        status, out, err = call("api", *words.split())
        assert (status, out) == (1, "")
        assert err.startswith(f"billing-exporter: {says}")
        assert err.count("\n") == 1

    def test_which_organization(self, tmp_path: Path, call: Call) -> None:
        """Where the configuration has several organizations, the call must say which."""
        (tmp_path / "good.yml").write_text(GOOD)
        file = str(tmp_path / "good.yml")
        status, out, err = call("api", "--config.file", file, "get_organizations_me")
        assert (status, out) == (1, "")
        assert err == "--organization is needed, one of: acme, partner\n"

    @pytest.mark.usefixtures("account")
    def test_refused(self, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the API refuses is one line with what to do about it."""
        monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_SECRET", "other")
        status, out, err = call("api", "get_organizations_me")
        assert (status, out) == (1, "")
        assert err.splitlines()[-1].startswith("billing-exporter: the client secret is wrong")


class TestReferences:
    """``metrics`` and ``schema`` print references, and nothing else."""

    def test_metrics(self, call: Call) -> None:
        """The metric reference is a Markdown page with a table for each subject."""
        status, out, err = call("metrics")
        assert (status, err) == (0, "")
        assert out.startswith("# Metrics\n")
        assert out.count("| metric | labels | meaning |") == 5

    def test_schema(self, call: Call) -> None:
        """The schema is JSON Schema that names every setting of every collector."""
        status, out, err = call("schema")
        assert (status, err) == (0, "")
        assert json.loads(out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        organization = ("name", "region", "api_url", "login_url", "client_id", "client_secret")
        collectors = EVERY_COLLECTOR.__struct_fields__
        settings = {
            name
            for collector in collectors
            for name in getattr(EVERY_COLLECTOR, collector).__struct_fields__
        }
        for name in (*organization, "client_secret_file", *collectors, *settings):
            assert f'"{name}": {{' in out, name

    def test_configuration_reference(self, call: Call) -> None:
        """The configuration reference is a Markdown page."""
        status, out, err = call("schema", "--markdown")
        assert (status, err) == (0, "")
        assert out.startswith("# ")


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:99999", "127.0.0.1:{taken}"])
def test_address_that_cannot_be_had(account: Simulator, call: Call, address: str) -> None:
    """An address that is none, or taken, ends serve with status 1 and one line that names it."""
    taken = address.format(taken=account.url.rpartition(":")[2])
    status, out, err = call("serve", "--web.listen-address", taken)
    assert (status, out) == (1, "")
    assert err.startswith("billing-exporter: ")
    assert taken.rpartition(":")[2] in err
    assert err.count("\n") == 1


def test_simulated_address_that_is_taken(account: Simulator, call: Call) -> None:
    """The simulator says so too."""
    taken = account.url.removeprefix("http://")
    status, out, err = call("simulate", "--web.listen-address", taken)
    assert (status, out) == (1, "")
    assert err.startswith("billing-exporter: ")
    assert err.count("\n") == 1


def test_faults(call: Call) -> None:
    """The list of faults explains each; one that is none is refused with those that are."""
    status, out, _ = call("simulate", "--fault", "list")
    assert status == 0
    assert all(len(line.split()) > 1 for line in out.splitlines())
    status, out, err = call("simulate", "--fault", "flood")
    assert (status, out) == (1, "")
    assert "unknown fault 'flood'; known faults: 400," in err


@pytest.mark.parametrize(
    "words", ["metrics", "schema", "api list", "once", "simulate --fault list"]
)
def test_broken_pipe(simulator: Simulator, words: str) -> None:
    """A reader that has seen enough, such as head, causes no complaint."""
    simulator.service.set_faults([])
    read, write = os.pipe()
    os.close(read)
    environ = clean_environment(**variables(simulator))
    try:
        ended = run(*words.split(), environ=environ, capture_output=False, stdout=write, stderr=-1)
    finally:
        os.close(write)
    assert ended.stderr == ""
    assert ended.returncode == 1


def test_console_script() -> None:
    """The installed command is the module, and neither needs an account to say its version."""
    script = Path(sys.executable).with_name("billing-exporter")
    for command in ((str(script),), COMMAND):
        ended = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
        assert ended.returncode == 0
        assert re.fullmatch(r"billing-exporter \d+\.\d+\.\d+\n", ended.stdout)


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

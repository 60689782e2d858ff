"""The program around its commands: references, addresses, pipes, the installed script."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from billing_exporter.collectors.registry import REGISTRY
from billing_exporter.collectors.settings import EVERY_COLLECTOR
from billing_exporter.simulator import Simulator
from tests.unit.commands.calls import Call, variables
from tools.testkit.processes import COMMAND, clean_environment, run

pytestmark = pytest.mark.slow


def test_metrics(call: Call) -> None:
    """The metric reference is a Markdown page with a table for each subject."""
    status, out, err = call("metrics")
    assert (status, err) == (0, "")
    assert out.startswith("# Metrics\n")
    assert out.count("| metric | labels | meaning |") > len(REGISTRY)


def test_schema(call: Call) -> None:
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


def test_configuration_reference(call: Call) -> None:
    """The configuration reference is a Markdown page."""
    status, out, err = call("schema", "--markdown")
    assert (status, err) == (0, "")
    assert out.startswith("# ")


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:99999", "127.0.0.1:{taken}"])
def test_address_that_cannot_be_had(account: Simulator, call: Call, address: str) -> None:
    """An address that is taken ends serve with status 1, one that is none with status 2, and one
    line names it.
    """
    taken = address.format(taken=account.url.rpartition(":")[2])
    status, out, err = call("serve", "--web.listen-address", taken)
    assert (status, out) == (1 if "{taken}" in address else 2, "")
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
    assert (status, out) == (2, "")
    assert "unknown fault 'flood'; known faults: 400," in err
    assert call("simulate", "--fault", "endles")[2].endswith("; did you mean endless?\n")


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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("words", ["schema", "simulate --fault list"])
def test_full_disk(words: str) -> None:
    """Output that cannot be written is reported in one line, whether it is long or short."""
    with Path("/dev/full").open("w") as full:
        ended = run(*words.split(), capture_output=False, stdout=full, stderr=-1)
    assert (
        ended.stderr == "billing-exporter: the output cannot be written: No space left on device\n"
    )
    assert ended.returncode == 1


def test_console_script() -> None:
    """The installed command is the module, and neither needs an account to say its version."""
    script = Path(sys.executable).with_name("billing-exporter")
    for command in ((str(script),), COMMAND):
        ended = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
        assert ended.returncode == 0
        assert re.fullmatch(r"billing-exporter \d+\.\d+\.\d+\n", ended.stdout)

"""SIGTERM ends every program in less than 5 seconds, whatever it is in the middle of."""

import signal

import pytest

from tools.testkit.processes import Program, environment, serving, simulating, starting, wait_until
from tools.testkit.scrapes import steer

_OVERVIEW = "get_billing_trusteebillingoverview_trustor_org_id"


def asked(simulator: Program) -> set[str]:
    """Return the operations that a simulator was asked for."""
    return set(steer(simulator.url, "requests"))


def test_in_the_middle_of_a_sweep() -> None:
    """Serve ends while hundreds of trustors are being read, and so does the simulator."""
    flags = "--trustors", "500", "--latency", "0.3", "--rate-limit", "0"
    with simulating(*flags) as simulator, serving(environment(simulator)) as exporter:
        wait_until(lambda: _OVERVIEW in asked(simulator))
        assert exporter.end() == 0
        assert exporter.lines("msg=stopped")
        assert simulator.end() == 0


def test_while_the_api_stalls() -> None:
    """Serve ends while all its polls wait for an answer or its rest, and so does the simulator."""
    stalls = {
        "get_billing_contracts": "head",
        "get_billing_contracts_invoices": "body",
        "get_orgauthorization_trustors": "body",
    }
    faults = [f"--fault=stall:{name}:seconds=300,at={at}" for name, at in stalls.items()]
    with simulating(*faults) as simulator, serving(environment(simulator)) as exporter:
        wait_until(lambda: asked(simulator) >= stalls.keys())
        assert exporter.end() == 0
        assert simulator.end() == 0


def test_while_trustors_stall() -> None:
    """Serve ends while the threads that read trustors side by side wait for answers."""
    with (
        simulating("--fault", f"stall:{_OVERVIEW}:seconds=300,at=head") as simulator,
        serving(environment(simulator)) as exporter,
    ):
        wait_until(lambda: _OVERVIEW in asked(simulator))
        assert exporter.end() == 0


def test_while_the_login_stalls() -> None:
    """Serve ends while it waits for its first token."""
    with (
        simulating("--fault", "stall:oauth_token:seconds=300") as simulator,
        serving(environment(simulator)) as exporter,
    ):
        wait_until(lambda: "oauth_token" in asked(simulator))
        assert exporter.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_once(number: int) -> None:
    """Once ends with status 1 and prints nothing, for half an exposition would look whole."""
    with (
        simulating("--fault", "stall:*:seconds=300,at=head") as simulator,
        starting("once", environ=environment(simulator)) as program,
    ):
        wait_until(lambda: asked(simulator) - {"oauth_token"})
        assert program.end(number) == 1
        assert program.stdout == ""
        assert "interrupted, nothing is written" in program.stderr
        assert "Traceback" not in program.stderr


def test_api() -> None:
    """A call of one operation ends at Ctrl-C without a traceback."""
    with (
        simulating("--fault", "stall:*:seconds=300,at=head") as simulator,
        starting("api", "get_organizations_me", environ=environment(simulator)) as program,
    ):
        wait_until(lambda: asked(simulator) - {"oauth_token"})
        assert program.end(signal.SIGINT) == 128 + signal.SIGINT
        assert program.stderr == ""

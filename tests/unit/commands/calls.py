"""What the tests of the commands share: the shape of a call, and who is asked."""

from collections.abc import Callable

from billing_exporter.simulator import Simulator

Call = Callable[..., tuple[int, str, str]]
"""Runs a command in this process; returns its status, standard output and standard error."""

TRUSTORS = 4
"""Customers of the simulator, unless a module names more; a poll reads a year of each."""

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

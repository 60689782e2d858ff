"""What the tests share: a moment, and a client that logs in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import requests

from billing_exporter.simulator import Options, Simulator

MOMENT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TODAY = MOMENT.date()
OVERVIEW = "get_billing_trusteebillingoverview_trustor_org_id"


class Client:
    """A client of one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy between here and here

    def login(self, client: str = "demo", secret: str | None = None) -> requests.Response:
        """Ask for a token and keep it where one is given."""
        answer = self.session.post(
            f"{self.simulator.url}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(client, secret or "demo"),
            timeout=10,
        )
        if answer.ok:
            self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer

    def get(self, path: str, **query: Any) -> requests.Response:
        """Get a path below /api/v2/."""
        return self.session.get(
            f"{self.simulator.url}/api/v2/{path}", params=query, timeout=10, allow_redirects=False
        )

    def steer(self, method: str, name: str, given: Any = None) -> requests.Response:
        """Make a control call."""
        return self.session.request(
            method, f"{self.simulator.url}/_simulator/{name}", json=given, timeout=10
        )

    def faults(self, *texts: str) -> None:
        """Let these faults hold."""
        self.simulator.service.set_faults(list(texts))

    def overview(self, number: int, index: int = 0) -> requests.Response:
        """Get the overview of the trustor with a number."""
        trustor = self.simulator.world.fleet[number].organization.id
        return self.get(f"billing/trusteebillingoverview/{trustor}", billingPeriodIndex=index)


@contextmanager
def connected(**options: Any) -> Iterator[Client]:
    """Run a simulator whose time stands still, and a client that has logged in."""
    usual = {"address": "127.0.0.1:0", "start": MOMENT, "time_scale": 0.0, "rate_limit": 0}
    with Simulator(Options(**{**usual, **options})) as simulator:
        client = Client(simulator)
        with client.session:
            client.login()
            yield client

"""Our client of the API."""

import sys
from collections.abc import Callable

from billing_exporter.genesys import Account, BillingApi
from tools.bench import measure
from tools.bench.world import NOW, identifier


class LeapingClock:
    """A clock whose waits pass at once: the pace of the API is not what is measured."""

    def __init__(self) -> None:
        """Begin at an arbitrary moment."""
        self._now = 0.0

    def monotonic(self) -> float:
        """Return the seconds that were waited."""
        return self._now

    def wall(self) -> float:
        """Return the same, as seconds since the Unix epoch."""
        return NOW.timestamp() + self._now

    def wait(self, seconds: float) -> None:
        """Let them have passed."""
        self._now += max(0.0, seconds)


def works(url: str, overviews: int) -> dict[str, Callable[[], object]]:
    """Prepare the calls, of which the first fetches its token too."""
    account = Account(url, url, "client", lambda: "secret")
    api = BillingApi(account, clock=LeapingClock())
    start, end = NOW.replace(day=1), NOW

    def read_overviews(ids: list[str]) -> None:
        for each in ids:
            api.get_billing_trusteebillingoverview_trustor_org_id(each)

    return {
        "overviews": lambda: read_overviews([identifier(each) for each in range(overviews)]),
        "blank": lambda: read_overviews(["blank"] * overviews),
        "report": lambda: api.get_billing_reports_billableusage(start, end),
        "counted": lambda: api.billable_usage(start, end),
        "invoices": lambda: sum(1 for _ in api.invoices()),
        "nothing": lambda: None,
        "close": api.close,
    }


if __name__ == "__main__":
    measure.perform(works(sys.argv[1], int(sys.argv[2])))

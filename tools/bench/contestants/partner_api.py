"""An API of a partner with many customers, which notes when it answered about each."""

import sys
import time
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from tools.bench import measure, world
from tools.bench.contestants import api
from tools.bench.customers import PERIODS, Customers

OVERVIEWS = "/api/v2/billing/trusteebillingoverview/"
READ = "/read"
"""Answers with the moments at which each customer had been read in full, and the requests."""


def answers(customers: Customers) -> api.Answers:
    """Return what gives the body for a request's target."""
    listing = customers.listing()
    others = api.answers(resources=100, pages=1)
    asked: dict[int, int] = {}
    moments: list[float] = []

    def answer(target: str) -> bytes | None:
        url = urlsplit(target)
        if url.path == READ:
            return world.json_bytes({"moments": moments, "requests": sum(asked.values())})
        if url.path == "/api/v2/orgauthorization/trustors":
            return listing
        if not url.path.startswith(OVERVIEWS):
            return others(target)
        number = int(url.path.removeprefix(OVERVIEWS).partition("-")[0], 16)
        asked[number] = asked.get(number, 0) + 1
        if asked[number] == PERIODS:
            moments.append(time.time())
        period = int(parse_qs(url.query).get("billingPeriodIndex", ["0"])[0])
        return customers.overview(number, period) if period < PERIODS else None

    return answer


if __name__ == "__main__":
    prepared = Customers(int(sys.argv[1]), datetime.now(UTC).date())
    with api.serving(answers(prepared), int(sys.argv[2])) as served:
        measure.stay(served)

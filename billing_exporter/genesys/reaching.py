"""Reachability of the API, and its time."""

import threading

from billing_exporter.genesys.clock import Deadline, SystemClock
from billing_exporter.genesys.transport import Request, Transport

_SECONDS = 20.0


def date_of(api_url: str) -> str | None:
    """Return the ``Date`` header of an answer to a request without a token.

    Raises:
        Unreachable: There is no answer.
    """
    transport = Transport()
    clock = SystemClock(threading.Event())
    try:
        request = Request("GET", api_url, "/api/v2/organizations/me", {})
        return transport.send(request, Deadline(clock, _SECONDS)).headers.get("Date")
    finally:
        transport.close()

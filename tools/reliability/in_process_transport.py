"""A simulated Genesys Cloud without sockets, whose time stands until it is moved."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from requests.structures import CaseInsensitiveDict

from billing_exporter.genesys.clock import Deadline
from billing_exporter.genesys.transport import Answer, Request, Transport
from billing_exporter.simulator.options import Options
from billing_exporter.simulator.service import Request as ServiceRequest
from billing_exporter.simulator.service import Service

_FOR_EVER = 10**10  # seconds; the client's time does not leap with the simulator's


@dataclass
class Moment:
    """A moment that is moved by hand."""

    now: datetime

    def __call__(self) -> datetime:
        """Tell it."""
        return self.now

    def monotonic(self) -> float:
        """Tell it as seconds."""
        return (self.now - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)


class Direct(Transport):
    """Hands requests to a simulator's service as they are."""

    def __init__(self, moment: Moment, *, trustors: int) -> None:
        super().__init__()
        options = Options(
            start=moment.now,
            trustors=trustors,
            in_progress=0,
            rate_limit=0,
            token_lifetime=_FOR_EVER,
        )
        self.service = Service(options, real=moment.monotonic)

    def send(self, request: Request, deadline: Deadline) -> Answer:  # noqa: ARG002 - it is at once
        """Ask the service."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = ServiceRequest(
            method=request.method, target=request.target, headers=headers, body=request.body or b""
        )
        answer = self.service.answer(asked)
        body = json.dumps(answer.payload).encode() if answer.text is None else answer.text.encode()
        return Answer(answer.status, CaseInsensitiveDict(answer.headers), body)

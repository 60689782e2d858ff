"""One request, timed, reported to the observer and logged."""

import logging

from billing_exporter.genesys.clock import Clock, Deadline
from billing_exporter.genesys.errors import ApiError
from billing_exporter.genesys.observer import Observer
from billing_exporter.genesys.status_errors import correlation_id
from billing_exporter.genesys.transport import Answer, Request, Transport

_log = logging.getLogger(__name__)


class Exchange:
    """The one place through which every request goes, to the API and to the login."""

    def __init__(self, transport: Transport, clock: Clock, observer: Observer) -> None:
        """Join the network with those who watch it."""
        self._transport = transport
        self._clock = clock
        self._observer = observer

    def send(self, operation: str, request: Request, deadline: Deadline) -> Answer:
        """Send a request and return its answer, whatever the status.

        Raises:
            Unreachable: No answer, a broken one, or none before the deadline.
            UnexpectedAnswer: The body is larger than allowed.
            Interrupted: The program is stopping.
        """
        self._clock.wait(0)
        start = self._clock.monotonic()
        try:
            answer = self._transport.send(request, deadline)
        except ApiError as error:
            self._tell(operation, error.reason, "error", start, None)
            raise
        status = str(answer.status)
        self._tell(operation, "answered", status, start, correlation_id(answer.headers))
        return answer

    def _tell(
        self, operation: str, event: str, status: str, start: float, correlation: str | None
    ) -> None:
        self._clock.wait(0)  # who has stopped the client wants to hear no more of it
        seconds = self._clock.monotonic() - start
        self._observer.request(operation, status, seconds)
        if _log.isEnabledFor(logging.DEBUG):
            facts = {
                "operation": operation,
                "status": status,
                "seconds": round(seconds, 3),
                "correlation_id": correlation,
            }
            _log.debug("request %s", event, extra=facts)

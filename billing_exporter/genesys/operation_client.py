"""One operation from its parameters to its record: authorized, paced, tried again, understood."""

from collections.abc import Callable, Mapping
from copy import copy
from typing import TypeVar
from urllib.parse import quote

from billing_exporter.genesys.auth import Tokens
from billing_exporter.genesys.clock import Clock, Deadline
from billing_exporter.genesys.decoding import Decoded
from billing_exporter.genesys.errors import ApiError, RateLimited
from billing_exporter.genesys.instrumented_transport import Exchange
from billing_exporter.genesys.observer import Observer
from billing_exporter.genesys.operations import Operation
from billing_exporter.genesys.rate_limit import Allowance, Pacer
from billing_exporter.genesys.retries import Retrier
from billing_exporter.genesys.status_errors import check
from billing_exporter.genesys.transport import Answer, Request

T = TypeVar("T")

_UNAUTHORIZED = 401


class Caller:
    """Calls operations for one account, from any number of threads."""

    def __init__(
        self,
        origin: str,
        *,
        tokens: Tokens,
        exchange: Exchange,
        pacer: Pacer,
        retrier: Retrier,
        clock: Clock,
        observer: Observer,
        seconds: float,
    ) -> None:
        """Join the parts.

        Args:
            origin: The API's base URL; nothing else ever sees a token.
            tokens: Gives the token.
            exchange: Sends requests.
            pacer: Says when a request may leave.
            retrier: Tries again.
            clock: The time.
            observer: Hears of rate limits and unexpected fields.
            seconds: How long one operation may take with all its tries and waits.
        """
        self._origin = origin
        self._tokens = tokens
        self._exchange = exchange
        self._pacer = pacer
        self._retrier = retrier
        self._clock = clock
        self._observer = observer
        self._seconds = seconds
        self._poll: Deadline | None = None
        self._record: Callable[[bytes], object] = lambda _: None

    def within(self, seconds: float, cancelled: Callable[[], bool]) -> "Caller":
        """Return one that shares everything, but is for a poll that ends within the seconds."""
        caller = copy(self)
        poll = Deadline(self._clock, seconds, cancelled=cancelled)
        caller._poll = poll  # noqa: SLF001 - of the same class
        return caller

    def recording(self, record: Callable[[bytes], object]) -> "Caller":
        """Return one that shares everything, and gives away each body as it came."""
        caller = copy(self)
        caller._record = record  # noqa: SLF001 - of the same class
        return caller

    def has_time(self, seconds: float) -> bool:
        """Return whether the poll it is for, if any, goes on for longer than that."""
        return self._poll is None or self._poll.left() > seconds

    def get(
        self,
        operation: Operation[T],
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str | None] | None = None,
    ) -> T:
        """Call an operation.

        Args:
            operation: Which one.
            path: Its path parameters by name.
            query: Its query parameters by wire name; those that are None are left out.

        Raises:
            ApiError: One of its kinds; see `errors`.
            Interrupted: The program is stopping.
        """
        target = _target(operation.path, path or {}, query or {})
        deadline = Deadline(self._clock, self._seconds, self._poll)
        try:
            answer = self._retrier.run(
                operation.name, deadline, lambda: self._attempt(operation, target, deadline)
            )
            self._record(answer.body)
            decoded = operation.decoder.decode(answer.body)
        except ApiError as error:
            error.operation = error.operation or operation.name
            # Not by a name of its own, which would keep it and with it this call.
            raise deadline.cause(error) from None
        self._report(operation.name, decoded)
        return decoded.value

    def _attempt(self, operation: Operation[T], target: str, deadline: Deadline) -> Answer:
        token = self._tokens.current(deadline)
        answer = self._send(operation.name, target, token, deadline)
        if answer.status == _UNAUTHORIZED and self._tokens.discard(token, deadline):
            token = self._tokens.current(deadline)
            answer = self._send(operation.name, target, token, deadline)
        try:
            check(answer, operation.permission, self._clock.wall())
        except RateLimited as error:
            self._pacer.hold(error.retry_after or 0)
            raise
        return answer

    def _send(self, operation: str, target: str, token: str, deadline: Deadline) -> Answer:
        headers = {"Authorization": f"Bearer {token}", **_HEADERS}
        self._pacer.take(deadline)
        answer = self._exchange.send(
            operation, Request("GET", self._origin, target, headers), deadline
        )
        allowance = Allowance.of(answer.headers)
        if allowance is not None:
            self._pacer.learn(allowance)
            self._observer.rate_limit(allowance.allowed, allowance.used)
        return answer

    def _report(self, operation: str, decoded: Decoded[T]) -> None:
        for kind, path in decoded.unexpected:
            self._observer.unexpected_field(operation, kind, path)


_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip"}


def _target(path: str, values: Mapping[str, str], query: Mapping[str, str | None]) -> str:
    target = path.format_map({name: quote(value, safe="") for name, value in values.items()})
    pairs = [
        f"{name}={quote(value, safe='')}" for name, value in query.items() if value is not None
    ]
    return f"{target}?{'&'.join(pairs)}" if pairs else target

"""The simulated service: a request in, an answer out, without a word of sockets.

The order is that of the real one as far as it is known: route, token, rate limit, operation.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from billing_exporter.simulator import sdk_key_variants
from billing_exporter.simulator.answers import CONTEXT, Answer, RefusedError, error
from billing_exporter.simulator.clock import Clock
from billing_exporter.simulator.control import PREFIX, steer
from billing_exporter.simulator.fault_effects import applied, largest_page, twist
from billing_exporter.simulator.faults import Fault, FaultSet
from billing_exporter.simulator.limits import Limiter, Standing
from billing_exporter.simulator.operations import LARGEST_CONTRACT_PAGE, LARGEST_PAGE, Operations
from billing_exporter.simulator.options import Options
from billing_exporter.simulator.report import moment
from billing_exporter.simulator.routes import TOKEN, Call, route
from billing_exporter.simulator.tokens import Tokens
from billing_exporter.simulator.world import World

_JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""


class Service:
    """The whole API, its login host and the control calls, on one simulated world."""

    def __init__(self, options: Options, real: Callable[[], float] = time.monotonic) -> None:
        """Set up a world and everything in front of it; `real` is a monotonic clock."""
        self._options = options
        older = options.keys == "236"
        self.clock = Clock(options.start or datetime.now(UTC), options.time_scale, real)
        self.world = World(options.seed, options.trustors)
        self._older = older
        self._operations = Operations(
            self.world,
            contract_page=LARGEST_PAGE if older else LARGEST_CONTRACT_PAGE,
            in_progress=options.in_progress,
        )
        self._tokens = Tokens(options.clients, options.token_lifetime, real)
        self._limiter = Limiter(options.rate_limit, real)
        self._faults = FaultSet(options.faults)
        self._requests: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """Answer a request; every answer of the API names its correlation id and the limit."""
        parts = urlsplit(request.target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.path.startswith(PREFIX):
            name = parts.path.removeprefix(PREFIX)
            status, payload = steer(self, request.method, name, query, request.body)
            return Answer(status=status, payload=payload)
        try:
            operation, ids = route(parts.path)
        except RefusedError as refused:
            return self._finished(error(refused), self._limiter.fresh())
        faults = self._faults.hits(operation)
        call = Call(
            operation=operation,
            path=parts.path,
            ids=ids,
            query=query,
            now=self.now(),
            largest_page=largest_page(faults),
            twist=twist(faults),
        )
        answer, standing = self._called(request, call, faults)
        answer = self._finished(
            applied(answer, faults, call), standing, self._slowness(faults, call)
        )
        with self._lock:
            self._requests[operation, answer.status] += 1
        return answer

    def _called(
        self, request: Request, call: Call, faults: tuple[Fault, ...]
    ) -> tuple[Answer, Standing]:
        """Answer as if there were no faults, but for tokens that one revokes."""
        if any(fault.name == "revoked" for fault in faults):
            self._tokens.revoke()
        standing = self._limiter.fresh()
        try:
            if call.operation == TOKEN:
                return self._granted(request), standing
            _check_method(request, "GET")
            client = self._tokens.check(request.headers.get("authorization"))
            standing = self._limiter.count(client)
            self._limiter.check(standing)
            payload = self._operations.answer(call)
        except RefusedError as refused:
            wait = {"Retry-After": str(standing.reset)} if standing.declined else {}
            return error(refused, **wait), standing
        return Answer(payload=sdk_key_variants.older(payload) if self._older else payload), standing

    def _granted(self, request: Request) -> Answer:
        _check_method(request, "POST")
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        return self._tokens.grant(request.headers.get("authorization", ""), form)

    def _finished(self, answer: Answer, standing: Standing, slowness: float = 0.0) -> Answer:
        """Add what every answer of the API carries; a gateway's page carries nothing."""
        wait = answer.delivery.wait + self._options.latency + slowness
        answer = replace(answer, delivery=replace(answer.delivery, wait=wait))
        if answer.text is not None:
            return answer
        context, payload = str(uuid4()), answer.payload
        if CONTEXT in payload:
            payload = {**payload, CONTEXT: context}
        usual = {"ININ-Correlation-Id": context, "Cache-Control": "no-store", **standing.headers}
        return replace(answer, payload=payload, headers={**usual, **answer.headers})

    def _slowness(self, faults: tuple[Fault, ...], call: Call) -> float:
        return sum(fault.number("seconds") for fault in faults if self._slows(fault, call))

    def _slows(self, fault: Fault, call: Call) -> bool:
        if fault.name != "slow_trustor":
            return False
        trustor = self.world.fleet.find(call.ids.get("trustor", ""))
        return trustor is not None and trustor.number == int(fault.number("trustor"))

    def now(self) -> datetime:
        """Tell simulated time."""
        return self.clock.now()

    def faults(self) -> list[str]:
        """List the faults that hold."""
        return list(self._faults.texts)

    def set_faults(self, texts: list[str]) -> None:
        """Let these faults hold and no others.

        Raises:
            ValueError: one of them is none.
        """
        self._faults.replace(texts)

    def time(self) -> str:
        """Tell simulated time as the API writes it."""
        return moment(self.now())

    def advance(self, seconds: float) -> str:
        """Move simulated time on and tell it.

        Raises:
            ValueError: for what is no length of time.
        """
        return moment(self.clock.advance(seconds))

    def revoke(self) -> None:
        """End every token."""
        self._tokens.revoke()

    def summary(self, limit: int) -> dict[str, Any]:
        """Return the truth about this moment, of the first `limit` customers."""
        return self.world.summary(self.now(), limit)

    def requests(self) -> dict[str, dict[str, int]]:
        """Count the requests so far, by operation and status."""
        with self._lock:
            counted = sorted(self._requests.items())
        found: dict[str, dict[str, int]] = {}
        for (operation, status), count in counted:
            found.setdefault(operation, {})[str(status)] = count
        return found

    def clients(self) -> dict[str, dict[str, int]]:
        """Return the busiest minute of each client, and how many of its requests were declined."""
        return {client: asdict(load) for client, load in sorted(self._limiter.loads().items())}


def _check_method(request: Request, allowed: str) -> None:
    if request.method == allowed:
        return
    if request.body and not request.headers.get("content-type", "").startswith(_JSON):
        raise RefusedError(415, "unsupported.media.type", "The content type is not supported.")
    raise RefusedError(405, "method.not.allowed", f"Only {allowed} is allowed here.")

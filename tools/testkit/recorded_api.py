"""Test kit of the client: a clock that need not wait, a listener, a loopback server."""

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import responses

from billing_exporter.genesys import Account, BillingApi, Interrupted, Observer

API = "https://api.example.com"
LOGIN = "https://login.example.com"
TOKEN_URL = f"{LOGIN}/oauth/token"
BILLING = f"{API}/api/v2/billing"
SECRET = "shibboleth"
TOKEN = "secret-token-1"
NOON = 1_795_435_200.0  # 2026-11-23T12:00:00Z


def asked(service: responses.RequestsMock) -> list[str]:
    """Return path and query of every request to the API."""
    urls = [urlsplit(str(call.request.url)) for call in service.calls]
    return [
        f"{url.path}?{url.query}" if url.query else url.path
        for url in urls
        if url.netloc == urlsplit(API).netloc
    ]


class FakeClock:
    """A clock whose waits take no time; `step` seconds pass at each look at it."""

    def __init__(self, *, step: float = 0.0) -> None:
        self.now = 1000.0
        self.step = step
        self.waits: list[float] = []
        self.stopped = False

    def monotonic(self) -> float:
        """Return the seconds."""
        self.now += self.step
        return self.now

    def wall(self) -> float:
        """Return noon and the seconds since the start."""
        return NOON + self.now - 1000.0

    def wait(self, seconds: float) -> None:
        """Let time pass at once."""
        if self.stopped:
            raise Interrupted
        if seconds > 0:
            self.waits.append(seconds)
            self.now += seconds


class Listener:
    """An observer that remembers what it heard."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self.retries: list[tuple[str, str]] = []
        self.rate_limits: list[tuple[int, int]] = []
        self.unexpected: list[tuple[str, str, str]] = []

    def request(self, operation: str, status: str, seconds: float) -> None:
        """Remember a request."""
        assert seconds >= 0
        self.requests.append((operation, status))

    def retry(self, operation: str, reason: str) -> None:
        """Remember a retry."""
        self.retries.append((operation, reason))

    def rate_limit(self, allowed: int, used: int) -> None:
        """Remember a limit."""
        self.rate_limits.append((allowed, used))

    def unexpected_field(self, operation: str, kind: str, path: str) -> None:
        """Remember an unexpected field."""
        self.unexpected.append((operation, kind, path))


def account(**changes: object) -> Account:
    """Return an account of the imitated service."""
    settings: dict[str, object] = {
        "api_url": API,
        "login_url": LOGIN,
        "client_id": "client",
        "client_secret": lambda: SECRET,
    }
    return Account(**(settings | changes))  # type: ignore[arg-type]


def billing_api(clock: FakeClock | None = None, observer: Observer | None = None) -> BillingApi:
    """Return a client whose waits take no time and have no jitter."""
    return BillingApi(account(), clock=clock or FakeClock(), observer=observer, jitter=lambda: 1.0)


def client_at(url: str) -> BillingApi:
    """Return a client, in real time, of a simulator or of whatever else is at a URL."""
    return BillingApi(Account(url, url, "demo", lambda: "demo"))


def http_answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return a whole HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class Loopback:
    """A server that gives the same bytes to every request.

    It may hang up after an answer, or answer at once without hearing a request.
    """

    def __init__(self, answer: bytes, *, hang_up: bool, at_once: bool) -> None:
        self._answer = answer
        self._hang_up = hang_up
        self._at_once = at_once
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(30)
        self.connections = 0
        self.requests: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def serve(self) -> None:
        """Serve one connection after the other until closed."""
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            # The client may hang up first: some tests want it to.
            with connection, connection.makefile("rb") as requests, suppress(OSError):
                self._answer_all(connection, requests)

    def _answer_all(self, connection: socket.socket, requests: Iterable[bytes]) -> None:
        if self._at_once:
            connection.sendall(self._answer)
            return
        request = b""
        for line in requests:
            request += line
            if line == b"\r\n":
                self.requests.append(request)
                request = b""
                connection.sendall(self._answer)
                if self._hang_up:
                    return

    def close(self) -> None:
        """Stop accepting."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def silence() -> Iterator[str]:
    """Listen at a URL, and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def loopback(answer: bytes, *, hang_up: bool = False, at_once: bool = False) -> Iterator[Loopback]:
    """Run a loopback server."""
    server = Loopback(answer, hang_up=hang_up, at_once=at_once)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()

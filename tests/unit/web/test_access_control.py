"""The gate before the site: what needs a password, and the headers that every answer gets."""

import threading
from collections.abc import Mapping
from contextlib import ExitStack

import pytest

from billing_exporter.httpd.response import Response
from billing_exporter.web.access_control import AccessControl
from billing_exporter.web.authentication import WAITING, Authenticator
from billing_exporter.web.protection import Protection, RequestRate
from billing_exporter.web.routes import HEALTH_PATHS
from tests.unit.httpd.clients import connect, eventually, read_answer
from tests.unit.httpd.servers import Serve
from tests.unit.web.test_authentication import USERS, Checks, basic


class Hall:
    """A site that answers everything, and keeps what it was asked."""

    def __init__(self) -> None:
        """Ask nothing yet."""
        self.asked: list[tuple[str, str, Mapping[str, str]]] = []

    def handle(self, method: str, target: str, headers: Mapping[str, str]) -> Response:
        """Answer a request with a policy of its own."""
        self.asked.append((method, target, headers))
        own = (("Content-Security-Policy", "default-src 'none'"), ("Vary", "Accept"))
        return Response(200, headers=own)


def gate(protection: Protection, hall: Hall | None = None, **more: object) -> AccessControl:
    """Return a gate with quick checks before a hall."""
    authenticator = Authenticator(Checks())
    return AccessControl(hall or Hall(), lambda: protection, authenticator=authenticator, **more)  # type: ignore[arg-type]


def asking(user: str, password: str) -> bytes:
    """Return a request of a user."""
    return f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(user, password)}\r\n\r\n".encode()


GUARDED = gate(Protection(users=USERS))


def test_without_users_everybody_may_come_in() -> None:
    """Where no users are configured the request goes on as it came."""
    hall = Hall()
    headers = {"authorization": "Basic nonsense"}
    assert gate(Protection(), hall).handle("PUT", "/x?y", headers).status == 200
    assert hall.asked == [("PUT", "/x?y", headers)]


@pytest.mark.parametrize("target", ["/metrics", "/", "/nothing", "/-/reload", "http://a/metrics"])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "NONSENSE"])
def test_everything_needs_a_password(method: str, target: str) -> None:
    """With users, every path and method is refused without a password, and the site not asked."""
    hall = Hall()
    response = gate(Protection(users=USERS), hall).handle(method, target, {})
    assert response.status == 401
    assert dict(response.headers)["WWW-Authenticate"].startswith("Basic realm=")
    assert hall.asked == []


def test_the_right_password_opens() -> None:
    """A user with the right password gets the site's answer, with a wrong one the refusal."""
    right, wrong = {"authorization": basic("ann", "one")}, {"authorization": basic("ann", "two")}
    assert GUARDED.handle("GET", "/metrics", right).status == 200
    assert GUARDED.handle("GET", "/metrics", wrong).status == 401


@pytest.mark.parametrize("path", sorted(HEALTH_PATHS))
def test_health_needs_no_password_unless_asked_for(path: str) -> None:
    """Probes come in without a password; where they must not, they are refused like others."""
    assert GUARDED.handle("GET", f"{path}?x", {}).status == 200
    strict = gate(Protection(users=USERS), open_paths=())
    assert strict.handle("GET", path, {}).status == 401


@pytest.mark.parametrize("target", ["/healthz/", "/healthz/../metrics", "//healthz", "/%68ealthz"])
def test_nothing_but_health_is_open(target: str) -> None:
    """A path that only looks like one of the health endpoints needs a password."""
    assert GUARDED.handle("GET", target, {}).status == 401


def test_too_many_passwords_are_turned_away() -> None:
    """When too many passwords wait to be checked, the next is told to come again soon."""
    authenticator = Authenticator(Checks())
    for _ in range(WAITING + 1):
        assert authenticator._places.acquire(blocking=False)
    guarded = AccessControl(Hall(), lambda: Protection(users=USERS), authenticator=authenticator)
    response = guarded.handle("GET", "/metrics", {"authorization": basic("ann", "one")})
    assert (response.status, dict(response.headers)["Retry-After"]) == (503, "5")


def test_a_flood_does_not_keep_a_scraper_out(serve: Serve) -> None:
    """Dozens of clients wait with wrong passwords, and one that is known is answered at once."""
    go_on = threading.Event()
    checks = Checks()
    guarded = AccessControl(
        Hall(), lambda: Protection(users=USERS), authenticator=Authenticator(checks)
    )
    server = serve(guarded)
    with ExitStack() as stack:
        stack.callback(go_on.set)
        known = stack.enter_context(connect(server))
        known.sendall(asking("ann", "one"))
        assert read_answer(known)[0] == 200
        checks.before = lambda: go_on.wait(20)
        flood = [stack.enter_context(connect(server)) for _ in range(WAITING + 1)]
        for sock in flood:
            sock.sendall(asking("ann", "guess"))
        eventually(lambda: len(server._crowd._answered) == len(flood))
        known.sendall(asking("ann", "one"))
        assert read_answer(known)[0] == 200
        go_on.set()
        assert {read_answer(sock)[0] for sock in flood} == {401}


@pytest.mark.parametrize("users", [{}, USERS])
def test_headers_are_on_every_answer(users: Mapping[str, bytes]) -> None:
    """Configured headers are on answers and refusals, once, in place of the site's own."""
    policy = ("content-security-policy", "default-src 'self'")
    frames = ("X-Frame-Options", "deny")
    response = gate(Protection(users=users, headers=(policy, frames))).handle("GET", "/", {})
    names = [name.lower() for name, _ in response.headers]
    assert len(names) == len(set(names))
    assert {policy, frames} <= set(response.headers)
    assert ("Vary" in dict(response.headers)) == (response.status == 200)


def test_nothing_secret_is_shown() -> None:
    """The record of users shows neither them nor their hashes."""
    assert "ann" not in repr(Protection(users=USERS))


def test_too_many_requests() -> None:
    """Beyond the rate limit requests get status 429, before any password; health does not count."""
    checks = Checks()
    protection = Protection(users=USERS, rate=RequestRate(seconds=3600.0, burst=2))
    guard = AccessControl(Hall(), lambda: protection, authenticator=Authenticator(checks))
    statuses = [guard.handle("GET", "/metrics", {}).status for _ in range(4)]
    assert statuses == [401, 401, 429, 429]
    assert guard.handle("GET", "/metrics", {"authorization": basic("ann", "x")}).status == 429
    assert guard.handle("GET", "/-/healthy", {}).status == 200

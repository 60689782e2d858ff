"""A server for a test, of which nothing may be left after it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from billing_exporter.httpd.connection import Handler, Limits
from billing_exporter.httpd.server import WebServer
from billing_exporter.httpd.tls import Tls
from tests.unit.httpd.clients import Answers
from tests.unit.httpd.tls_clients import tls_of
from tools.testkit.certificates import Authority, Pair


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return the authority that all tests of a run trust."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def pair(authority: Authority) -> Pair:
    """Return the certificate of the servers of all tests."""
    return authority.issue()


@pytest.fixture
def tls(pair: Pair) -> Tls:
    """Return TLS with nothing but its defaults."""
    return tls_of(pair)


Serve = Callable[..., WebServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers on free ports of the loopback; stop them, and see their threads end."""
    before = set(threading.enumerate())
    with ExitStack() as stack:

        def start(
            handler: Handler | None = None, *, tls: Tls | None = None, **limits: float
        ) -> WebServer:
            """Start a server with a handler, TLS or none, and some limits."""
            given = Limits(**limits)  # type: ignore[arg-type]
            server = WebServer("127.0.0.1:0", handler or Answers(), limits=given, tls=lambda: tls)
            server.start()
            stack.callback(server.stop)
            return server

        yield start
    assert set(threading.enumerate()) <= before

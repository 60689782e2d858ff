"""A server for a test, of which nothing may be left after it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from billing_exporter.web.connection import Handler, Limits
from billing_exporter.web.server import WebServer
from tests.web.clients import Answers

Serve = Callable[..., WebServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers on free ports of the loopback; stop them, and see their threads end."""
    before = set(threading.enumerate())
    with ExitStack() as stack:

        def start(handler: Handler | None = None, **limits: float) -> WebServer:
            """Start a server with a handler and some limits."""
            given = Limits(**limits)  # type: ignore[arg-type]
            server = WebServer("127.0.0.1:0", handler or Answers(), limits=given)
            server.start()
            stack.callback(server.stop)
            return server

        yield start
    assert set(threading.enumerate()) <= before

"""The server over TLS with clients that are slow, broken or gone: they hold up nobody."""

import logging
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing_exporter.httpd.connection import Connection, Limits
from billing_exporter.httpd.server import WebServer
from billing_exporter.httpd.tls import Tls
from tests.unit.httpd.clients import GET, Answers, connect, eventually, read_all, read_answer
from tests.unit.httpd.servers import Serve
from tests.unit.httpd.tls_clients import ask, is_refused, secured
from tools.testkit.certificates import Authority


def test_a_failed_handshake_is_one_line(
    serve: Serve, tls: Tls, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that does not trust us is counted and leaves one line at debug, no traceback."""
    caplog.set_level(logging.DEBUG)
    server = serve(tls=tls)
    assert is_refused(server, ssl.create_default_context())
    eventually(lambda: bool(caplog.records))
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("DEBUG", None)
    assert "TLS handshake: tlsv1 alert unknown ca" in record.getMessage()


def test_http_on_the_port_of_https_is_told(serve: Serve, tls: Tls) -> None:
    """Who forgot the `s` of https receives so in plain HTTP."""
    server = serve(tls=tls)
    with connect(server) as sock:
        sock.sendall(GET)
        assert read_answer(sock) == (400, b"this port speaks HTTPS\n")
    eventually(lambda: server.aborted == 1)
    assert server.failed_handshakes == 0


def test_a_handshake_has_a_deadline(serve: Serve, tls: Tls) -> None:
    """A client that begins a handshake and stops is cut when the time is over, and counted."""
    server = serve(tls=tls, head_seconds=0.2)
    with connect(server) as sock:
        sock.sendall(b"\x16\x03\x01\x02\x00\x01")
        assert read_all(sock) == b""
    eventually(lambda: server.failed_handshakes == 1)


def test_a_probe_is_not_a_broken_client(serve: Serve, tls: Tls) -> None:
    """Who connects and leaves, or says nothing at all, has broken nothing."""
    server = serve(tls=tls, head_seconds=0.1)
    connect(server).close()
    with connect(server) as sock:
        assert read_all(sock) == b""
    eventually(lambda: len(server._crowd) == 0)
    assert server.aborted == 0


def test_half_handshakes_do_not_keep_a_scrape_out(
    serve: Serve, tls: Tls, authority: Authority
) -> None:
    """Clients that stop within their handshake hold every place, and a scrape is answered."""
    server = serve(tls=tls, connections=50)
    with ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(connect(server)).sendall(b"\x16\x03\x01\x02\x00")
        eventually(lambda: len(server._crowd) == 50)
        assert [ask(server, authority.client())[0] for _ in range(3)] == [200] * 3


def test_stop_is_quick_at_every_stage(serve: Serve, tls: Tls, authority: Authority) -> None:
    """Silent, half-agreed, idle and slow clients do not hold the stop; no thread stays."""
    server = serve(Answers(b"x" * 20_000_000), tls=tls)
    with ExitStack() as stack:
        stack.enter_context(connect(server))
        stack.enter_context(connect(server)).sendall(b"\x16\x03")
        stack.enter_context(secured(server, authority.client()))
        stack.enter_context(secured(server, authority.client())).sendall(GET)
        eventually(lambda: len(server._crowd._answered) == 1)
        server.stop()
    assert not [thread for thread in server._threads if thread.is_alive()]


def test_an_answer_under_way_is_finished_at_stop(
    serve: Serve, tls: Tls, authority: Authority
) -> None:
    """Who is being answered over TLS when the server stops gets the answer."""
    asked, go_on = threading.Event(), threading.Event()

    def hold(_target: str) -> None:
        asked.set()
        go_on.wait(20)

    server = serve(Answers(before=hold), tls=tls)
    with secured(server, authority.client()) as sock:
        sock.sendall(GET)
        assert asked.wait(20)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        eventually(lambda: server._listeners[0].fileno() < 0)
        go_on.set()
        answer = read_all(sock)
        stopping.join()
    assert answer.endswith(b"ok\n")


class Meddling:
    """A context that lets something happen while the socket changes hands."""

    def __init__(self, context: ssl.SSLContext, meddle: Callable[[], None]) -> None:
        """Call ``meddle`` after the old socket is gone and before the new one is known."""
        self.context = context
        self.meddle = meddle

    def wrap_socket(self, *given: Any, **more: Any) -> ssl.SSLSocket:
        """Return the secured socket, but not at once."""
        secured = self.context.wrap_socket(*given, **more)
        self.meddle()
        return secured


@pytest.mark.parametrize("name", ["cut", "hurry"])
def test_who_is_cut_while_the_socket_changes_hands(tls: Tls, name: str) -> None:
    """A connection that is cut or hurried at the one moment that no call reaches it, ends."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        client.sendall(b"\x16\x03\x01")
        sock, _ = listener.accept()
        connection = Connection(sock, Answers(), Limits(), lambda: meddling)
        meddling = Tls(Meddling(tls.context, getattr(connection, name)))  # type: ignore[arg-type]
        connection.converse(nullcontext)
        connection.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from([b"", b"\x16\x03\x01\x00\x80\x01", b"GET"]))
def test_any_bytes_get_an_answer_or_an_end(shared: WebServer, sent: bytes, start: bytes) -> None:
    """Whatever a client sends before it is done, it gets a refusal or nothing, and no wait."""
    with connect(shared) as sock:
        sock.sendall(start + sent)
        sock.shutdown(socket.SHUT_WR)
        received = read_all(sock)
    assert received == b"" or received[:1] == b"\x15" or received.startswith(b"HTTP/1.1 400 ")


@pytest.fixture
def shared(serve: Serve, tls: Tls) -> WebServer:
    """Return the server that all examples of a property share."""
    return serve(tls=tls)

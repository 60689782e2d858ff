"""The server with clients that are slow, broken or many: a scrape always gets through."""

import logging
import resource
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing_exporter.httpd.server import WebServer
from tests.unit.httpd.clients import (
    GET,
    Answers,
    connect,
    eventually,
    read_all,
    read_answer,
    scrape,
)
from tests.unit.httpd.servers import Serve

LARGE = b"x" * 20_000_000
"""More than the system takes in for a reader that does not read."""
HUNDREDS = 200


def reset(sock: socket.socket) -> None:
    """Break a connection so that the server sees a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_silent_clients_do_not_keep_a_scrape_out(serve: Serve) -> None:
    """Hundreds of clients that say nothing hold every place, and a scrape is answered at once."""
    server = serve(connections=HUNDREDS)
    with ExitStack() as stack:
        silent = [stack.enter_context(connect(server)) for _ in range(HUNDREDS)]
        eventually(lambda: len(server._crowd) == HUNDREDS)
        assert [scrape(server) for _ in range(5)] == [200] * 5
        assert silent[0].recv(1) == b""


def test_half_requests_do_not_keep_a_scrape_out(serve: Serve) -> None:
    """Hundreds of clients that never finish their request do not either."""
    server = serve(connections=HUNDREDS)
    with ExitStack() as stack:
        for _ in range(HUNDREDS):
            stack.enter_context(connect(server)).sendall(GET[:-2])
        assert [scrape(server) for _ in range(5)] == [200] * 5


def test_slow_readers_do_not_keep_a_scrape_out(serve: Serve) -> None:
    """Clients that do not read their answer lose their place when it is needed."""
    handler = Answers(LARGE)
    server = serve(handler, connections=10)
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(connect(server, receive_buffer=4096)).sendall(GET)
        eventually(lambda: len(server._crowd._answered) == 10)
        assert scrape(server) == 200


def test_the_longest_waiting_gives_way(serve: Serve) -> None:
    """In a full house the client that has waited longest is closed; who is newer stays."""
    server = serve(connections=3)
    with connect(server) as first, connect(server) as second, connect(server) as third:
        for sock in (second, third, first):
            sock.sendall(GET)
            assert read_answer(sock)[0] == 200
        eventually(lambda: len(server._crowd._waiting) == 3)
        assert scrape(server) == 200
        assert second.recv(1) == b""
        for sock in (third, first):
            sock.sendall(GET)
            assert read_answer(sock)[0] == 200


def test_a_request_has_a_deadline(serve: Serve) -> None:
    """A client that moves a byte now and then is refused when the time is over, and counted."""
    server = serve(head_seconds=0.3)
    with connect(server) as sock:
        sock.settimeout(0.02)
        answer = b""
        for byte in b"GET /" + b"x" * 2000:
            sock.sendall(bytes([byte]))
            try:
                answer = sock.recv(1000)
                break
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408 ")
    eventually(lambda: server.aborted == 1)


def test_who_never_speaks_is_closed(serve: Serve) -> None:
    """A client that connects and says nothing is closed when the time for a request is over."""
    server = serve(head_seconds=0.1)
    with connect(server) as sock:
        assert read_all(sock) == b""
    assert server.aborted == 0


def test_idle_clients_are_closed(serve: Serve) -> None:
    """Between requests a client may be idle for longer than a request may take, not forever."""
    server = serve(head_seconds=0.5, idle_seconds=0.9)
    with connect(server) as sock:
        before = time.monotonic()
        sock.sendall(GET)
        read_answer(sock)
        assert read_all(sock) == b""
        assert time.monotonic() - before > 0.7
    assert server.aborted == 0


def test_an_answer_has_a_deadline(serve: Serve) -> None:
    """A client that does not take its answer is cut when the time is over, and counted."""
    server = serve(Answers(LARGE), write_seconds=0.3)
    with connect(server, receive_buffer=4096) as sock:
        sock.sendall(GET)
        eventually(lambda: server.aborted == 1)
        assert len(read_all(sock)) < len(LARGE)


def test_a_trickling_reader_gains_nothing(serve: Serve) -> None:
    """The deadline of an answer counts from its beginning, however many bytes are taken."""
    server = serve(Answers(LARGE), write_seconds=0.3)
    with connect(server, receive_buffer=4096) as sock:
        sock.sendall(GET)

        def still_reading() -> bool:
            sock.recv(100)
            return server.aborted == 1

        eventually(still_reading)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)), 400),
        (b"\x00" * 100_000, 400),
        (b"A" * 100_000, 414),
        (b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 20_000, 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"x: y\r\n" * 200 + b"\r\n", 431),
        (b"GET / HTTP/3.0\r\n\r\n", 505),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + b"x" * 500_000, 413),
    ],
)
def test_nonsense_is_refused_in_words(
    serve: Serve, caplog: pytest.LogCaptureFixture, sent: bytes, status: int
) -> None:
    """TLS, garbage, floods and bodies get their refusal, though they sent more than was read."""
    caplog.set_level(logging.DEBUG)
    server = serve()
    with connect(server) as sock:
        sock.sendall(sent)
        assert read_answer(sock)[0] == status
    eventually(lambda: server.aborted == 1)
    assert [record.levelname for record in caplog.records] == ["DEBUG"]


def test_resets_are_counted_and_quiet(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Clients that break off in the middle are counted; nothing above debug is logged."""
    caplog.set_level(logging.DEBUG)
    server = serve(Answers(LARGE))
    for number in range(20):
        sock = connect(server, receive_buffer=4096)
        sock.sendall(GET if number % 2 else GET[:10])
        if number % 2:
            sock.recv(1)
        reset(sock)
    eventually(lambda: server.aborted == 20)
    assert {record.levelname for record in caplog.records} == {"DEBUG"}
    assert all(record.exc_info is None for record in caplog.records)


def test_a_probe_is_not_a_broken_client(serve: Serve) -> None:
    """Who connects and leaves has broken nothing."""
    server = serve()
    connect(server).close()
    assert scrape(server) == 200
    eventually(lambda: len(server._crowd) == 0)
    assert server.aborted == 0


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from([GET, GET[:9], b"\r\n", b"Host: x", b" HTTP/1.1", b"\n", b":"])
        | st.binary(max_size=20),
        max_size=8,
    ).map(b"".join)
)
def test_any_bytes_get_an_answer_or_an_end(shared: WebServer, sent: bytes) -> None:
    """Whatever a client sends before it is done, it gets answers or nothing, and no wait."""
    with connect(shared) as sock:
        sock.sendall(sent)
        sock.shutdown(socket.SHUT_WR)
        received = read_all(sock)
    assert received == b"" or received.startswith(b"HTTP/1.1 ")


@pytest.fixture
def shared(serve: Serve) -> WebServer:
    """Return the server that all examples of a property share."""
    return serve()


def test_stop_is_quick_with_hundreds_of_clients(serve: Serve) -> None:
    """Idle, half-spoken and slow clients do not hold the stop, and no thread of theirs stays."""
    server = serve(Answers(LARGE))
    with ExitStack() as stack:
        for number in range(HUNDREDS):
            sock = stack.enter_context(connect(server, receive_buffer=4096))
            sock.sendall((b"", GET[:10], GET)[number % 3 if number < 30 else number % 2])
        eventually(lambda: len(server._crowd) == HUNDREDS)
        eventually(lambda: len(server._crowd._answered) == 10)
        before = time.monotonic()
        server.stop()
        # A second is the promise; a machine that is busy with other things gets some more.
        assert time.monotonic() - before < 5
        assert not [thread for thread in server._threads if thread.is_alive()]


def test_it_outlives_a_lack_of_descriptors(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Without free descriptors the server says so, waits, and answers when there are some."""
    server = serve()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as sock:
        sock.settimeout(20)
        resource.setrlimit(resource.RLIMIT_NOFILE, (sock.fileno() + 1, hard))
        try:
            sock.connect(("127.0.0.1", server.port))
            eventually(lambda: "cannot accept connections" in caplog.text)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        sock.sendall(GET)
        assert read_answer(sock)[0] == 200


def test_it_outlives_a_lack_of_threads(
    serve: Serve, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client for which there is no thread is closed, and the next one is answered."""
    server = serve()
    start: Callable[[threading.Thread], None] = threading.Thread.start

    def refuse(_: threading.Thread) -> None:
        monkeypatch.setattr(threading.Thread, "start", start)
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with connect(server) as sock:
        assert read_all(sock) == b""
    assert scrape(server) == 200
    assert "can't start new thread" in caplog.text

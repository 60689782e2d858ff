"""The server with clients that behave: what they get, in every version of HTTP/1."""

import gc
import http.client
import logging
import socket
import threading
import time
from collections.abc import Iterator, Mapping

import pytest

from billing_exporter.httpd.address import ListenError
from billing_exporter.httpd.response import Response
from billing_exporter.httpd.server import WebServer
from billing_exporter.httpd.socket_io import BATCH_BYTES, send_pieces
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


def test_one_connection_serves_many_requests(serve: Serve) -> None:
    """A client asks again and again on the connection that it has."""
    server = serve()
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    client.connect()
    kept = client.sock
    for _ in range(5):
        client.request("GET", "/")
        assert client.getresponse().read() == b"ok\n"
    assert client.sock is kept
    client.close()


def test_head_gets_no_body(serve: Serve) -> None:
    """HEAD receives the length of the body, and the next answer follows at once."""
    with connect(serve()) as sock:
        sock.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + b"GET / HTTP/1.0\r\n\r\n")
        first, second = read_all(sock).split(b"\r\n\r\n", 1)
    assert b"Content-Length: 3" in first
    assert second.startswith(b"HTTP/1.1 200 OK\r\n")


def test_pipelined_requests_are_answered_in_order(serve: Serve) -> None:
    """Requests that come together are answered one after the other."""
    seen: list[str] = []
    server = serve(Answers(before=seen.append))
    requests = [f"GET /{number} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for number in range(20)]
    with connect(server) as sock:
        sock.sendall(b"".join((*requests, b"GET /last HTTP/1.0\r\n\r\n")))
        answers = read_all(sock)
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 21
    assert seen == [*(f"/{number}" for number in range(20)), "/last"]


@pytest.mark.parametrize(
    "request_head",
    [b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"],
)
def test_who_wants_it_closed_gets_it_closed(serve: Serve, request_head: bytes) -> None:
    """The connection ends after the answer where the client says so, and the answer tells."""
    with connect(serve()) as sock:
        sock.sendall(request_head)
        answer = read_all(sock)
    assert b"\r\nConnection: close\r\n" in answer
    assert answer.endswith(b"\r\n\r\nok\n")


def test_a_request_may_come_in_bytes(serve: Serve) -> None:
    """A request that comes byte by byte, but soon enough, is answered."""
    with connect(serve()) as sock:
        for byte in GET:
            sock.sendall(bytes([byte]))
        assert read_answer(sock) == (200, b"ok\n")


class Pieces:
    """A handler whose body is in many pieces."""

    def __init__(self, *pieces: bytes) -> None:
        """Answer with these pieces."""
        self.pieces = pieces

    def handle(self, _method: str, _target: str, _headers: Mapping[str, str]) -> Response:
        """Answer a request."""
        return Response(200, body=self.pieces)


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"",),
        tuple(bytes([number % 256]) * number for number in range(1500)),
        (b"a" * (BATCH_BYTES - 1), b"b", b"c" * BATCH_BYTES, b"d"),
        (b"a" * 5_000_000, b"", b"b" * 5_000_000, b"c"),
    ],
)
def test_pieces_arrive_whole_and_in_order(serve: Serve, pieces: tuple[bytes, ...]) -> None:
    """Any number of pieces of any size arrive as one body, also at a slow reader."""
    with connect(serve(Pieces(*pieces)), receive_buffer=8192) as sock:
        sock.sendall(GET)
        assert read_answer(sock) == (200, b"".join(pieces))


def test_a_body_is_made_no_further_than_a_slow_client_takes_it() -> None:
    """Many clients that read nothing cost little: what is made while it is sent waits for them."""
    made: list[int] = []

    def pieces() -> Iterator[bytes]:
        for _ in range(5000):
            made.append(BATCH_BYTES // 64)
            yield bytes(made[-1])

    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BATCH_BYTES // 4)
        with pytest.raises(TimeoutError):
            send_pieces(ours, pieces(), time.monotonic() + 0.2)
    assert sum(made) <= 4 * BATCH_BYTES


def test_a_fault_of_ours_is_logged_and_not_shown(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler that fails gives 500 without its reason; the log has it, without the query."""

    def fail(_target: str) -> None:
        raise RuntimeError("secret thought")

    with connect(serve(Answers(before=fail))) as sock:
        sock.sendall(b"GET /x?token=abc HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_answer(sock) == (500, b"internal error\n")
        sock.sendall(GET)
        assert read_answer(sock)[0] == 500
    assert "secret thought" in caplog.text
    assert "token" not in caplog.text


def test_one_line_of_log_for_a_request(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """A request leaves one line at debug, without the query."""
    caplog.set_level(logging.DEBUG)
    with connect(serve()) as sock:
        sock.sendall(b"GET /x?token=abc HTTP/1.1\r\nHost: x\r\n\r\n")
        read_answer(sock)
        eventually(lambda: bool(caplog.messages))
    assert caplog.messages == ["answered GET /x with 200"]


def test_url_and_port(serve: Serve) -> None:
    """The server says where it really is."""
    server = serve()
    assert server.port > 0
    assert server.url == f"http://127.0.0.1:{server.port}"


def test_stop_closes_the_door(serve: Serve) -> None:
    """After it has stopped, nobody can connect, its port is free, and stopping again is fine."""
    server = serve()
    port = server.port
    server.stop()
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=20).connect()
    again = WebServer(f"127.0.0.1:{port}", Answers())
    again.start()
    assert scrape(again) == 200
    again.stop()


def test_stop_without_start() -> None:
    """A server that was never started stops without complaint and leaves nothing behind."""
    WebServer("127.0.0.1:0", Answers()).stop()
    gc.collect()


def test_an_answer_under_way_is_finished_at_stop(serve: Serve) -> None:
    """Who is being answered when the server stops gets the answer, told that it is the last."""
    asked, go_on = threading.Event(), threading.Event()

    def hold(_target: str) -> None:
        asked.set()
        go_on.wait(20)

    server = serve(Answers(before=hold))
    with connect(server) as sock:
        sock.sendall(GET)
        assert asked.wait(20)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        eventually(lambda: server._listeners[0].fileno() < 0)
        go_on.set()
        answer = read_all(sock)
        stopping.join()
    assert answer.endswith(b"ok\n")


def test_many_at_once(serve: Serve) -> None:
    """Clients that come at the same moment are all answered."""
    server = serve()
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(scrape(server))) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [200] * 50


def test_several_addresses() -> None:
    """Every address is listened on and answers; when one is taken, none is listened on."""
    server = WebServer(("127.0.0.1:0", "127.0.0.2:0"), Answers())
    server.start()
    try:
        assert len(set(zip(("127.0.0.1", "127.0.0.2"), server.ports, strict=True))) == 2
        for host, port in zip(("127.0.0.1", "127.0.0.2"), server.ports, strict=True):
            with socket.create_connection((host, port), timeout=20) as sock:
                sock.sendall(GET)
                assert sock.recv(100).startswith(b"HTTP/1.1 200")
        taken = WebServer(
            (f"127.0.0.3:{server.ports[0]}", f"127.0.0.1:{server.ports[0]}"), Answers()
        )
        with pytest.raises(ListenError):
            taken.start()
        with socket.create_server(("127.0.0.3", server.ports[0])):
            pass
    finally:
        server.stop()

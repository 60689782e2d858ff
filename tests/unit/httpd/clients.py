"""What the tests of the server talk with: plain sockets, and a handler that answers simply."""

import http.client
import socket
import time
from collections.abc import Callable, Mapping

from billing_exporter.httpd.response import Response
from billing_exporter.httpd.server import WebServer

GET = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
PATIENCE_SECONDS = 20.0  # only a test that fails waits that long


class Answers:
    """A handler that answers every request with the same body, after calling a function."""

    def __init__(self, body: bytes = b"ok\n", before: Callable[[str], object] = repr) -> None:
        """Answer with the body once ``before`` has returned; it is given the target."""
        self.body = body
        self.before = before

    def handle(self, _method: str, target: str, _headers: Mapping[str, str]) -> Response:
        """Answer a request."""
        self.before(target)
        return Response(200, body=(self.body,))


def connect(server: WebServer, *, receive_buffer: int | None = None) -> socket.socket:
    """Return a connected socket; a small receive buffer makes a slow reader."""
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(PATIENCE_SECONDS)
    sock.connect(("127.0.0.1", server.port))
    return sock


def read_all(sock: socket.socket) -> bytes:
    """Return what arrives until the server closes, or breaks, the connection."""
    received = b""
    try:
        while chunk := sock.recv(65536):
            received += chunk
    except ConnectionError:
        pass
    return received


def read_answer(sock: socket.socket) -> tuple[int, bytes]:
    """Return status and body of one answer, and leave the connection open."""
    answer = http.client.HTTPResponse(sock)
    answer.begin()
    with answer:
        return answer.status, answer.read()


def scrape(server: WebServer) -> int:
    """Return the status that a new client gets."""
    with connect(server) as sock:
        sock.sendall(GET)
        return read_answer(sock)[0]


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds, and fail where it never does."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)

"""A server whose answer never ends: a beginning, then the same bytes again and again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
_EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"  # of deflate: stored, no bytes
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"


def chunk(data: bytes) -> bytes:
    """Return one chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


@dataclass(frozen=True)
class Drip:
    """An answer that never ends.

    Attributes:
        beginning: Sent at once.
        repeated: Sent again and again after that.
        pause: Seconds before each time.
    """

    beginning: bytes
    repeated: bytes
    pause: float = 0.05


DRIPS = {
    "status line": Drip(b"HTTP/1.1 200 ", b"x"),
    "header": Drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
    "100 Continue": Drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "103 Early Hints": Drip(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"),
    "body": Drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" "),
    "body without length": Drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    "chunk size": Drip(_CHUNKED + b"\r\n", b"0"),
    "chunk extension": Drip(_CHUNKED + b"\r\n1;", b"x"),
    "chunk": Drip(_CHUNKED + b"\r\n" + b"ffff\r\n", b" "),
    "trailer": Drip(_CHUNKED + b"\r\n" + chunk(b"{}") + b"0\r\n", b"X-Y: z\r\n"),
    "trailer's line": Drip(_CHUNKED + b"\r\n" + chunk(b"{}") + b"0\r\nX-Y: ", b"z"),
    "empty gzip blocks": Drip(
        _CHUNKED + b"Content-Encoding: gzip\r\n\r\n" + chunk(_GZIP_HEAD), chunk(_EMPTY_BLOCK)
    ),
    "empty gzip files": Drip(
        _CHUNKED + b"Content-Encoding: gzip\r\n\r\n",
        chunk(_GZIP_HEAD + b"\x03\x00" + b"\x00" * 8),
    ),
    "error body": Drip(b"HTTP/1.1 503 Busy\r\nContent-Length: 1000000\r\n\r\n", b" "),
}
"""Every part of an answer, dripping."""

HANDSHAKE = Drip(b"\x16\x03\x03\x40\x00", b"\x02")
"""A TLS record that never ends."""


@contextmanager
def dripping(drip: Drip) -> Iterator[str]:
    """Answer every request so, at a URL, until the block ends."""
    ended = threading.Event()
    clients: list[tuple[socket.socket, threading.Thread]] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(drip.beginning)
            while not ended.wait(drip.pause):
                connection.sendall(drip.repeated)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                clients.append((connection, threading.Thread(target=serve, args=(connection,))))
                clients[-1][1].start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            listening.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for connection, thread in clients:
                with suppress(OSError):  # the client has closed it
                    connection.shutdown(socket.SHUT_RDWR)
                thread.join()

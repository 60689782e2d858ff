"""A client that scrapes as fast as Python can, the same for every server."""

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

_PIECE = 1 << 18


class Scraper:
    """Asks one URL again and again over one connection, as long as the server keeps it."""

    def __init__(self, url: str, *, gzip: bool) -> None:
        """Connect at the first scrape.

        Args:
            url: Where to ask.
            gzip: Whether to accept compressed answers.
        """
        parts = urlsplit(url)
        self._address = str(parts.hostname), int(parts.port or 80)
        encoding = "Accept-Encoding: gzip\r\n" if gzip else ""
        self._request = (
            f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: text/plain\r\n"
            f"{encoding}\r\n"
        ).encode()
        self._socket: socket.socket | None = None
        self._buffer = memoryview(bytearray(_PIECE))

    def scrape(self, keep: Callable[[memoryview], object] = len) -> int:
        """Ask once and read the whole answer.

        Args:
            keep: Takes the body, piece by piece; each is good for the moment only.

        Returns:
            The bytes of the body.

        Raises:
            OSError: The answer is not there, not whole, or no success.
        """
        if self._socket is None:
            self._socket = socket.create_connection(self._address)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(self._request)
        head, rest = self._head(self._socket)
        keep(rest)
        length = size = int(_field(head, b"content-length"))
        size -= len(rest)
        while size:
            count = self._socket.recv_into(self._buffer)
            if not count:
                raise ConnectionError("the answer was cut off")
            keep(self._buffer[:count])
            size -= count
        if head.startswith(b"http/1.0") or _field(head, b"connection") == b"close":
            self.close()
        return length

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _head(self, connection: socket.socket) -> tuple[bytes, memoryview]:
        received = bytearray()
        while b"\r\n\r\n" not in received:
            count = connection.recv_into(self._buffer)
            if not count:
                raise ConnectionError("the server hung up")
            received += self._buffer[:count]
        end = received.index(b"\r\n\r\n")
        head = bytes(received[:end]).lower()
        if head.split()[1] != b"200":
            raise ConnectionError(f"status {head.split()[1].decode()}")
        return head, memoryview(received)[end + 4 :]


def _field(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key == name:
            return value.strip()
    return b""

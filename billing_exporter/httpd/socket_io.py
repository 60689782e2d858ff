"""Bytes from and to a client, in clear or by TLS, each call within its time.

A moment ``until`` is in monotonic seconds and counts for everything that happens before it.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

RECEIVE_BYTES = 16 * 1024
BLOCK_BYTES = 256 * 1024
"""Smaller pieces are joined up to this, which is quicker than sending each by itself."""
LINGER_SECONDS = 1.0
LINGER_BYTES = 1024 * 1024


def grant(sock: socket.socket, until: float) -> None:
    """Let the next call on the socket wait until that moment, but no longer.

    Raises:
        TimeoutError: The moment has passed.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    sock.settimeout(left)


def peek(sock: socket.socket, until: float) -> bytes:
    """Return the first byte that arrives and leave it there; nothing means the client is gone."""
    grant(sock, until)
    return sock.recv(1, socket.MSG_PEEK)


def receive(sock: socket.socket, until: float) -> bytes:
    """Return what arrives before that moment; nothing means that the client is done."""
    grant(sock, until)
    return sock.recv(RECEIVE_BYTES)


def send_pieces(sock: socket.socket, pieces: Iterable[bytes], until: float) -> None:
    """Send the pieces in their order, without joining or making them all first.

    Raises:
        TimeoutError: The other end has not taken them before that moment.
        OSError: The other end broke off.
    """
    for block in _blocks(pieces):
        grant(sock, until)
        sock.sendall(block)


def shut_down(sock: socket.socket, how: int) -> None:
    """Shut down the connection below TLS, which any thread may; the client may be quicker."""
    with suppress(OSError):
        socket.socket.shutdown(sock, how)


def linger(sock: socket.socket) -> None:
    """Return that no more follows, and let the client finish.

    To close while unread bytes arrive would reset the connection, and the client might
    lose the answer.
    """
    until = time.monotonic() + LINGER_SECONDS
    if isinstance(sock, ssl.SSLSocket):
        with suppress(OSError):
            grant(sock, until)
            sock.unwrap()
    shut_down(sock, socket.SHUT_WR)
    budget = LINGER_BYTES
    with suppress(OSError):
        while budget > 0:
            grant(sock, until)
            # Below TLS: what it holds is of no interest any more.
            chunk = socket.socket.recv(sock, RECEIVE_BYTES)
            if not chunk:
                return
            budget -= len(chunk)


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes; small pieces joined, large ones as they are."""
    small: list[bytes] = []
    size = 0
    for piece in pieces:
        if small and size + len(piece) > BLOCK_BYTES:
            yield b"".join(small)
            small, size = [], 0
        small.append(piece)
        size += len(piece)
    if size:
        yield b"".join(small)

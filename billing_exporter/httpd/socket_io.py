"""Bytes from and to a client, in clear or by TLS, each call within its time.

A moment ``until`` is in monotonic seconds and counts for everything that happens before it.
"""

import socket
import ssl
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

RECEIVE_BYTES = 16 * 1024
BATCH_BYTES = 256 * 1024
"""What is made or joined while it is sent stays this small, however many clients are slow."""
BATCH_PIECES = 1000
"""Pieces that are sent together; Linux takes up to 1,024 in one call."""
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

    Those of a list are there already, so in clear as many are sent together as the system takes.

    Raises:
        TimeoutError: The other end has not taken them before that moment.
        OSError: The other end broke off.
    """
    is_secured = isinstance(sock, ssl.SSLSocket)
    most = BATCH_BYTES if is_secured or not isinstance(pieces, list) else sys.maxsize
    for batch in _batches(pieces, most):
        if is_secured:
            grant(sock, until)
            sock.sendall(b"".join(batch))
        else:
            _send_batch(sock, batch, until)


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


def _send_batch(sock: socket.socket, batch: list[bytes], until: float) -> None:
    """Send pieces in clear, without joining them: the system takes them from where they are."""
    rest: list[bytes | memoryview] = [*batch]
    first = 0
    while first < len(rest):
        grant(sock, until)
        sent = sock.sendmsg(rest[first:])
        while first < len(rest) and sent >= len(rest[first]):
            sent -= len(rest[first])
            first += 1
        if sent:
            rest[first] = memoryview(rest[first])[sent:]


def _batches(pieces: Iterable[bytes], most: int) -> Iterator[list[bytes]]:
    """Yield the pieces in groups of at most so many bytes; a larger piece is a group by itself."""
    batch: list[bytes] = []
    size = 0
    for piece in pieces:
        if batch and (size + len(piece) > most or len(batch) == BATCH_PIECES):
            yield batch
            batch, size = [], 0
        batch.append(piece)
        size += len(piece)
    if size:
        yield batch

"""One client's connection: whole requests in, answers out, each within its time.

The time to send a request and the time to take an answer count from their beginning, so a
client gains nothing by moving a byte now and then.
"""

import logging
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain
from typing import Protocol

from billing_exporter.httpd.request import Request, RequestError, parse_head, split_head
from billing_exporter.httpd.response import Response, render_head, text_response
from billing_exporter.httpd.socket_io import grant, linger, peek, receive, send_pieces, shut_down
from billing_exporter.httpd.tls import HANDSHAKE, Tls, shake_hands

logger = logging.getLogger(__name__)


class Handler(Protocol):
    """What answers requests."""

    def handle(self, method: str, target: str, headers: Mapping[str, str]) -> Response:
        """Return the answer; the names of the headers are in lower case."""


@dataclass(frozen=True)
class Limits:
    """What a client is granted."""

    connections: int = 512
    """Connections at a time, all clients together."""
    head_seconds: float = 10.0
    """From its first byte, or from connecting, until the head of a request is whole; as long for
    a handshake before it."""
    idle_seconds: float = 150.0
    """Between two requests; longer than the usual scrape intervals."""
    write_seconds: float = 60.0
    """Until an answer is taken."""


class Connection:
    """A connected client, served by one thread; ``hurry`` and ``cut`` may come from others."""

    def __init__(
        self, sock: socket.socket, handler: Handler, limits: Limits, tls: Callable[[], Tls | None]
    ) -> None:
        """Serve the client at the other end of the socket.

        ``tls`` may read files, so it is asked in the thread that converses.
        """
        self._socket = sock
        self._handler = handler
        self._limits = limits
        self._tls = tls
        self._buffer = b""
        self._last = False

    def hurry(self) -> None:
        """Let the request that is being answered be the last; wake who waits for one."""
        self._last = True
        shut_down(self._socket, socket.SHUT_RD)

    def cut(self) -> None:
        """Break the connection; wake who reads or writes."""
        self._last = True
        shut_down(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def converse(self, answering: Callable[[], AbstractContextManager[None]]) -> None:
        """Answer requests until either side has had enough.

        ``answering`` is entered from a whole request until its answer is sent.

        Raises:
            HandshakeError: It could not agree with us on TLS.
            OSError: The client broke off or was too slow, a request or an answer unfinished.
            RequestError: It sent a request that was refused, and said so to the client.
        """
        # The head and the body of an answer are one message; there is nothing to wait for.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        patience = self._limits.head_seconds
        tls = self._tls()
        if tls is not None and not self._secure(tls):
            return
        while request := self._next_request(patience):
            with answering():
                keep_alive = self._answer(request)
            if not keep_alive:
                linger(self._socket)
                return
            patience = self._limits.idle_seconds

    def _secure(self, tls: Tls) -> bool:
        """Speak TLS from now on; return False where the client is gone or has to go.

        Raises:
            HandshakeError: There was no agreement.
            RequestError: It speaks HTTP.
        """
        until = time.monotonic() + self._limits.head_seconds
        try:
            first = peek(self._socket, until)
        except TimeoutError:
            return False
        if first and first != HANDSHAKE:
            raise self._refused(RequestError(HTTPStatus.BAD_REQUEST, "this port speaks HTTPS"))
        if not first or self._last:
            return False
        secured = tls.context.wrap_socket(
            self._socket, server_side=True, do_handshake_on_connect=False
        )
        self._socket = secured
        # Who hurried or cut us until here may have reached the socket that is no more.
        if self._last:
            return False
        grant(secured, until)
        shake_hands(secured, tls)
        return True

    def _next_request(self, patience: float) -> Request | None:
        """Return the next request, or None where the client has no more."""
        try:
            head = self._next_head(patience)
            return None if head is None else parse_head(head)
        except RequestError as error:
            raise self._refused(error) from None

    def _refused(self, error: RequestError) -> RequestError:
        """Return the client that its request is refused, and return why."""
        response = text_response(error.status, str(error))
        self._send(response, keep_alive=False, with_body=True)
        linger(self._socket)
        return error

    def _next_head(self, patience: float) -> bytes | None:
        """Return the next head, or None where the client said nothing for so many seconds."""
        until = time.monotonic() + (self._limits.head_seconds if self._buffer else patience)
        while (parts := split_head(self._buffer)) is None:
            try:
                chunk = receive(self._socket, until)
            except TimeoutError as error:
                if not self._buffer:
                    return None
                raise RequestError(HTTPStatus.REQUEST_TIMEOUT, "too slow") from error
            if not chunk and self._buffer:
                raise ConnectionAbortedError("the client left in the middle of a request")
            if not chunk:
                return None
            if not self._buffer:
                until = min(until, time.monotonic() + self._limits.head_seconds)
            self._buffer += chunk
        head, self._buffer = parts
        return head

    def _answer(self, request: Request) -> bool:
        """Answer and return whether another request may follow."""
        response = self._respond(request)
        keep_alive = request.keep_alive and not self._last
        self._send(response, keep_alive=keep_alive, with_body=request.method != "HEAD")
        path = request.target.partition("?")[0]
        logger.debug("answered %s %s with %d", request.method, path, response.status)
        return keep_alive

    def _respond(self, request: Request) -> Response:
        """Return the handler's answer; its fault is ours to log, not the client's to see."""
        try:
            return self._handler.handle(request.method, request.target, request.headers)
        except Exception:
            logger.exception("cannot answer %s", request.target.partition("?")[0])
            return text_response(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error")

    def _send(self, response: Response, *, keep_alive: bool, with_body: bool) -> None:
        """Send a response before the time for it is over."""
        head = render_head(response, now=time.time(), keep_alive=keep_alive)
        body = response.body if with_body else ()
        pieces = [head, *body] if isinstance(body, Sequence) else chain((head,), body)
        send_pieces(self._socket, pieces, until=time.monotonic() + self._limits.write_seconds)

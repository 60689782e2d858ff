"""The simulator as an HTTP server: threads, sockets, bytes and how slowly they come."""

import gzip
import json
import socket
import sys
import threading
from collections.abc import Iterable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from billing_exporter.simulator.answers import HTML_TYPE, JSON_TYPE, Answer
from billing_exporter.simulator.dripping import DROPS, Message, pieces
from billing_exporter.simulator.options import Options
from billing_exporter.simulator.service import Request, Service
from billing_exporter.simulator.world import World

_LARGE = 1_024
_LARGEST_REQUEST = 512_000  # documented: request.bytes.max


class _Server(ThreadingHTTPServer):
    """Serves a service, knows its open connections and ends them on request."""

    daemon_threads = False  # so that closing waits for every thread
    request_queue_size = 128

    def __init__(self, endpoint: tuple[str, int], service: Service) -> None:
        self.address_family = socket.AF_INET6 if ":" in endpoint[0] else socket.AF_INET
        super().__init__(endpoint, _Handler)
        self.service = service
        self.ending = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        self.ending.set()
        with self._lock:
            for connection in self._open:
                _shut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Return nothing of clients that go away; an error of our own is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster


class _Handler(BaseHTTPRequestHandler):
    """Reads requests and sends answers on one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536
    server: _Server

    def version_string(self) -> str:
        """Name the server."""
        return "simulator"

    def log_message(self, *_: Any) -> None:
        """Stay silent."""

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
            self.send_error(413)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(method=self.command, target=self.path, headers=headers, body=body)
        answer = self.server.service.answer(request)
        wait = answer.delivery.wait
        if wait and self.server.ending.wait(wait):
            self.close_connection = True
            return
        self._send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815 - the names that http.server looks for

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _LARGEST_REQUEST:
            return None
        return self.rfile.read(int(length))

    def _send(self, answer: Answer) -> None:
        delivery = answer.delivery
        if delivery.drip and delivery.dripping != "body" and self.command != "HEAD":
            message = Message(answer.status, _headers(answer), _written(answer))
            self._send_slowly(pieces(message, delivery.dripping, delivery.drip))
            return
        body, is_packed = self._packed(_written(answer))
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(body)))
        if is_packed:
            self.send_header("Content-Encoding", "gzip")
        for name, value in _headers(answer).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self._send_body(body, answer)

    def _packed(self, body: bytes) -> tuple[bytes, bool]:
        if len(body) < _LARGE or "gzip" not in self.headers.get("Accept-Encoding", ""):
            return body, False
        return gzip.compress(body, compresslevel=1), True

    def _send_body(self, body: bytes, answer: Answer) -> None:
        delivery, half = answer.delivery, len(body) // 2
        if delivery.cut:
            self.wfile.write(body[:half])
            self.close_connection = True
            return
        self._send_slowly(_pieces(body, delivery.pause, delivery.drip))

    def _send_slowly(self, parts: Iterable[tuple[bytes, float]]) -> None:
        for piece, pause in parts:
            self.wfile.write(piece)
            if pause:
                self.wfile.flush()
                if self.server.ending.wait(pause):
                    self.close_connection = True
                    return


def _headers(answer: Answer) -> dict[str, str]:
    return {"Content-Type": JSON_TYPE if answer.text is None else HTML_TYPE, **answer.headers}


def _written(answer: Answer) -> bytes:
    if answer.text is not None:
        return answer.text.encode()
    body = json.dumps(answer.payload, separators=(",", ":"), ensure_ascii=False).encode()
    return body[: len(body) // 2] if answer.delivery.broken else body


def _pieces(body: bytes, pause: float, drip: float) -> Iterator[tuple[bytes, float]]:
    """Cut a body into pieces, each with the seconds that pass after it."""
    if not pause and not drip:
        yield body, 0.0
        return
    count = DROPS if drip else 2
    size = max(1, -(-len(body) // count))
    middle = len(body) // 2
    for start in range(0, len(body), size):
        has_middle = pause > 0 and start < middle <= start + size
        yield body[start : start + size], drip / count + (pause if has_middle else 0.0)


class Simulator:
    """A simulated Genesys Cloud that listens on an address; a context manager.

    Attributes:
        url: where it listens: API and login host in one. Known once it is started.
        service: what answers, also without HTTP: faults, clock, tokens.
    """

    def __init__(self, options: Options | None = None) -> None:
        """Set up a world; nothing listens yet."""
        self._options = options or Options()
        self.service = Service(self._options)
        self.url = ""
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def world(self) -> World:
        """Give the simulated world."""
        return self.service.world

    def now(self) -> datetime:
        """Tell simulated time."""
        return self.service.now()

    def start(self) -> None:
        """Listen and answer, in threads of its own.

        Raises:
            OSError: the address cannot be had.
        """
        server = _Server(self._options.endpoint, self.service)
        host, port = server.server_address[:2]
        name = f"[{host!s}]" if ":" in str(host) else str(host)
        self.url = f"http://{name}:{port}"
        thread = threading.Thread(
            target=server.serve_forever, args=(0.05,), name="simulator", daemon=True
        )
        self._server, self._thread = server, thread
        thread.start()

    def stop(self) -> None:
        """End every connection and thread; a second time does nothing."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

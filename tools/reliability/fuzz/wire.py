"""HTTP requests as bytes over real sockets, to a server with everything behind it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import strategies as st

from billing_exporter.app import build
from billing_exporter.collectors.settings import Collectors, UsageSettings
from billing_exporter.config import Organization, Settings
from billing_exporter.config.secret import Secret
from billing_exporter.httpd.server import WebServer
from tools.reliability.fuzz.harness import Target

_PATIENCE_SECONDS = 5.0
_GOOD = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
_PATHS = ["/", "/metrics", "/-/healthy", "/-/ready", "/-/reload", "/x", "*", "http://h/metrics"]
_HEADER_NAMES = ["Host", "Accept", "Accept-Encoding", "Content-Length", "Transfer-Encoding"]
_HEADER_NAMES += ["Connection", "Authorization", "X", "Expect", "Range", " Host", "Ho st", ""]
_VALUES = ["x", "gzip", "0", "7", "-1", "chunked", "close", "Basic !", "text/plain;q=2", "a" * 9000]

_TEXT = st.text(st.characters(codec="latin-1"), max_size=12)
_LINES = st.builds(
    "{} {} {}".format,
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "get", "OPTIONS", "PRI"]) | _TEXT,
    st.sampled_from(_PATHS) | _TEXT,
    st.sampled_from(["HTTP/1.1", "HTTP/1.0", "HTTP/2", "HTTP/0.9", "HTTP/1.10"]) | _TEXT,
)
_HEADERS = st.lists(
    st.builds(
        "{}: {}".format,
        st.sampled_from(_HEADER_NAMES) | _TEXT,
        st.sampled_from(_VALUES) | _TEXT,
    ),
    max_size=5,
)
_REQUESTS = st.builds(
    lambda line, headers, end, body: "\r\n".join([line, "Host: x", *headers, end]) + body,
    _LINES,
    _HEADERS,
    st.sampled_from(["\r\n", "\r\n", "\n", ""]),
    st.sampled_from(["", "", "body", "\r\n"]),
).map(lambda text: text.encode("latin-1"))
_TRAFFIC = st.lists(_REQUESTS | st.binary(max_size=80), min_size=1, max_size=3).map(b"".join)


@contextmanager
def exchange() -> Iterator[WebServer]:
    """Serve an exporter that polls nothing."""
    organization = Organization(
        name="acme",
        api_url="http://127.0.0.1:9",
        client_id="id",
        client_secret=Secret("secret"),
        collectors=Collectors(usage=UsageSettings()),
    )
    settings = Settings(organizations=(organization,))
    app = build(settings, address="127.0.0.1:0", read_settings=lambda: settings)
    app.server.start()
    try:
        yield app.server
    finally:
        app.server.stop()
        app.exporter.stop()


def said_to(port: int, traffic: bytes) -> bytes:
    """Send bytes, say that no more follow, and return all that comes back.

    Raises:
        TimeoutError: The server neither answers nor closes.
    """
    with socket.create_connection(("127.0.0.1", port), _PATIENCE_SECONDS) as client:
        received = b""
        try:
            client.sendall(traffic)
            client.shutdown(socket.SHUT_WR)
            while piece := client.recv(65536):
                received += piece
        except ConnectionError:
            pass  # refused in the middle of what we sent
        return received


def target(port: int) -> Target:
    """Return the target that talks to a server on this machine."""

    def check(traffic: bytes) -> None:
        threads = threading.active_count()
        answer = said_to(port, traffic)
        assert not answer or answer.startswith(b"HTTP/1.1 "), answer[:80]
        assert b" 500 " not in answer.partition(b"\r\n")[0]
        assert b"Traceback" not in answer
        assert said_to(port, _GOOD).startswith(b"HTTP/1.1 200 ")
        assert threading.active_count() < threads + 20

    return Target(
        name="HTTP requests over sockets",
        inputs=_TRAFFIC,
        check=check,
        holds="an answer or a closed connection, never 500, and the next client is served",
        share=2,
    )

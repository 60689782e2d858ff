"""Tests of one request and one answer, over real loopback connections where bytes matter."""

import gzip
import http.client
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import responses
import urllib3.exceptions
from requests import exceptions

from billing_exporter.genesys.clock import Deadline
from billing_exporter.genesys.errors import UnexpectedAnswer, Unreachable
from billing_exporter.genesys.transport import Answer, Request, Transport
from tools.testkit.recorded_api import API, FakeClock, http_answer, loopback

SECRET_TEXT = "http://user:password@proxy.example.com"


def subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    """Yield a class and all that descend from it."""
    yield kind
    for each in kind.__subclasses__():
        yield from subclasses(each)


def without_init(kind: type[Exception]) -> Exception:
    """Return an exception of a kind whatever its constructor wants."""
    error = kind.__new__(kind)
    error.args = (SECRET_TEXT,)
    return error


FOREIGN = sorted(
    {
        *(
            kind
            for kind in subclasses(requests.RequestException)
            if kind.__module__ == exceptions.__name__
        ),
        *(
            kind
            for kind in subclasses(urllib3.exceptions.HTTPError)
            if kind.__module__ == urllib3.exceptions.__name__
        ),
        *subclasses(http.client.HTTPException),
        ssl.SSLError,
        socket.gaierror,
        ConnectionResetError,
        TimeoutError,
        UnicodeError,
        ValueError,
    },
    key=lambda kind: (kind.__module__, kind.__name__),
)


def send(url: str, clock: FakeClock | None = None, **bounds: Any) -> Answer:
    """Send one request and close all connections."""
    transport = Transport(**bounds)
    try:
        return transport.send(request(url), Deadline(clock or FakeClock(), 300))
    finally:
        transport.close()


def request(origin: str) -> Request:
    """Return a request with a token."""
    headers = {"Authorization": "Bearer secret-token", "Accept-Encoding": "gzip"}
    return Request("GET", origin, "/api/v2/x?after=secret-cursor", headers)


def test_requests_of_every_kind_are_known() -> None:
    """The walk over foreign exceptions finds what it should."""
    assert exceptions.ChunkedEncodingError in FOREIGN
    assert urllib3.exceptions.IncompleteRead in FOREIGN
    assert len(FOREIGN) > 50


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_exceptions_do_not_leave(
    mocked: responses.RequestsMock, kind: type[Exception]
) -> None:
    """Every exception of the libraries below becomes Unreachable, without its own text."""
    mocked.get(f"{API}/api/v2/x", body=without_init(kind))
    with pytest.raises(Unreachable) as caught:
        send(API)
    error = caught.value
    assert error.__cause__ is None
    assert "password" not in f"{error!r} {error}"
    assert error.__suppress_context__


def test_connections_are_kept() -> None:
    """Requests that follow each other use one connection, and send the headers that were given."""
    transport = Transport()
    with loopback(http_answer(b"{}")) as server:
        for _ in range(3):
            answer = transport.send(request(server.url), Deadline(FakeClock(), 300))
            assert (answer.status, answer.body) == (200, b"{}")
        transport.close()
    assert (server.connections, len(server.requests)) == (1, 3)
    lines = server.requests[0].decode().splitlines()
    assert lines[0] == "GET /api/v2/x?after=secret-cursor HTTP/1.1"
    assert "Authorization: Bearer secret-token" in lines


def test_whoever_comes_late_leaves_nothing_open() -> None:
    """A connection that is in use when the transport is closed ends with its answer; no other is
    opened afterwards.
    """
    transport = Transport()
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor() as pool:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        answer = pool.submit(transport.send, request(url), Deadline(FakeClock(), 300))
        connection, _ = listening.accept()
        with connection:
            connection.settimeout(30)
            assert connection.recv(10_000)
            transport.close()
            connection.sendall(http_answer(b"{}"))
            assert answer.result().body == b"{}"
            assert connection.recv(1) == b""
        for origin in (url, API):
            with pytest.raises(Unreachable):
                transport.send(request(origin), Deadline(FakeClock(), 300))
        listening.settimeout(0)
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "503 Service Unavailable"])
def test_every_status_is_an_answer(status: str) -> None:
    """An answer is an answer whatever its status, with its headers in any case."""
    with loopback(http_answer(b"body", "Retry-After: 7", status=status)) as server:
        answer = send(server.url)
    assert (str(answer.status), answer.body) == (status[:3], b"body")
    assert answer.headers["retry-after"] == "7"


def test_interim_answers_are_not_the_answer() -> None:
    """Any number of answers of class 1xx may come before the answer, with headers of their own."""
    hints = b"HTTP/1.1 103 Early Hints\r\nRetry-After: 1\r\nLink: </a.css>; rel=preload\r\n\r\n"
    interim = hints + b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + hints
    with loopback(interim + http_answer(b"body")) as server:
        answer = send(server.url)
    assert (answer.status, answer.body) == (200, b"body")
    assert "Retry-After" not in answer.headers


def test_a_switch_of_protocols_is_the_answer() -> None:
    """Status 101 ends HTTP on its connection, so nothing that comes after it is waited for."""
    with loopback(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n") as server:
        assert send(server.url).status == 101


def test_redirects_are_not_followed() -> None:
    """A redirect is an answer; nobody asks where it points, and no token goes there."""
    with loopback(http_answer(b"elsewhere")) as other:
        moved = http_answer(b"", f"Location: {other.url}/", status="302 Found")
        with loopback(moved) as server:
            assert send(server.url).status == 302
        assert other.connections == 0


def test_cookies_are_not_kept() -> None:
    """A cookie that was set is not sent back."""
    transport = Transport()
    with loopback(http_answer(b"{}", "Set-Cookie: a=b; Path=/")) as server:
        for _ in range(2):
            transport.send(request(server.url), Deadline(FakeClock(), 300))
        transport.close()
    assert b"cookie" not in b"".join(server.requests).lower()


def test_compressed_answers() -> None:
    """A gzipped body is read."""
    packed = gzip.compress(b"x" * 100_000)
    with loopback(http_answer(packed, "Content-Encoding: gzip")) as server:
        assert send(server.url).body == b"x" * 100_000


def test_chunked_answers() -> None:
    """A chunked body is read."""
    body = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with loopback(body) as server:
        assert send(server.url).body == b"abcde"


@pytest.mark.parametrize("headers", [(), ("Content-Encoding: gzip",)])
def test_a_body_that_is_too_large(headers: tuple[str, ...]) -> None:
    """A body beyond the bound is refused, also when it is small before it is unpacked."""
    body = b"x" * 1_000_000
    packed = gzip.compress(body) if headers else body
    with loopback(http_answer(packed, *headers)) as server:
        with pytest.raises(UnexpectedAnswer, match="larger than 1000 bytes"):
            send(server.url, largest_body=1000)
        assert len(send(server.url, largest_body=1_000_000).body) == 1_000_000


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (http_answer(b"x" * 100)[:-50], "cut off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", "cut off"),
        (http_answer(b"no gzip", "Content-Encoding: gzip"), "compression is broken"),
        (b"", "no connection"),
        (b"SSH-2.0-x\r\n", "no connection"),
    ],
)
def test_broken_answers(answer: bytes, text: str) -> None:
    """An answer that is cut off, garbled or none at all is Unreachable, and says which."""
    with (
        loopback(answer, hang_up=True) as server,
        pytest.raises(Unreachable, match=text),
    ):
        send(server.url)


def test_nobody_listens() -> None:
    """A refused connection is Unreachable."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(Unreachable, match="no connection"):
        send(f"http://127.0.0.1:{port}")


def test_tls_where_there_is_none() -> None:
    """A server that does not speak TLS is Unreachable, and says that TLS failed."""
    with (
        loopback(http_answer(b"{}"), at_once=True) as server,
        pytest.raises(Unreachable, match="TLS failed"),
    ):
        send(server.url.replace("http:", "https:"))


@pytest.mark.parametrize(
    "url", ["https://", "nonsense", "ftp://127.0.0.1", "http://a..b", "http://[x"]
)
def test_urls_that_are_none(url: str) -> None:
    """A URL that nothing can be asked of is Unreachable."""
    with pytest.raises(Unreachable):
        send(url)


def test_a_slow_body_ends_at_the_deadline() -> None:
    """A body that comes in pieces is given up once the deadline has passed."""
    clock = FakeClock(step=60)
    pieces = b"".join(b"3\r\nabc\r\n" for _ in range(100))
    body = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n"
    with (
        loopback(body, hang_up=True) as server,
        pytest.raises(Unreachable, match="deadline"),
    ):
        send(server.url, clock)


def test_nothing_is_sent_after_the_deadline() -> None:
    """A request whose deadline has passed does not leave."""
    with loopback(http_answer(b"{}")) as server:
        with pytest.raises(Unreachable, match="deadline"):
            send(server.url, FakeClock(step=301))
        assert server.connections == 0


def test_timeouts_are_always_given(mocked: responses.RequestsMock) -> None:
    """Every request has a connect and a read timeout, never longer than what is left."""
    mocked.get(f"{API}/api/v2/x", json={})
    transport = Transport()
    for seconds in (300, 5):
        transport.send(request(API), Deadline(FakeClock(), seconds))
    timeouts = [vars(call.request)["req_kwargs"]["timeout"] for call in mocked.calls]
    assert timeouts == [(10.0, 60.0), (5, 5)]


def test_the_environment_is_read_once_per_origin(
    mocked: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proxies of the environment are used, and not read again."""
    mocked.get(f"{API}/api/v2/x", json={})
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    transport = Transport()
    transport.send(request(API), Deadline(FakeClock(), 300))
    monkeypatch.delenv("HTTPS_PROXY")
    transport.send(request(API), Deadline(FakeClock(), 300))
    for call in mocked.calls:
        given = vars(call.request)["req_kwargs"]
        assert given["proxies"]["https"] == "http://127.0.0.1:9"


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "nonsense"])
def test_encodings_that_were_not_asked_for(encoding: str) -> None:
    """A body that is encoded in another way than gzip is not what the API meant to send."""
    with (
        loopback(http_answer(b"{}", f"Content-Encoding: {encoding}")) as server,
        pytest.raises(UnexpectedAnswer, match="not asked for"),
    ):
        send(server.url)


@pytest.mark.parametrize("encoding", ["", "identity", "GZIP", "x-gzip"])
def test_encodings_that_are_read(encoding: str) -> None:
    """No encoding and gzip are read, in any spelling; several gzip files are one body."""
    plain = encoding in {"", "identity"}
    body = b"ab" if plain else gzip.compress(b"a") + gzip.compress(b"") + gzip.compress(b"b")
    with loopback(http_answer(body, f"Content-Encoding: {encoding}")) as server:
        assert send(server.url).body == b"ab"


def test_nothing_compressed_is_nothing() -> None:
    """An empty body is empty whatever its headers say."""
    with loopback(http_answer(b"", "Content-Encoding: gzip")) as server:
        assert send(server.url).body == b""


def test_a_request_does_not_show_its_token() -> None:
    """Printing a request shows its origin alone."""
    assert repr(request(API)) == f"Request(GET {API})"

"""Request heads: what is read, and what is refused with which status."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.httpd.request import (
    HEAD_BYTES,
    HEADER_LINES,
    REQUEST_LINE_BYTES,
    Request,
    RequestError,
    parse_head,
    split_head,
)

HEAD = b"GET /metrics?x=1 HTTP/1.1\r\nHost: a:1\r\nACCEPT:  text/plain \r\naccept: */*"


def test_a_request_is_read() -> None:
    """Names are in lower case, values trimmed, repeated headers joined."""
    headers = {"host": "a:1", "accept": "text/plain, */*"}
    assert parse_head(HEAD) == Request("GET", "/metrics?x=1", headers, keep_alive=True)


@pytest.mark.parametrize(
    ("head", "keep_alive"),
    [
        (b"GET / HTTP/1.1\r\nHost: a", True),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive", True),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close", False),
        (b"GET / HTTP/1.0", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive", False),
    ],
)
def test_keep_alive(head: bytes, keep_alive: bool) -> None:
    """A connection is kept for HTTP/1.1 clients that do not say otherwise."""
    assert parse_head(head).keep_alive is keep_alive


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /", 400),
        (b"GET  / HTTP/1.1\r\nHost: a", 400),
        (b"GET /\xe4 HTTP/1.1\r\nHost: a", 400),
        (b"GET / HTTP/1.10\r\nHost: a", 400),
        (b"GET / HTTP/2.0\r\nHost: a", 505),
        (b"GET / HTTP/1.1", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n folded: b", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nname : b", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nno colon", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nx: a\nb: c", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nx: a\x00", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n: empty", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5", 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5", 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked", 413),
        (b"GET / HTTP/1.1\r\nHost: a" + b"\r\nx: y" * HEADER_LINES, 431),
    ],
)
def test_refusals(head: bytes, status: int) -> None:
    """What is malformed, ambiguous, too much, or has a body, is refused with its status."""
    with pytest.raises(RequestError) as refusal:
        parse_head(head)
    assert refusal.value.status == status


def test_no_body_may_be_announced_as_such() -> None:
    """A length of zero is no body."""
    assert parse_head(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0").method == "POST"


def test_the_rest_is_kept() -> None:
    """What follows a head is left for the next one."""
    assert split_head(HEAD + b"\r\n\r\nGET /next") == (HEAD, b"GET /next")


def test_one_empty_line_before_a_head_is_skipped() -> None:
    """A client may end its former request with a line too many, but not with many."""
    assert split_head(b"\r\n" + HEAD + b"\r\n\r\n") == (HEAD, b"")
    with pytest.raises(RequestError):
        split_head(b"\r\n\r\n" + HEAD)


@pytest.mark.parametrize("size", range(len(HEAD) + 4))
def test_a_head_in_parts_is_waited_for(size: int) -> None:
    """No beginning of a good head is refused or taken for the whole."""
    assert split_head((b"\r\n" + HEAD + b"\r\n\r\n")[: size + 1]) is None


@pytest.mark.parametrize(
    ("buffer", "status"),
    [
        (b"\x16\x03\x01\x02", 400),
        (b" GET / HTTP/1.1", 400),
        (b"GET / HTTP/1.0\n\n", 400),
        (b"G" * REQUEST_LINE_BYTES, 414),
        (b"GET /" + b"x" * REQUEST_LINE_BYTES + b" HTTP/1.0\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"x" * HEAD_BYTES, 431),
    ],
)
def test_hopeless_beginnings_are_refused_at_once(buffer: bytes, status: int) -> None:
    """What cannot become a request is not waited for."""
    with pytest.raises(RequestError) as refusal:
        split_head(buffer)
    assert refusal.value.status == status


LINES = st.lists(
    st.sampled_from(
        [b"GET / HTTP/1.1", b"Host: a", b"\r\n", b"\n", b":", b"Content-Length: 0", b" "]
    )
    | st.binary(max_size=12)
)


@given(LINES.map(b"".join))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Whatever is sent is waited for, read, or refused as the client's fault."""
    status: int | None = None
    try:
        parts = split_head(data)
        request = parts and parse_head(parts[0])
    except RequestError as refusal:
        status = refusal.status
    else:
        assert request is None or (request.method and request.target)
    assert status in (None, 400, 413, 505)


TOKEN = st.text("abcXYZ-_09", min_size=1)
VALUE = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)


@given(TOKEN, VALUE, st.dictionaries(TOKEN.map(lambda name: f"X-{name}"), VALUE))
def test_what_is_sent_is_what_is_read(method: str, path: str, headers: dict[str, str]) -> None:
    """Method, target and headers survive the wire."""
    lines = [f"{method} /{path} HTTP/1.0", *(f"{name}: {value}" for name, value in headers.items())]
    request = parse_head("\r\n".join(lines).encode())
    assert (request.method, request.target) == (method, f"/{path}")
    assert {name.lower() for name in headers} == set(request.headers)

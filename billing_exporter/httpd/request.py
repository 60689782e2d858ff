"""Head of an HTTP/1 request, parsed strictly.

Pure functions of bytes. Every head is either a ``Request`` or a ``RequestError`` that names
the status of the refusal; requests with a body are refused, for none is of use here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

REQUEST_LINE_BYTES = 8 * 1024
HEAD_BYTES = 32 * 1024
HEADER_LINES = 100

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_NAME = re.compile(_TOKEN)
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ([!-~]+) HTTP/([0-9])\.([0-9])")


class RequestError(Exception):
    """A request that is refused; carries the status and, as its text, what is wrong."""

    def __init__(self, status: HTTPStatus, problem: str) -> None:
        """Refuse with this status because of this problem."""
        super().__init__(problem)
        self.status = status


@dataclass(frozen=True)
class Request:
    """A request without a body.

    Header names are in lower case; the values of a repeated header are joined by a comma.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    keep_alive: bool
    """Whether the client may send another request on the same connection."""


def split_head(buffer: bytes) -> tuple[bytes, bytes] | None:
    """Split what was received into the first head and the rest, or None while it is not whole.

    The head is returned without the empty line that ends it; one empty line before it is skipped.

    Raises:
        RequestError: The head is larger than allowed, or cannot become HTTP any more.
    """
    buffer = buffer.removeprefix(b"\r\n")
    if buffer in (b"", b"\r"):
        return None
    if not _NAME.match(buffer):
        raise RequestError(HTTPStatus.BAD_REQUEST, "this port speaks plain HTTP/1")
    line = buffer.find(b"\n", 0, REQUEST_LINE_BYTES)
    if line < 0 and len(buffer) >= REQUEST_LINE_BYTES:
        raise RequestError(HTTPStatus.REQUEST_URI_TOO_LONG, "the request line is too long")
    if line >= 0 and buffer[line - 1 : line] != b"\r":
        raise RequestError(HTTPStatus.BAD_REQUEST, "lines must end with CR LF")
    end = buffer.find(b"\r\n\r\n", 0, HEAD_BYTES)
    if end >= 0:
        return buffer[:end], buffer[end + 4 :]
    if len(buffer) >= HEAD_BYTES:
        raise RequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too large")
    return None


def parse_head(head: bytes) -> Request:
    """Read a whole head as ``split_head`` returns it.

    Raises:
        RequestError: It is not HTTP/1, is ambiguous, or announces a body.
    """
    first, *lines = head.split(b"\r\n")
    method, target, minor = _request_line(first)
    headers = _headers(lines)
    if minor >= 1 and ("host" not in headers or "," in headers["host"]):
        raise RequestError(HTTPStatus.BAD_REQUEST, "exactly one Host header is needed")
    if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "no request may have a body")
    tokens = {token.strip() for token in headers.get("connection", "").lower().split(",")}
    return Request(method, target, headers, keep_alive=minor >= 1 and "close" not in tokens)


def _request_line(line: bytes) -> tuple[str, str, int]:
    """Return method, target and the minor version."""
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the request line is not HTTP/1")
    method, target, major, minor = (group.decode("ascii") for group in match.groups())
    if major != "1":
        raise RequestError(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "only HTTP/1 is spoken here")
    return method, target, int(minor)


def _headers(lines: list[bytes]) -> dict[str, str]:
    """Return the headers by their names in lower case."""
    if len(lines) > HEADER_LINES:
        raise RequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "too many headers")
    headers: dict[str, str] = {}
    for line in lines:
        raw_name, colon, raw_value = line.partition(b":")
        if not (colon and _NAME.fullmatch(raw_name) and _VALUE.fullmatch(raw_value)):
            raise RequestError(HTTPStatus.BAD_REQUEST, "a header line is malformed")
        name = raw_name.decode("ascii").lower()
        value = raw_value.strip(b" \t").decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers

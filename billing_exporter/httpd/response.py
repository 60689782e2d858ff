"""The record of an answer, and its head as bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Protocol

PLAIN_TEXT = "text/plain; charset=utf-8"


class Stream(Protocol):
    """A body whose pieces are made while they are sent.

    Attributes:
        size: the length of all of them in bytes.
    """

    size: int

    def __iter__(self) -> Iterator[bytes]:
        """Make one piece after the other, the same ones each time."""


Body = Sequence[bytes] | Stream


@dataclass(frozen=True)
class Response:
    """An answer. The pieces of the body are sent one after the other, as they are."""

    status: int
    content_type: str = PLAIN_TEXT
    body: Body = ()
    headers: tuple[tuple[str, str], ...] = ()


def text_response(status: int, text: str, *headers: tuple[str, str]) -> Response:
    """Return an answer of plain text that no cache may keep."""
    body = (f"{text}\n".encode(),)
    return Response(status, PLAIN_TEXT, body, (("Cache-Control", "no-store"), *headers))


def render_head(response: Response, *, now: float, keep_alive: bool) -> bytes:
    """Return the head of an answer; ``now`` is in seconds since the epoch."""
    status = HTTPStatus(response.status)
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Server: billing-exporter",
        f"Date: {formatdate(now, usegmt=True)}",
        "X-Content-Type-Options: nosniff",
        *(f"{name}: {value}" for name, value in response.headers),
    ]
    if status is not HTTPStatus.NO_CONTENT:
        lines.append(f"Content-Type: {response.content_type}")
        lines.append(f"Content-Length: {_size(response.body)}")
    if not keep_alive:
        lines.append("Connection: close")
    return "\r\n".join((*lines, "", "")).encode("latin-1")


def _size(body: Body) -> int:
    return sum(map(len, body)) if isinstance(body, Sequence) else body.size

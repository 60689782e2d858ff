"""Answers whose head or framing comes byte by byte: the whole message, in pieces for the wire.

A client that limits only the time between two bytes, or only the body's, waits for such an answer
without end.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType

DROPS = 20
"""Pieces that a dripping part has."""

_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
_EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"  # of deflate: stored, no bytes
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Message:
    """An answer in its parts.

    Attributes:
        status: its number.
        headers: those that say nothing about the length or the coding of the body.
        body: as it is without coding.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


def pieces(message: Message, part: str, seconds: float) -> Iterator[tuple[bytes, float]]:
    """Yield the message in pieces, each with the seconds that pass after it.

    Args:
        message: what is sent.
        part: what drips, one of `PARTS`.
        seconds: how long that takes in all.
    """
    before, drops, after = PARTS[part](message)
    yield before, 0.0
    for drop in drops:
        yield drop, seconds / DROPS
    yield after, 0.0


def _status(message: Message) -> tuple[bytes, Iterable[bytes], bytes]:
    phrase = b"x" * DROPS
    body = _with_length(message)
    return b"HTTP/1.1 %d " % message.status, _each(phrase), b"\r\n" + body


def _header(message: Message) -> tuple[bytes, Iterable[bytes], bytes]:
    return _first_line(message) + b"X-Slow: ", _each(b"x" * DROPS), b"\r\n" + _with_length(message)


def _continue(message: Message) -> tuple[bytes, Iterable[bytes], bytes]:
    drops = (b"HTTP/1.1 100 Continue\r\n\r\n",) * DROPS
    return b"", drops, _first_line(message) + _with_length(message)


def _hints(message: Message) -> tuple[bytes, Iterable[bytes], bytes]:
    """Write interim answers, which no client may take for the answer."""
    drops = (b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n",) * DROPS
    return b"", drops, _first_line(message) + _with_length(message)


def _chunk(message: Message) -> tuple[bytes, Iterable[bytes], bytes]:
    size = b"%x\r\n" % len(message.body)
    after = size + message.body + b"\r\n0\r\n\r\n"
    return _chunked_head(message) + b"\r\n", _each(b"0" * DROPS), after


def _trailer(message: Message) -> tuple[bytes, Iterable[bytes], bytes]:
    before = _chunked_head(message) + b"\r\n" + _as_chunk(message.body) + b"0\r\nX-Slow: "
    return before, _each(b"x" * DROPS), b"\r\n\r\n"


def _gzip(message: Message) -> tuple[bytes, Iterable[bytes], bytes]:
    """Write empty blocks, which are bytes on the wire and none in the body."""
    packed = zlib.compress(message.body, 1, _GZIP_WINDOW)[len(_GZIP_HEAD) :]
    before = _chunked_head(message) + b"Content-Encoding: gzip\r\n\r\n" + _as_chunk(_GZIP_HEAD)
    return before, (_as_chunk(_EMPTY_BLOCK),) * DROPS, _as_chunk(packed) + b"0\r\n\r\n"


PARTS: Mapping[str, Callable[[Message], tuple[bytes, Iterable[bytes], bytes]]] = MappingProxyType(
    {
        "status": _status,
        "header": _header,
        "continue": _continue,
        "hints": _hints,
        "chunk": _chunk,
        "trailer": _trailer,
        "gzip": _gzip,
    }
)
"""What may drip beside the body, and how the message is cut for it: before, drops, after."""


def _each(text: bytes) -> Iterator[bytes]:
    return (text[place : place + 1] for place in range(len(text)))


def _first_line(message: Message) -> bytes:
    return f"HTTP/1.1 {message.status} {HTTPStatus(message.status).phrase}\r\n".encode()


def _lines(message: Message) -> bytes:
    return b"".join(f"{name}: {value}\r\n".encode() for name, value in message.headers.items())


def _with_length(message: Message) -> bytes:
    """Return the rest of the head, and the body."""
    length = b"Content-Length: %d\r\n\r\n" % len(message.body)
    return _lines(message) + length + message.body


def _chunked_head(message: Message) -> bytes:
    return _first_line(message) + _lines(message) + b"Transfer-Encoding: chunked\r\n"


def _as_chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)

"""The body of an answer: read piece by piece, unpacked, and bounded before and after that."""

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

_PIECE = 256 * 1024
_GZIP = 31  # of zlib's window sizes, the one that expects gzip's header and checksum


class TooLargeError(Exception):
    """The body is larger than allowed."""


class EncodingError(Exception):
    """The body is encoded in a way that was not asked for."""


class Raw(Protocol):
    """The bytes as they arrive."""

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
        """Return what is there, at most so many bytes; nothing at the end."""


def read_body(raw: Raw, encoding: str, largest: int, check: Callable[[], object]) -> bytes:
    """Return the whole body.

    Args:
        raw: Where it comes from.
        encoding: Its `Content-Encoding`: gzip, or none.
        largest: Bytes above which it is refused, as it arrives and unpacked.
        check: Called after each piece; raises what ends the reading.

    Raises:
        TooLargeError: It is larger.
        EncodingError: Its encoding is another one.
        zlib.error: Its compression is broken.
    """
    decoder = _decoder(encoding)
    body = bytearray()
    arrived = 0
    while piece := raw.read1(_PIECE, decode_content=False):
        arrived += len(piece)
        for unpacked in decoder.unpack(piece):
            body += unpacked
            if len(body) > largest:
                break
        if max(arrived, len(body)) > largest:
            # An error keeps its frames for a while, and they must not keep the body.
            body.clear()
            raise TooLargeError
        check()
    decoder.end()
    return bytes(body)


class _Plain:
    """Bytes that are as they should be."""

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        yield piece

    def end(self) -> None:
        """Nothing can be missing."""


class _Gzip:
    """One gzip file, or several one after the other."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._is_empty = True

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        """Yield what a piece holds, in bounded pieces."""
        self._is_empty = False
        while piece:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            yield self._member.decompress(piece, _PIECE)
            piece = self._member.unconsumed_tail or self._member.unused_data
        # Some may be left inside after a full piece.
        while not self._member.eof and (unpacked := self._member.decompress(b"", _PIECE)):
            yield unpacked

    def end(self) -> None:
        if not self._is_empty and not self._member.eof:
            raise zlib.error("cut off")


def _decoder(encoding: str) -> _Plain | _Gzip:
    match encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Gzip()
    raise EncodingError

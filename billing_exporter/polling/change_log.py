"""Change logs: frames appended to a file, each with a checksum of its own.

A log belongs to one snapshot, by the snapshot's checksum: what belongs to another is no longer of
use. A process or machine that ends in the middle of a frame leaves a torn tail, which nobody was
promised. Damage before the tail is an error, because later frames may build on what it hides.
"""

import re
import struct
import zlib
from collections.abc import Iterator

# Length of the content, checksum of that length, checksum of the content.
_FRAME = struct.Struct("<III")
_MAGIC = b"genesyscloud-billing changes 1\n"
_BEGINNING = re.compile(re.escape(_MAGIC) + rb"[0-9a-f]{64}\n")


class DamagedLogError(ValueError):
    """A log that holds something else than a beginning and frames before its tail."""

    def __init__(self) -> None:
        super().__init__("damaged")


def beginning(snapshot: bytes) -> bytes:
    """Return how the log of a snapshot begins.

    Args:
        snapshot: its checksum in hexadecimal digits.
    """
    return _MAGIC + snapshot + b"\n"


def frame(content: bytes) -> bytes:
    """Return the content as a frame."""
    length = len(content)
    check = zlib.crc32(length.to_bytes(4, "little"))
    return _FRAME.pack(length, check, zlib.crc32(content)) + content


def frames(log: bytes, snapshot: bytes) -> Iterator[tuple[memoryview, int]]:
    """Yield each whole frame's content, and where in the log it ends.

    A log of another snapshot has none. A content is part of the log, not a copy.

    Raises:
        DamagedLogError: something before the tail is damaged: a log is written with its beginning
            in one step, so one without it was whole before.
    """
    at = len(beginning(snapshot))
    if log[:at] != beginning(snapshot):
        if not _BEGINNING.fullmatch(log[:at]):
            raise DamagedLogError
        return
    content = memoryview(log)
    while len(log) - at >= _FRAME.size:
        length, check, checksum = _FRAME.unpack_from(log, at)
        start = at + _FRAME.size
        if zlib.crc32(log[at : at + 4]) != check:
            if any(log[at:]):
                raise DamagedLogError
            return  # a power cut can leave a tail of zeros
        if len(log) - start < length:
            return
        found = content[start : start + length]
        at = start + length
        if zlib.crc32(found) != checksum:
            if at < len(log):
                raise DamagedLogError
            return
        yield found, at

"""Deflated texts: joined without inflating, with the checksum that zlib computes."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.metrics.deflated import (
    Deflated,
    Latest,
    joined_checksum,
    last_block,
    multiply,
    shift_of,
)

texts = st.lists(st.binary(max_size=400), max_size=8)


@given(texts)
def test_joined_texts_are_one_stream_with_one_checksum(parts: list[bytes]) -> None:
    """However a text is divided, its parts inflate as one stream and give its checksum."""
    deflated = [Deflated.of(part) for part in parts]
    stream = b"".join(each.packed for each in deflated)
    assert zlib.decompressobj(-zlib.MAX_WBITS).decompress(stream) == b"".join(parts)
    assert joined_checksum(deflated) == zlib.crc32(b"".join(parts))
    assert [each.text() for each in deflated] == parts


@given(st.binary(max_size=50), st.integers(0, 100_000))
def test_a_shift_appends_zeros(text: bytes, count: int) -> None:
    """A shift is what appending so many bytes does to a checksum, long texts included."""
    zeros = bytes(count)
    appended = multiply(shift_of(count), zlib.crc32(text)) ^ zlib.crc32(zeros)
    assert appended == zlib.crc32(text + zeros)


def test_a_text_beyond_four_gigabytes_has_a_shift() -> None:
    """A length of more than 32 bits is the sum of lengths that fit."""
    half = shift_of(5 << 31)
    assert shift_of(5 << 32) == multiply(half, half)


def test_a_text_is_deflated_again_only_when_it_has_changed() -> None:
    """The same text gives the very same piece; another one is what it says."""
    latest = Latest()
    assert latest.of(b"").text() == b""
    first = latest.of(b"one")
    assert latest.of(b"one") is first
    assert [latest.of(text).text() for text in (b"two", b"", b"one")] == [b"two", b"", b"one"]


@given(st.binary(max_size=20) | st.integers(4090, 5000).map(bytes), texts)
def test_a_last_block_ends_a_stream(text: bytes, before: list[bytes]) -> None:
    """A last text, short or long, completes the stream of those before it."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    stream = b"".join([Deflated.of(each).packed for each in before] + [last_block(text)])
    assert inflater.decompress(stream) == b"".join(before) + text
    assert inflater.eof

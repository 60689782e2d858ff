"""A codec for records that are kept as bytes: MessagePack, deflated with a shared dictionary.

One customer's reading takes about 54 kB as objects and little more than 1 kB as bytes. A record is
small and alike from customer to customer, so deflate finds most of it in the dictionary, which is
made of a few records and must be kept with the bytes.
"""

import zlib
from collections.abc import Iterable
from itertools import islice
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")

_LEVEL = 1
# What deflate can refer back to.
_WINDOW = 1 << zlib.MAX_WBITS
_RECORDS_PER_DICTIONARY = 4
LARGEST_RECORD = 64 * 1024 * 1024
"""A longer record is refused when it is decoded: a damaged file must not fill the memory."""


class RecordCodec(Generic[T]):
    """Encodes and decodes records of one type.

    Attributes:
        dictionary: decodes what was encoded with it, and nothing else.
    """

    def __init__(self, kind: Any, dictionary: bytes = b"") -> None:
        """Prepare for records of a type.

        Args:
            kind: the record, or another type that msgspec decodes.
            dictionary: from ``dictionary_of``; without one, bytes are about four times as many.
        """
        self.dictionary = dictionary
        self._decoder: msgspec.msgpack.Decoder[T] = msgspec.msgpack.Decoder(kind)
        self._encoder = msgspec.msgpack.Encoder()
        # Copying a deflater that has read the dictionary is quicker than reading it again.
        self._deflater = zlib.compressobj(_LEVEL, zdict=dictionary)
        self._inflater = zlib.decompressobj(zdict=dictionary)

    def encode(self, record: T) -> bytes:
        """Return the record as bytes; equal fields give equal bytes."""
        deflater = self._deflater.copy()
        return deflater.compress(self._encoder.encode(record)) + deflater.flush()

    def decode(self, content: bytes) -> T:
        """Return the record.

        Raises:
            ValueError: the content is damaged, was encoded with another dictionary, or is of
                another type.
        """
        inflater = self._inflater.copy()
        try:
            body = inflater.decompress(content, LARGEST_RECORD)
        except zlib.error as error:
            raise ValueError(f"the record cannot be inflated: {error}") from None
        if not inflater.eof or inflater.unused_data:
            raise ValueError("the record is too large, or does not end where its bytes do")
        return self._decoder.decode(body)


def dictionary_of(records: Iterable[object]) -> bytes:
    """Return a dictionary made of the first few records."""
    encode = msgspec.msgpack.encode
    sample = b"".join(encode(each) for each in islice(records, _RECORDS_PER_DICTIONARY))
    return sample[-_WINDOW:]

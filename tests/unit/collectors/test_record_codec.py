"""The codec of kept records: exact, small, and strict about what it decodes."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors import record_codec
from billing_exporter.collectors.record_codec import RecordCodec
from tools.bench import world


class Note(msgspec.Struct, frozen=True):
    """A record with the kinds of values that readings have."""

    text: str
    at: datetime
    number: Decimal | None = None


notes = st.builds(
    Note,
    text=st.text(st.characters(exclude_categories=["Cs"])),
    at=st.datetimes(timezones=st.just(UTC)),
    number=st.none() | st.decimals(allow_nan=False, allow_infinity=False),
)


@given(notes)
def test_a_record_comes_back_digit_for_digit(note: Note) -> None:
    """Decoding gives the same record, the number of digits included."""
    codec = RecordCodec[Note](Note)
    found = codec.decode(codec.encode(note))
    assert found == note
    assert str(found.number) == str(note.number)
    assert codec.encode(found) == codec.encode(note)


def test_a_customer_is_a_fraction_of_its_objects() -> None:
    """What is kept of a customer with 143 series takes less than 2 kB."""
    for customer in world.trustors(10 * world.SERIES_PER_TRUSTOR).numbers.values():
        assert len(customer.packed) < 2000


@given(st.data())
def test_damage_is_found(data: st.DataObject) -> None:
    """Bytes that end early or go on, and a changed byte, are errors.

    But the second one: two bits of it say how hard zlib tried, and nothing else.
    """
    codec = RecordCodec[Note](Note)
    content = codec.encode(Note("some text", datetime(2026, 11, 1, tzinfo=UTC), Decimal("1.50")))
    at = data.draw(st.sampled_from([0, *range(2, len(content))]))
    changed = bytearray(content)
    changed[at] ^= data.draw(st.integers(1, 255))
    for damaged in (content[:at], content + b"x", bytes(changed)):
        with pytest.raises(ValueError):  # noqa: PT011 - damage shows in several ways
            codec.decode(damaged)


def test_a_record_of_another_type_is_refused() -> None:
    """A valid value that is not the record is an error."""
    content = RecordCodec[dict[str, str]](dict[str, str]).encode({"text": "and no time"})
    with pytest.raises(msgspec.ValidationError):
        RecordCodec[Note](Note).decode(content)


def test_a_record_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few bytes that inflate to very many are refused before they fill the memory."""
    codec = RecordCodec[str](str)
    content = codec.encode("x" * 10_000)
    monkeypatch.setattr(record_codec, "LARGEST_RECORD", 9_999)
    with pytest.raises(ValueError, match="too large"):
        codec.decode(content)

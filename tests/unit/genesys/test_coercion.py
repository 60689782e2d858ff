"""Tests of what one JSON value means."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.genesys import coercion

JSON_SCALARS: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.text() | st.decimals() | st.just([]) | st.just({})
)


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (Decimal("1.50"), Decimal("1.50")),
        ("23.74", Decimal("23.74")),
        (" 7 ", Decimal(7)),
        ("-0.0001", Decimal("-0.0001")),
        ("+7", Decimal(7)),
        ("\u00a07", Decimal(7)),
        ("1E+3", Decimal(1000)),
        ("1E-7", Decimal("0.0000001")),
        ("1,234.5", None),
        ("1_000", None),
        ("_1", None),
        ("1_", None),
        ("\u0661\u0662", None),
        ("\uff11\uff12", None),
        ("1\u0662", None),
        ("\u00b2", None),
        ("\U0001d7cf", None),
        ("", None),
        ("abc", None),
        ("NaN", None),
        ("-Infinity", None),
        (True, None),
        ([], None),
    ],
)
def test_number(value: Any, meaning: Decimal | None) -> None:
    """A number is one that is finite, written as a JSON number or as a string."""
    assert coercion.number(value) == meaning


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (Decimal(7), 7),
        ("7.0", 7),
        (Decimal("7.5"), None),
        (Decimal(2**63), None),
        (Decimal(-(2**62)), -(2**62)),
        ("1e1000000", None),
        ("1e-1000000", None),
        (None, None),
    ],
)
def test_whole(value: Any, meaning: int | None) -> None:
    """A whole number has no fraction and fits 64 bits."""
    assert coercion.whole(value) == meaning


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("2026-11-23T12:00:00Z", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("2026-11-23T12:00:00.250Z", datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-11-23T12:00:00", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        (
            "2026-11-23T12:00:00+0200",
            datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(hours=2))),
        ),
        ("23.11.2026", None),
        (1_795_435_200, None),
    ],
)
def test_instant(value: Any, meaning: datetime | None) -> None:
    """A datetime without a zone is UTC; a day is its midnight."""
    assert coercion.instant(value) == meaning


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("2026-11-23", date(2026, 11, 23)),
        ("2026-11-23T23:59:59.999Z", date(2026, 11, 23)),
        ("2026-11-23T23:59:59", date(2026, 11, 23)),
        ("soon", None),
        ({}, None),
    ],
)
def test_day(value: Any, meaning: date | None) -> None:
    """A datetime where a date should be is the date that it writes."""
    assert coercion.day(value) == meaning


def test_text_that_no_encoding_can_write() -> None:
    """Half a surrogate pair becomes a question mark; other text stays as it is."""
    assert coercion.text("a\ud800b") == "a?b"
    assert coercion.text("Žižkov ☎") == "Žižkov ☎"
    assert coercion.text(7) is None


def test_flag_is_a_boolean() -> None:
    """Only true and false are flags."""
    assert coercion.flag(True) is True
    assert coercion.flag("true") is None


@given(JSON_SCALARS)
def test_nothing_raises(value: Any) -> None:
    """No value makes any reader raise, and no number that is read is not finite."""
    found = coercion.number(value)
    assert found is None or found.is_finite()
    for read in (coercion.whole, coercion.flag, coercion.text, coercion.instant, coercion.day):
        read(value)

"""Durations, and the defaults of every collector."""

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors.durations import Duration, as_text
from billing_exporter.collectors.settings import EVERY_COLLECTOR, Collectors, UsageSettings

UNITS = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1, "ms": 0.001}


READ = {
    "0s": 0,
    "90s": 90,
    "15m": 900,
    "6h": 21_600,
    "400d": 34_560_000,
    "1w": 604_800,
    "1y": 31_536_000,
    "1h30m": 5_400,
    "1m1ms": 60.001,
}
REFUSED = [
    "",
    "6",
    "h",
    "6 h",
    " 6h",
    "6h\n",
    "6H",
    "1.5h",
    "-1h",
    "30m1h",
    "1h1h",
    "1ms1s",
    "1234567890s",
    "\N{FULLWIDTH DIGIT SIX}h",
]


def _from_text(kind: type, text: str) -> Any:
    return kind(text)


@pytest.mark.parametrize("duration", READ)
def test_durations_are_read_as_prometheus_reads_them(duration: str) -> None:
    """A duration is whole numbers with units, the largest first."""
    assert Duration(duration).seconds == pytest.approx(READ[duration])


@pytest.mark.parametrize("text", REFUSED)
def test_other_text_is_no_duration(text: str) -> None:
    """Anything else is refused, by the function and by the type alike."""
    with pytest.raises(ValueError, match="expected a duration"):
        Duration(text)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"interval": text}, UsageSettings, dec_hook=_from_text)


@given(st.lists(st.integers(0, 999_999_999) | st.none(), min_size=7, max_size=7))
def test_a_duration_is_the_sum_of_its_parts(counts: list[int | None]) -> None:
    """Any choice of units in descending order is a duration, worth what its parts are."""
    parts = [(count, unit) for count, unit in zip(counts, UNITS, strict=True) if count is not None]
    text = "".join(f"{count}{unit}" for count, unit in parts)
    if text:
        assert Duration(text).seconds == pytest.approx(
            sum(count * UNITS[unit] for count, unit in parts)
        )
        settings = msgspec.convert({"interval": text}, UsageSettings, dec_hook=_from_text)
        assert settings.interval == Duration(text)


def test_the_defaults_of_all_collectors_validate() -> None:
    """Defaults pass the types that an operator's values have to pass, and are durations."""
    raw = msgspec.to_builtins(EVERY_COLLECTOR, enc_hook=as_text)
    assert msgspec.convert(raw, Collectors, dec_hook=_from_text) == EVERY_COLLECTOR
    for settings in raw.values():
        assert Duration(settings["interval"]).seconds >= 60
        assert Duration(settings["timeout"]).seconds >= 60


def test_a_subclass_keeps_the_rules_of_its_settings() -> None:
    """A default that a collector sets for itself does not lift the rule of the setting."""
    collectors = msgspec.inspect.type_info(Collectors)
    assert isinstance(collectors, msgspec.inspect.StructType)
    for field in collectors.fields:
        for value in ("often", 6, None):
            with pytest.raises(msgspec.ValidationError, match=re.escape(f"$.{field.name}")):
                msgspec.convert({field.name: {"interval": value}}, Collectors)

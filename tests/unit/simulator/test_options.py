"""Settings are refused in an operator's words."""

from datetime import datetime
from typing import Any

import pytest

from billing_exporter.simulator import FAULTS, Options


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trustors": 20_001}, "trustors must be from 0 to 20000"),
        ({"time_scale": -1.0}, "time_scale must not be negative"),
        ({"time_scale": float("nan")}, "time_scale"),
        ({"token_lifetime": 0}, "token_lifetime must be positive"),
        ({"keys": "100"}, "keys must be 269 or 236"),
        ({"address": "localhost"}, "address must be HOST:PORT, not 'localhost'"),
        ({"address": "localhost:99999"}, "address must be HOST:PORT"),
        ({"start": datetime(2026, 1, 1)}, "start must have a time zone"),  # noqa: DTZ001 - the error
        ({"more_clients": ("a",)}, "a client must be ID:SECRET, with both parts$"),
        ({"more_clients": ("a:",)}, "a client must be ID:SECRET, with both parts$"),
        ({"more_clients": (":c",)}, "a client must be ID:SECRET, with both parts$"),
        ({"more_clients": ("a:b", "a:c")}, "the client 'a' is there twice"),
        ({"more_clients": ("demo:c",)}, "the client 'demo' is there twice"),
        ({"faults": ("429", "flood")}, "unknown fault 'flood'; known faults: 400, 408"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(settings: dict[str, Any], message: str) -> None:
    """The message names the setting and what would be right."""
    with pytest.raises(ValueError, match=message):
        Options(**settings)


def test_addresses_are_taken_apart() -> None:
    """Host and port are found, also of an IPv6 address."""
    assert Options().endpoint == ("127.0.0.1", 10060)
    assert Options(address="[::1]:0").endpoint == ("::1", 0)
    assert Options(address=":10060").endpoint == ("", 10060)


def test_clients_are_known_by_their_ids() -> None:
    """There is the client demo, and each that was added; a secret may hold a colon."""
    assert Options().clients == {"demo": "demo"}
    assert Options(more_clients=("a:b:c",)).clients == {"demo": "demo", "a": "b:c"}


def test_every_fault_has_its_line() -> None:
    """The table has one short line for each fault."""
    assert len(FAULTS) > 30
    assert all(line and "\n" not in line and len(line) < 100 for line in FAULTS.values())

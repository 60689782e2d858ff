"""What the API client tells is counted, and what is odd is said once."""

import logging

import pytest

from billing_exporter.telemetry.api_observer import MOST_LINES, ApiObserver
from billing_exporter.telemetry.telemetry import Telemetry


def test_an_oddity_is_said_once_and_counted_each_time(caplog: pytest.LogCaptureFixture) -> None:
    """The log names organization, operation and path one time; the metric counts all."""
    caplog.set_level(logging.INFO, logger="billing_exporter")
    telemetry = Telemetry()
    observer = ApiObserver(telemetry, "acme")
    for _ in range(3):
        observer.unexpected_field("get_billing_contracts", "unknown_field", "entities[].newKey")
        observer.unexpected_field("get_billing_contracts", "unreadable_field", "entities[].dateEnd")
    said = [
        (line.levelname, line.getMessage(), vars(line)["organization"]) for line in caplog.records
    ]
    assert said == [
        ("INFO", "the answer has a field that is not documented: entities[].newKey", "acme"),
        ("WARNING", "the answer has a field that cannot be read: entities[].dateEnd", "acme"),
    ]
    labels = 'endpoint="get_billing_contracts",kind="unknown_field",organization="acme"'
    assert f"api_oddities_total{{{labels}}} 3.0" in telemetry.live(openmetrics=False).decode()


def test_ever_new_oddities_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """After a bound no more lines are written."""
    caplog.set_level(logging.INFO, logger="billing_exporter")
    observer = ApiObserver(Telemetry(), "acme")
    for number in range(MOST_LINES + 50):
        observer.unexpected_field("get_billing_contracts", "unknown_field", f"key{number}")
    assert len(caplog.records) == MOST_LINES

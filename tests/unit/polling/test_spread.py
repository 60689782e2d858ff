"""The first polls of many loops do not all begin at once."""

import random
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from billing_exporter.collectors.settings import Collectors, TrustorsSettings, UsageSettings
from billing_exporter.config import Settings
from billing_exporter.exporter import START_SPREAD_SECONDS, Exporter
from billing_exporter.polling.loop import Loop
from tools.testkit.organizations import organization_at

SPREAD = 1000.0  # seconds: no poll begins while a test looks
ORGANIZATIONS = 80
COLLECTORS = Collectors(usage=UsageSettings(), trustors=TrustorsSettings())


@pytest.fixture(autouse=True)
def _always_the_same_chance() -> Iterator[None]:
    before = random.getstate()
    random.seed(55)
    yield
    random.setstate(before)


def _settings(organizations: int) -> Settings:
    return Settings(
        organizations=tuple(
            organization_at("http://127.0.0.1:9", COLLECTORS, name=f"o-{number}")
            for number in range(organizations)
        )
    )


def _delays() -> list[float]:
    """List how long each loop that runs waits before its first poll."""
    return [thread._delay for thread in threading.enumerate() if isinstance(thread, Loop)]


def test_first_polls_are_spread_over_the_start() -> None:
    """Each loop waits a part of the spread of its own: every fifth of it has its share of them."""
    exporter = Exporter(_settings(ORGANIZATIONS))
    exporter.start(spread=SPREAD)
    delays = _delays()
    exporter.stop()
    assert len(delays) == len(set(delays)) == 2 * ORGANIZATIONS
    assert 0 <= min(delays) <= max(delays) <= SPREAD
    fifths = Counter(int(delay / SPREAD * 5) for delay in delays)
    assert len(fifths) == 5
    even = len(delays) / 5
    assert all(even / 2 < count < even * 2 for count in fifths.values())


def test_the_start_is_short() -> None:
    """The first numbers are there within seconds, for the spread is no more."""
    exporter = Exporter(_settings(1))
    exporter.start()
    delays = _delays()
    exporter.stop()
    assert len(delays) == 2
    assert all(0 <= delay <= START_SPREAD_SECONDS <= 10 for delay in delays)


def test_an_organization_that_comes_later_is_spread_too() -> None:
    """A reload that brings many organizations does not make them all ask at once."""
    exporter = Exporter(_settings(1))
    exporter.start(spread=SPREAD)
    (first, second) = _delays()
    exporter.change(_settings(ORGANIZATIONS))
    delays = _delays()
    exporter.stop()
    assert {first, second} < set(delays)
    assert len(set(delays)) == 2 * ORGANIZATIONS
    assert max(delays) - min(delays) > SPREAD / 2


def test_the_spread_does_not_hasten_what_is_due_later() -> None:
    """A reading that is due after the spread, as a restored one can be, is not polled sooner."""
    exporter = Exporter(_settings(1))
    due_later, due_now = exporter.pollers
    due_later.expect(2 * SPREAD)
    assert due_now.due_in() == 0
    exporter.start(spread=SPREAD)
    delays = _delays()
    exporter.stop()
    assert max(delays) == pytest.approx(2 * SPREAD, abs=60)
    assert min(delays) <= SPREAD

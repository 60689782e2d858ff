"""Polls that take too long: how they are seen, ended, and replaced."""

import threading
from datetime import timedelta

import pytest

from billing_exporter.collectors import Poll
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import Collectors, UsageSettings
from billing_exporter.config import Settings
from billing_exporter.exporter import Exporter
from billing_exporter.polling import timing as module
from tests.unit.polling.poller_harness import Number, PollerHarness
from tools.testkit.dripping import DRIPS, dripping
from tools.testkit.organizations import organization_at
from tools.testkit.processes import wait_until
from tools.testkit.scrapes import samples_of

METRIC = "genesyscloud_billing_poll_overdue_seconds"


class Time:
    """Monotonic seconds that pass as asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(module, "monotonic", lambda: self.now)


def test_a_poll_that_exceeds_its_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seconds beyond the timeout are shown while the poll is under way, then 0."""
    time, seen = Time(monkeypatch), []

    def act(_: Poll[Number]) -> int:
        for now in (5, 10, 75):
            time.now = now
            seen.append(harness.poller.overdue())
        return 1

    harness = PollerHarness(act, settings=UsageSettings(timeout=Duration("10s")))
    harness.poll()
    assert seen == [0, 0, 65]
    assert harness.poller.overdue() == 0


def test_a_poll_that_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seconds are shown by which the next poll is late."""
    time = Time(monkeypatch)
    harness = PollerHarness(1)
    harness.poll()
    harness.poller.expect(60)
    time.now = 60
    assert harness.poller.overdue() == 0
    time.now = 100
    assert harness.poller.overdue() == 40


def test_the_next_poll_is_told_in_real_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait is that of the loop, whatever the clock of the readings makes of it."""
    time = Time(monkeypatch)
    harness = PollerHarness(1)
    assert harness.poller.timing.seconds_to_next() is None
    harness.poller.expect(60)
    time.now = 20
    harness.now += timedelta(days=3)
    assert harness.poller.timing.seconds_to_next() == 40


def overdue(exporter: Exporter) -> dict[str, float]:
    """Return the metric's values by collector."""
    text = exporter.telemetry.live(openmetrics=False).decode()
    return {
        sample.labels["collector"]: sample.value
        for sample in samples_of(text)
        if sample.name == METRIC
    }


def test_a_reload_does_not_wait_for_a_poll_that_hangs() -> None:
    """A changed collector polls within moments, however long the poll before would have hung."""
    before = Collectors(usage=UsageSettings(timeout=Duration("1h"), interval=Duration("1h")))
    after = Collectors(usage=UsageSettings(timeout=Duration("1s"), interval=Duration("1h")))
    with dripping(DRIPS["header"]) as url:
        exporter = Exporter(Settings(organizations=(organization_at(url, before),)))
        exporter.start(spread=0)
        try:
            old = exporter.pollers[0]
            wait_until(lambda: old.state.attempted)
            reload = threading.Thread(
                target=exporter.change,
                args=(Settings(organizations=(organization_at(url, after),)),),
                daemon=True,
            )
            reload.start()
            reload.join(30)
            assert not reload.is_alive()
            wait_until(lambda: exporter.pollers[0].state.outcome == "timeout")
            assert exporter.pollers[0] is not old
            assert overdue(exporter).keys() == {"usage"}
        finally:
            exporter.stop()

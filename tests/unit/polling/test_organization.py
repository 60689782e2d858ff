"""Organizations at work: restored after a restart, changed without a pause, shared by shards."""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from billing_exporter.collectors import Poll, Shard
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.invoices import InvoicesCollector, InvoicesData
from billing_exporter.collectors.settings import Collectors, InvoicesSettings, TrustorsSettings
from billing_exporter.config import ConfigError, Problem, Secret, Settings
from billing_exporter.exporter import Exporter, Reloader
from billing_exporter.genesys import Interrupted
from billing_exporter.metrics.finance import BILL
from billing_exporter.polling.loop import Loop
from billing_exporter.polling.poller import Poller
from billing_exporter.simulator import Options, Simulator
from billing_exporter.web.negotiation import Format
from tools.testkit.organizations import organization_at
from tools.testkit.scrapes import billing_text

INVOICES = InvoicesSettings(lines="none")
TRUSTORS = TrustorsSettings(history=1)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Simulator]:
    """A simulated Genesys Cloud of a few customers, without limits."""
    options = Options(address="127.0.0.1:0", trustors=4, rate_limit=100_000, in_progress=0)
    with Simulator(options) as simulator:
        yield simulator


def _settings(cloud: Simulator, name: str = "acme", **collectors: object) -> Settings:
    chosen = collectors or {"invoices": INVOICES, "trustors": TRUSTORS}
    organization = organization_at(cloud.url, Collectors(**chosen), name=name)  # type: ignore[arg-type]
    return Settings(organizations=(organization,))


def _text(exporter: Exporter) -> str:
    return b"".join(exporter.scrape(Format.TEXT, gzip=False)).decode()


def _billing(exporter: Exporter, *organizations: str) -> list[str]:
    """Return the billing lines of the organizations that collectors made.

    Those about the exporter are no billing; statements follow in the background.
    """
    sections = billing_text(exporter.exposition)
    wanted = tuple(f'{{organization="{name}"' for name in organizations)
    statement = tuple(metric.name for metric in BILL)
    return [
        line
        for line in sections.splitlines()
        if any(part in line for part in wanted) and not line.startswith(statement)
    ]


def _of_collectors(exporter: Exporter) -> list[str]:
    """Return the metrics about collectors."""
    return [line for line in _text(exporter).splitlines() if '{collector="' in line]


def _wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


class TestRestart:
    """What `--state.dir` is for."""

    def test_a_restart_shows_the_last_reading_at_once(
        self, cloud: Simulator, tmp_path: Path
    ) -> None:
        """The same series with the same times are there before any poll, and marked as restored."""
        first = Exporter(_settings(cloud), state=tmp_path)
        first.poll_once()
        first.stop()
        second = Exporter(_settings(cloud), state=tmp_path)
        assert _billing(second, "acme") == _billing(first, "acme") != []
        assert second.waiting_for() == []
        label = 'collector="invoices",organization="acme"'
        assert f"genesyscloud_billing_restored{{{label}}} 1.0" in _text(second)
        second.poll_once()
        assert f"genesyscloud_billing_restored{{{label}}} 0.0" in _text(second)
        second.stop()

    def test_a_restored_reading_is_polled_when_its_interval_has_passed(
        self, cloud: Simulator, tmp_path: Path
    ) -> None:
        """A crash loop does not ask the API again and again."""
        first = Exporter(_settings(cloud), state=tmp_path)
        first.poll_once()
        first.stop()
        second = Exporter(_settings(cloud), state=tmp_path)
        waits = [poller.due_in() for poller in second.pollers]
        second.stop()
        assert all(3000 < wait <= 6 * 3600 for wait in waits)

    def test_another_client_starts_with_nothing(self, cloud: Simulator, tmp_path: Path) -> None:
        """What one client saw is not shown as what another sees."""
        first = Exporter(_settings(cloud), state=tmp_path)
        first.poll_once()
        first.stop()
        settings = _settings(cloud)
        other = replace(settings.organizations[0], client_id="other")
        second = Exporter(Settings(organizations=(other,)), state=tmp_path)
        second.stop()
        assert _billing(second, "acme") == []
        assert 'state_failures_total{reason="configuration"} 2.0' in _text(second)

    def test_another_number_of_shards_keeps_what_is_not_divided(
        self, cloud: Simulator, tmp_path: Path
    ) -> None:
        """The first shard shows the invoices it had as one of another number, and no customers."""
        for before, after in ((1, 3), (3, 2), (2, 1)):
            state = tmp_path / f"{before}-{after}"
            first = Exporter(_settings(cloud), state=state, shard=Shard(0, before))
            first.poll_once()
            first.stop()
            second = Exporter(_settings(cloud), state=state, shard=Shard(0, after))
            second.stop()
            lines = _billing(second, "acme")
            assert lines == [line for line in _billing(first, "acme") if "_trustor" not in line]
            assert any("_unpaid_amount" in line for line in lines)
            assert 'state_failures_total{reason="configuration"} 1.0' in _text(second)

    def test_a_disk_that_hangs_does_not_hold_up_the_end(
        self, cloud: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While a save hangs, polls go on, the configuration can change, and the end comes soon."""
        hung = threading.Event()
        monkeypatch.setattr(os, "fsync", lambda _: hung.wait(60))
        monkeypatch.setattr("billing_exporter.exporter.SAVE_SECONDS", 0.2)
        exporter = Exporter(_settings(cloud), state=tmp_path)
        exporter.poll_once()
        exporter.change(_settings(cloud, "other"))
        exporter.poll_once()
        exporter.stop()
        assert _billing(exporter, "other")
        hung.set()

    def test_state_names_no_person_and_no_secret(self, cloud: Simulator, tmp_path: Path) -> None:
        """Neither addresses nor payment links nor names of users are on the disk."""
        exporter = Exporter(_settings(cloud), state=tmp_path)
        exporter.poll_once()
        exporter.stop()
        kept = b"".join(file.read_bytes() for file in tmp_path.glob("*.reading"))
        assert b"paymentStatus" in kept
        private = rb'@|http|Link":"|Address":\{|Notes":"[^"]|createdBy":\{'
        assert re.search(private, kept) is None


def test_progress_is_told_for_each_organization(cloud: Simulator) -> None:
    """Two organizations at once do not pass for one in what a terminal shows."""
    both = (*_settings(cloud).organizations, *_settings(cloud, "other").organizations)
    reported: set[str] = set()
    exporter = Exporter(Settings(organizations=both), progress=lambda name, *_: reported.add(name))
    exporter.poll_once()
    exporter.stop()
    assert {"acme trustors", "other trustors"} <= reported


class TestReload:
    """What SIGHUP and the reload page do."""

    def test_unchanged_collectors_go_on(self, cloud: Simulator) -> None:
        """A reload that changes one collector leaves the others' pollers and data alone."""
        exporter = Exporter(_settings(cloud))
        exporter.poll_once()
        before = exporter.pollers
        lines = _billing(exporter, "acme")
        exporter.change(
            _settings(
                cloud,
                invoices=INVOICES,
                trustors=replace(TRUSTORS, interval=Duration("1h")),
            )
        )
        assert exporter.pollers[0] is before[0]
        assert exporter.pollers[1] is not before[1]
        assert exporter.pollers[1].state.reading is before[1].state.reading
        assert _billing(exporter, "acme") == lines
        exporter.stop()

    def test_no_two_polls_of_the_same_at_once(
        self, cloud: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What takes the place of a collector polls when the poll under way has ended."""
        go_on, under_way, most = threading.Event(), 0, 0
        fetch = InvoicesCollector.fetch

        def slow(collector: InvoicesCollector, poll: Poll[InvoicesData]) -> InvoicesData:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            assert go_on.wait(20)
            try:
                return fetch(collector, poll)
            finally:
                under_way -= 1

        monkeypatch.setattr(InvoicesCollector, "fetch", slow)
        exporter = Exporter(_settings(cloud, invoices=InvoicesSettings()))
        exporter.start(spread=0)
        _wait_until(lambda: under_way == 1)
        exporter.change(_settings(cloud, invoices=InvoicesSettings(interval=Duration("2h"))))
        (poller,) = exporter.pollers
        time.sleep(0.2)  # time enough to begin, if it did not wait
        go_on.set()
        _wait_until(lambda: poller.state.reading is not None)
        assert most == 1
        exporter.stop()

    def test_a_poll_that_ends_in_a_reload_changes_nothing_more(
        self, cloud: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What a poll leaves out while another limit takes its place is not missing for good."""
        exporter = Exporter(_settings(cloud, invoices=INVOICES))
        exporter.poll_once()
        everything = _billing(exporter, "acme")
        exporter.change(_settings(cloud, invoices=replace(INVOICES, max_series=10)))
        take_over = Poller.continue_from

        def at_the_same_time(poller: Poller, before: Poller, *, fits: bool) -> None:
            take_over(poller, before, fits=fits)
            with suppress(Interrupted):
                before.poll()

        monkeypatch.setattr(Poller, "continue_from", at_the_same_time)
        exporter.change(_settings(cloud, invoices=INVOICES))
        exporter.poll_once()
        assert _billing(exporter, "acme") == everything
        exporter.stop()

    def test_a_removed_collector_shows_nothing_more(self, cloud: Simulator) -> None:
        """Its series, those of its forecasts and its metrics about itself end at once."""
        exporter = Exporter(_settings(cloud))
        exporter.poll_once()
        assert 'subject="trustors",outcome=' in _text(exporter)
        exporter.change(_settings(cloud, invoices=InvoicesSettings()))
        text = _text(exporter)
        assert "trustor_" not in "".join(_billing(exporter, "acme"))
        assert 'collector="trustors"' not in text
        assert 'subject="trustors",outcome=' not in text
        assert 'up{collector="invoices",organization="acme"} 1.0' in text
        exporter.stop()

    def test_organizations_come_and_go(self, cloud: Simulator) -> None:
        """A new organization is polled, a removed one leaves nothing behind."""
        exporter = Exporter(_settings(cloud, "one"))
        exporter.start(spread=0)
        _wait_until(lambda: not exporter.waiting_for())
        exporter.change(_settings(cloud, "two"))
        assert _billing(exporter, "one") == []
        _wait_until(lambda: not exporter.waiting_for())
        assert _billing(exporter, "two") != []
        assert 'organization="one",collector' not in _text(exporter)
        exporter.stop()

    def test_a_new_secret_keeps_the_data(self, cloud: Simulator) -> None:
        """Another secret for the same place means another client, and no hole in the series."""
        exporter = Exporter(_settings(cloud))
        exporter.poll_once()
        lines = _billing(exporter, "acme")
        settings = _settings(cloud)
        other = replace(settings.organizations[0], client_secret=Secret("another"))
        exporter.change(Settings(organizations=(other,)))
        assert _billing(exporter, "acme") == lines
        exporter.stop()

    def test_another_place_is_another_organization(self, cloud: Simulator) -> None:
        """The same name elsewhere does not inherit numbers, and has all that a new one has: what it
        waits for, its intervals, which collectors are listed.
        """
        exporter = Exporter(_settings(cloud))
        exporter.poll_once()
        elsewhere = replace(_settings(cloud).organizations[0], api_url="http://127.0.0.1:9")
        settings = Settings(organizations=(elsewhere,))
        exporter.change(settings)
        assert _billing(exporter, "acme") == []
        fresh = _of_collectors(Exporter(settings))
        assert _of_collectors(exporter) == fresh != []
        exporter.stop()

    def test_a_configuration_with_problems_changes_nothing(self, cloud: Simulator) -> None:
        """The errors are returned, the standard metric is 0 and the data stays."""
        exporter = Exporter(_settings(cloud))
        exporter.poll_once()
        lines = _billing(exporter, "acme")

        def broken() -> Settings:
            raise ConfigError([Problem(file="c.yml", line=3, setting="x", message="is wrong")])

        assert Reloader(exporter, broken).reload() == "c.yml:3: x: is wrong"
        metric = "genesyscloud_billing_exporter_config_last_reload_successful"
        assert f"{metric} 0.0" in _text(exporter)
        assert _billing(exporter, "acme") == lines
        assert Reloader(exporter, lambda: _settings(cloud)).reload() is None
        assert f"{metric} 1.0" in _text(exporter)
        exporter.stop()

    def test_no_loop_stays(self, cloud: Simulator) -> None:
        """After changes and a stop no loop is left."""
        exporter = Exporter(_settings(cloud, "one"))
        exporter.start(spread=0)
        exporter.change(_settings(cloud, "two"))
        exporter.change(_settings(cloud, "three", invoices=InvoicesSettings()))
        exporter.stop()
        _wait_until(lambda: not [one for one in threading.enumerate() if isinstance(one, Loop)])


def test_shards_together_show_what_one_shows(cloud: Simulator) -> None:
    """Each billing line of one exporter is shown by exactly one of three shards."""
    whole = Exporter(_settings(cloud))
    whole.poll_once()
    shards = [Exporter(_settings(cloud), shard=Shard(index, 3)) for index in range(3)]
    shown: list[str] = []
    for shard in shards:
        shard.poll_once()
        shown += _billing(shard, "acme")
    for exporter in (whole, *shards):
        exporter.stop()

    def timeless(lines: list[str]) -> list[str]:
        """Leave out times, and what each shard counts of its own customers."""
        own = ("last_success", "_trustors_without_reading")
        return sorted(line for line in lines if not any(name in line for name in own))

    assert timeless(shown) == timeless(_billing(whole, "acme"))

"""Kept lines: a restart shows what was shown, renders what changed since, and nothing else."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.collectors.settings import TrustorsSettings
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import PeriodData, TrustorData, TrustorState
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.forecasting.collector import ForecastingCollector
from billing_exporter.forecasting.forecaster import Forecaster
from billing_exporter.forecasting.store import CODEC
from billing_exporter.genesys.records import SubscriptionOverviewUsage, TrusteeBillingOverview
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.polling.kept_lines import KeptLines, decoded, encoded, key_of
from billing_exporter.polling.poller import Poller
from billing_exporter.polling.reading_store import StateDirectory
from billing_exporter.polling.state import Kept
from billing_exporter.polling.target import Target
from billing_exporter.state_files.store import MemoryStore
from billing_exporter.telemetry.telemetry import Telemetry
from tools.testkit.recorded_api import billing_api
from tools.testkit.scrapes import billing_text

AT = datetime(2026, 11, 11, tzinfo=UTC)
KEY = key_of("origin", catalogue.TRUSTORS_METRICS, 500)


class Counting(TrustorsCollector):
    """Notes which parts it exposes."""

    def __init__(self) -> None:
        super().__init__(TrustorsSettings())
        self.exposed: list[str] = []

    def expose(self, part: Any) -> Any:
        """Note the customer."""
        if isinstance(part, TrustorData):
            self.exposed.append(part.id)
        return super().expose(part)


class Exporter:
    """A poller of customers with a store of forecasts, started from a state directory."""

    def __init__(
        self,
        folder: Path,
        store: MemoryStore[Any],
        key: str = KEY,
        limit: int = 5000,
        now: datetime = AT,
    ) -> None:
        self.counting = Counting()
        self.forecaster = Forecaster("", store)
        self.exposition = Exposition(CATALOGUE)
        self.directory = StateDirectory(folder, pytest.fail)
        self.poller = Poller(
            Target(
                "acme",
                ForecastingCollector(self.counting, self.forecaster),
                TrustorsSettings(max_series=limit),
                billing_api(),
                listed=True,
            ),
            self.exposition,
            Telemetry(process=False),
            now=lambda: now,
            keep=self.directory.keeper("origin", key),
        )
        self.poller.restore()
        assert self.directory.flush(10)

    def show(self, data: TrustorsData, *, lines: bool = True) -> None:
        """Show data and save it."""
        self.poller._publish_part(AT, data)
        if not lines:
            return
        assert self.directory.flush(10)

    def text(self) -> str:
        """Return what is shown."""
        return billing_text(self.exposition)


def customers(used: dict[str, int]) -> TrustorsData:
    """Return customers by what they used."""
    states, numbers = {}, {}
    for key, number in used.items():
        row = SubscriptionOverviewUsage(
            name="Voice",
            grouping="resource",
            unit_of_measure_type="minutes",
            usage_quantity=Decimal(number),
            prepay_quantity=Decimal(1),
        )
        overview = TrusteeBillingOverview(
            currency="EUR",
            usages=(row,),
            billing_period_start_date=datetime(2026, 11, 1, tzinfo=UTC),
            billing_period_end_date=datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC),
        )
        states[key] = TrustorState(key, key.upper(), "ok", AT)
        numbers[key] = TrustorData.of(key, key.upper(), {"current": PeriodData(overview, 0)})
    return TrustorsData(states, numbers)


USED = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 3), max_size=4)


@settings(max_examples=20)
@given(USED, USED, st.sampled_from((20, 5000)))
def test_a_restart_renders_what_changed_since_and_shows_the_reading(
    tmp_path_factory: pytest.TempPathFactory,
    before: dict[str, int],
    after: dict[str, int],
    limit: int,
) -> None:
    """Whatever was saved after the lines, the first scrape is that of a start without lines, only
    customers that differ are rendered, and the forecasts count the same.
    """
    folder, store = tmp_path_factory.mktemp("state"), MemoryStore(CODEC)
    first = Exporter(folder, store, limit=limit)
    first.show(customers(before))
    again = first.directory.keeper("origin", KEY)
    again.save("acme", "trustors", Kept(AT, customers(after), AT))
    assert first.directory.flush(10)
    second = Exporter(folder, store, limit=limit)
    alone = Exporter(folder, store, "another", limit)
    assert second.text() == alone.text()
    differ = {key for key, used in after.items() if before.get(key) != used}
    assert set(second.counting.exposed) == differ or limit < 5000
    assert second.forecaster.quality().results == alone.forecaster.quality().results
    assert dict(second.poller.state.reading.summaries()) == dict(  # type: ignore[union-attr]
        alone.poller.state.reading.summaries()  # type: ignore[union-attr]
    )


def test_lines_of_the_very_reading_that_was_saved_are_shown_without_a_look_at_its_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing was saved after the lines, no part is compared, and the reading is whole."""
    store = MemoryStore(CODEC)
    first = Exporter(tmp_path, store)
    first.show(customers({"a": 1}))
    first.show(customers({"a": 1, "b": 2}))
    monkeypatch.setattr("billing_exporter.polling.reading._digest", pytest.fail)
    second = Exporter(tmp_path, store)
    assert second.text() == first.text()
    assert second.counting.exposed == []
    before, after = first.poller.state.reading, second.poller.state.reading
    assert before is not None
    assert after is not None
    assert after.data == before.data
    assert {key: after.part(key) for key in after.shown} == {
        key: before.part(key) for key in before.shown
    }
    assert dict(after.summaries()) == dict(before.summaries())
    assert (after.series, after.dropped) == (before.series, before.dropped)


def test_lines_that_are_saved_at_an_end_are_of_all_that_was_shown(tmp_path: Path) -> None:
    """What was read since the last save of lines is in those of the end, so that a start renders
    nothing; where there is nothing new, nothing is written.
    """
    store = MemoryStore(CODEC)
    first = Exporter(tmp_path, store)
    for used in ({"a": 1}, {"a": 2, "b": 1}):
        first.poller._save(first.poller._update(customers(used), AT), AT, every=60)
        assert first.directory.flush(10)
    (file,) = tmp_path.glob("*.lines")
    before = file.read_bytes()
    first.poller.save_lines()
    assert first.directory.flush(10)
    after = file.read_bytes()
    assert after != before
    second = Exporter(tmp_path, store)
    assert second.text() == first.text()
    assert second.counting.exposed == []
    second.poller.save_lines()
    first.poller.save_lines()
    assert first.directory.flush(10)
    assert second.directory.flush(10)
    assert file.read_bytes() == after


def test_what_a_start_renders_is_kept_for_the_next_start(tmp_path: Path) -> None:
    """A start that ends early, again and again, does not begin from nothing each time."""
    store = MemoryStore(CODEC)
    first = Exporter(tmp_path, store, "former version")
    first.show(customers({"a": 1}))
    second = Exporter(tmp_path, store)
    assert second.counting.exposed == ["a"]
    assert Exporter(tmp_path, store).counting.exposed == []


def test_numbers_that_became_too_old_end_whatever_lines_are_kept(tmp_path: Path) -> None:
    """After ``max_age`` a customer's lines are gone, though the files hold the reading of them."""
    store = MemoryStore(CODEC)
    first = Exporter(tmp_path, store)
    data = customers({"a": 1, "b": 2})
    old = msgspec.structs.replace(data.states["a"], read_at=AT - timedelta(days=6))
    first.show(msgspec.structs.replace(data, states={**data.states, "a": old}))
    later = AT + timedelta(days=2)
    second = Exporter(tmp_path, store, now=later)
    alone = Exporter(tmp_path, store, "another", now=later)
    assert 'trustor_id="a"' in first.text()
    assert second.text() == alone.text()
    assert "trustor_usage" not in "".join(
        line for line in second.text().splitlines() if 'trustor_id="a"' in line
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[:-1],
        lambda content: content[:200] + b"?" + content[201:],
        lambda content: content[:0],
        lambda content: content[: len(content) // 2],
    ],
)
def test_damaged_lines_are_rendered_again(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """A file that is cut off or changed is not used; the reading is shown all the same."""
    store = MemoryStore(CODEC)
    first = Exporter(tmp_path, store)
    first.show(customers({"a": 1, "b": 2}))
    (file,) = tmp_path.glob("*.lines")
    file.write_bytes(change(file.read_bytes()))
    second = Exporter(tmp_path, store)
    assert second.text() == first.text()
    assert second.counting.exposed == ["a", "b"]


def test_a_folder_in_the_place_of_lines_is_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No file can replace a folder: it is moved away with a reason in the log, and lines are saved
    again.
    """
    store = MemoryStore(CODEC)
    first = Exporter(tmp_path, store)
    first.show(customers({"a": 1}))
    (file,) = tmp_path.glob("*.lines")
    file.unlink()
    file.mkdir()
    with caplog.at_level(logging.INFO):
        second = Exporter(tmp_path, store)
    assert "not a plain file" in caplog.text
    second.show(customers({"a": 2}))
    assert file.is_file()
    assert file.with_suffix(".lines.unusable").is_dir()


def test_the_key_is_of_everything_that_decides_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another origin, HELP, bound or version is another key, and its lines are not used."""
    metrics = (catalogue.TRUSTOR_USAGE,)
    keys = {key_of("origin", metrics, 500), key_of("other", metrics, 500)}
    keys |= {key_of("origin", (catalogue.TRUSTOR_PREPAID,), 500), key_of("origin", metrics, 501)}
    monkeypatch.setattr("billing_exporter.polling.kept_lines.__version__", "99")
    keys.add(key_of("origin", metrics, 500))
    assert len(keys) == 5


def test_lines_of_another_key_are_not_used(tmp_path: Path) -> None:
    """Decoding with another key is an error and shows nothing."""
    first = Exporter(tmp_path, MemoryStore(CODEC))
    first.show(customers({"a": 1}))
    reading = first.poller.state.reading
    assert reading is not None
    content = b"".join(encoded(KEY, KeptLines(reading, (), {})))
    assert decoded(KEY, content, AT).reading.shown.keys() == reading.shown.keys()
    with pytest.raises(ValueError, match="another version"):
        decoded(key_of("other", ()), content, AT)

"""What a poller keeps: readings survive a kill and an end in the middle of a poll."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from billing_exporter.collectors import Poll
from billing_exporter.genesys import Interrupted
from billing_exporter.polling.kept_lines import KeptLines
from billing_exporter.polling.state import Kept
from tests.unit.polling.poller_harness import START, Number, PollerHarness


class Shelf:
    """Keeps what a poller saves."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []

    def save(self, organization: str, collector: str, kept: Kept) -> None:  # noqa: ARG002 - it is one
        """Keep it."""
        self.kept.append(kept)

    def restore(self, organization: str, collector: str, kind: type[Any]) -> Kept | None:  # noqa: ARG002 - it is one
        """Return what was kept last."""
        return self.kept[-1] if self.kept else None

    def save_lines(self, organization: str, collector: str, kept: KeptLines) -> None:
        """Keep no lines."""

    def lines(self, organization: str, collector: str, at: datetime) -> KeptLines | None:  # noqa: ARG002 - it is one
        """Return no lines."""
        return None


def test_what_a_poll_has_read_survives_a_kill_in_its_middle() -> None:
    """What was shown in the middle of a first poll is shown again at the next start, without a
    claim that a poll succeeded, and the poll is done again at once.
    """

    def work(poll: Poll[Number]) -> int:
        poll.offer(lambda: Number(7))
        raise Interrupted

    shelf = Shelf()
    killed = PollerHarness(work, keep=shelf)
    with pytest.raises(Interrupted):
        killed.poll()
    assert shelf.kept == [(START, Number(7), None)]
    again = PollerHarness(8, keep=shelf)
    again.now += timedelta(minutes=1)
    again.poller.restore()
    assert again.shown() == [7]
    assert again.reported("last_success_timestamp_seconds") == {}
    assert again.reported("waiting") == {"usage": 1}
    assert again.poller.due_in() == 0
    again.poll()
    assert again.reported("waiting") == {"usage": 0}
    assert shelf.kept[-1] == (again.now, Number(8), again.now)


def test_what_a_stopped_poll_has_shown_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """An end in the middle of a poll saves what is shown and not saved yet; then there is nothing
    more to save.
    """
    monkeypatch.setattr("billing_exporter.polling.poller.BATCH_SECONDS", 0)
    monkeypatch.setattr("billing_exporter.polling.poller.BATCH_REST", 0)

    def work(poll: Poll[Number]) -> int:
        assert poll.offer(lambda: Number(7))
        assert not poll.offer(lambda: Number(8))
        raise Interrupted

    shelf = Shelf()
    stopped = PollerHarness(work, keep=shelf)
    with pytest.raises(Interrupted):
        stopped.poll()
    stopped.poller.stop()
    assert shelf.kept == [(START, Number(7), None)]
    for _ in range(2):
        stopped.poller.save()
        assert shelf.kept == [(START, Number(7), None), (START, Number(8), None)]


def test_a_restored_reading_that_is_too_old_is_waited_for() -> None:
    """Where nothing of before the start may be shown any more, numbers come with the first poll."""
    shelf = Shelf()
    PollerHarness(7, keep=shelf).poll()
    again = PollerHarness(8, keep=shelf)
    again.now += timedelta(days=8)
    again.poller.restore()
    assert again.shown() == []
    assert again.reported("waiting") == {"usage": 1}
    again.poll()
    assert again.reported("waiting") == {"usage": 0}


def test_what_is_read_under_other_settings_is_saved_before_it_is_shown() -> None:
    """While the poll after a reload runs, the reading of before is shown, and what was read under
    the new settings is saved under them, so that a kill does not cost the whole poll.
    """

    def work(poll: Poll[Number]) -> int:
        assert poll.previous is None
        assert poll.offer(lambda: Number(8))
        raise Interrupted

    before, shelf = PollerHarness(7), Shelf()
    before.poll()
    after = PollerHarness(work, keep=shelf)
    after.poller.continue_from(before.poller, fits=False)
    with pytest.raises(Interrupted):
        after.poll()
    assert before.poller.state.reading is not None
    assert after.poller.state.reading is before.poller.state.reading
    assert shelf.kept == [(START, Number(8), None)]
    after.poller.stop()
    after.poller.save()
    assert len(shelf.kept) == 1


@pytest.mark.parametrize(("first", "second"), [(False, True), (True, False), (False, False)])
def test_a_reading_of_other_settings_stays_one_after_further_reloads(
    first: bool, second: bool
) -> None:
    """Two reloads in a row, of which one changes what is fetched and the other only the pace: the
    next poll starts without the old reading, which is of neither.
    """
    before = PollerHarness(7)
    before.poll()
    between, after = PollerHarness(), PollerHarness(8)
    between.poller.continue_from(before.poller, fits=first)
    after.poller.continue_from(between.poller, fits=second)
    after.poll()
    assert [poll.previous for poll in after.collector.polls] == [None]


def test_a_restored_reading_is_polled_at_once_under_other_settings() -> None:
    """A reload that changes only the pace leaves a restored reading its time; one that changes what
    is fetched makes it due.
    """
    shelf = Shelf()
    PollerHarness(7, keep=shelf).poll()
    restored = PollerHarness(keep=shelf)
    restored.poller.restore()
    due = []
    for fits in (True, False):
        after = PollerHarness()
        after.poller.continue_from(restored.poller, fits=fits)
        due.append(after.poller.due_in())
    assert due == [restored.poller.due_in(), 0]
    assert due[0] > 0


def test_a_reload_loses_nothing_that_was_not_saved_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a sweep has shown since it last saved is saved at an end right after a reload too."""
    monkeypatch.setattr("billing_exporter.polling.poller.BATCH_SECONDS", 0)
    monkeypatch.setattr("billing_exporter.polling.poller.BATCH_REST", 0)

    def work(poll: Poll[Number]) -> int:
        poll.offer(lambda: Number(7))
        poll.offer(lambda: Number(8))
        raise Interrupted

    shelf = Shelf()
    before, after = PollerHarness(work, keep=shelf), PollerHarness(keep=shelf)
    with pytest.raises(Interrupted):
        before.poll()
    after.poller.continue_from(before.poller, fits=True)
    after.poller.stop()
    after.poller.save()
    assert shelf.kept[-1] == (START, Number(8), None)

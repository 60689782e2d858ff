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

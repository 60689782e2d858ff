"""Polling: a failure is a metric and not a hole, and what was read stays until it is too old."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from billing_exporter.collectors import Poll
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import TrustorsSettings, UsageSettings
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.genesys import (
    ApiError,
    Forbidden,
    Interrupted,
    NotFound,
    NotReady,
    RateLimited,
    Rejected,
    Timeout,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from tests.unit.collectors.api_stub import OVERVIEW, TRUSTORS, ApiStub, imitated, page
from tests.unit.polling.poller_harness import START, Act, Number, PollerHarness
from tools.testkit.recorded_api import SECRET

ERRORS = [
    Forbidden("no"),
    NotFound("no"),
    NotReady("no"),
    RateLimited("no"),
    Rejected("no"),
    Timeout("no"),
    Unauthorized("no"),
    Unavailable("no"),
    UnexpectedAnswer("no"),
    Unreachable("no"),
]
HOUR = 3600.0


@pytest.fixture
def cloud() -> Iterator[ApiStub]:
    """Imitate Genesys Cloud."""
    with imitated() as it:
        yield it


def test_a_good_poll_publishes_and_is_told() -> None:
    """A poll that succeeds is shown, and counted with its time, its series and its drops."""
    harness = PollerHarness(7)
    harness.poll()
    assert harness.shown() == [7]
    assert harness.reported("up") == {"usage": 1}
    assert harness.reported("poll_failure") == {}
    assert harness.reported("polls_total") == {"success": 1}
    assert harness.reported("series") == {"usage": 1}
    assert harness.reported("rows_dropped_total") == {"missing": 1}
    assert harness.reported("last_success_timestamp_seconds") == {"usage": START.timestamp()}
    assert harness.reported("last_attempt_timestamp_seconds") == {"usage": START.timestamp()}
    assert harness.reported("poll_interval_seconds") == {"usage": 6 * HOUR}
    assert harness.reported("collector_listed") == {"usage": 1}
    assert PollerHarness(7, listed=False).reported("collector_listed") == {"usage": 0}
    assert harness.reported("poll_duration_seconds")["usage"] >= 0


def test_a_poll_is_given_what_the_last_good_one_fetched() -> None:
    """The time and the previous data reach the collector; a failure does not forget them."""
    harness = PollerHarness(7, Unavailable("no"), 8)
    for _ in range(3):
        harness.poll(hours=1)
    assert [poll.previous for poll in harness.collector.polls] == [None, Number(7), Number(7)]
    assert [poll.now for poll in harness.collector.polls] == [
        START + timedelta(hours=hours) for hours in (1, 2, 3)
    ]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.reason)
def test_a_failure_keeps_the_last_reading(error: ApiError) -> None:
    """Whatever fails, the last good numbers stay with their time, and the reason is a metric."""
    harness = PollerHarness(7, error)
    harness.poll()
    harness.poll(hours=6)
    assert harness.shown() == [7]
    assert harness.reported("up") == {"usage": 0}
    assert harness.reported("poll_failure") == {error.reason: 1}
    assert harness.reported("polls_total") == {"success": 1, error.reason: 1}
    assert harness.reported("last_success_timestamp_seconds") == {"usage": START.timestamp()}
    attempted = (START + timedelta(hours=6)).timestamp()
    assert harness.reported("last_attempt_timestamp_seconds") == {"usage": attempted}
    assert harness.poller.state.outcome == error.reason
    assert harness.poller.state.failures == 1


def test_a_failure_before_any_success_shows_nothing() -> None:
    """Where nothing was ever read there is no number, least of all a zero."""
    harness = PollerHarness(Unauthorized("no"))
    harness.poll()
    assert harness.shown() == []
    assert harness.reported("up") == {"usage": 0}
    assert harness.reported("last_success_timestamp_seconds") == {}
    assert harness.reported("series") == {}


def test_there_is_one_reason_at_a_time(caplog: pytest.LogCaptureFixture) -> None:
    """A new reason replaces the one before, and a success ends them all, which is logged."""
    caplog.set_level(logging.INFO)
    harness = PollerHarness(Unavailable("no"), Forbidden("no"), 7, 8)
    harness.poll()
    harness.poll()
    assert harness.reported("poll_failure") == {"forbidden": 1}
    assert harness.poller.state.failures == 2
    harness.poll()
    assert harness.reported("poll_failure") == {}
    assert harness.reported("up") == {"usage": 1}
    assert harness.poller.state.failures == 0
    harness.poll()
    assert caplog.messages.count("poll succeeds again") == 1


def test_a_fault_of_ours_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    """An exception that nobody foresaw is the outcome ``crashed``, logged with its traceback."""
    harness = PollerHarness(7, ZeroDivisionError("boom"))
    harness.poll()
    harness.poll()
    assert harness.shown() == [7]
    assert harness.reported("polls_total") == {"success": 1, "crashed": 1}
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert (record.reason, record.collector) == ("crashed", "usage")  # type: ignore[attr-defined]


def test_the_sentence_of_the_last_error_is_kept() -> None:
    """A failure keeps its sentence until a poll succeeds; that of a crash is its kind alone."""
    harness = PollerHarness(
        Forbidden("grant billing:view", status=403), ZeroDivisionError("secret"), 7
    )
    sentences = []
    for _ in range(3):
        harness.poll()
        sentences.append(harness.poller.state.error)
    assert sentences == ["grant billing:view (HTTP 403)", "ZeroDivisionError", ""]


def test_progress_is_handed_on() -> None:
    """How far a poll is can be followed, and be asked while it is under way."""

    def work(poll: Poll[Number]) -> int:
        poll.progress(0, 2)
        seen.append(harness.poller.timing.progress)
        assert harness.poller.timing.is_polling
        assert harness.poller.timing.seconds_to_next() is None
        poll.progress(2, 2)
        return 7

    reported: list[tuple[int, int]] = []
    seen: list[tuple[int, int] | None] = []
    harness = PollerHarness(work, progress=lambda done, total: reported.append((done, total)))
    harness.poll()
    assert reported == [(0, 2), (2, 2)]
    assert (seen, harness.poller.timing.progress) == ([(0, 2)], None)


def test_an_old_reading_ends(caplog: pytest.LogCaptureFixture) -> None:
    """After ``max_age`` without success the series end, which is logged once; they come back."""
    settings = UsageSettings(max_age=Duration("7d"))
    error = Unavailable("no")
    harness = PollerHarness(7, error, error, error, 8, settings=settings)
    harness.poll()
    harness.poll(days=7)
    assert harness.shown() == [7]
    harness.poll(seconds=1)
    assert harness.shown() == []
    assert harness.reported("series") == {"usage": 0}
    harness.poll(days=1)
    assert caplog.messages.count("the last good reading is older than max_age and ends") == 1
    assert harness.poller.state.reading is None
    harness.poll()
    assert harness.shown() == [8]
    assert harness.reported("series") == {"usage": 1}


def test_a_poll_may_look_at_a_reading_that_has_ended() -> None:
    """What does not age, such as closed periods, is taken from it until another one is there."""
    seen: list[tuple[Number | None, Number | None]] = []

    def fetch(poll: Poll[Number]) -> int:
        seen.append((poll.previous, poll.ended))
        return 8

    settings = UsageSettings(max_age=Duration("7d"))
    harness = PollerHarness(7, Unavailable("no"), fetch, fetch, settings=settings)
    for days in (0, 8, 1, 1):
        harness.poll(days=days)
    assert seen == [(None, Number(7)), (Number(8), None)]


def test_the_accounts_learn_what_counts() -> None:
    """A reading that was published counts until it is too old; a refusal ends the waiting only
    where nothing is shown, and another failure never.
    """
    settings = UsageSettings(max_age=Duration("7d"))
    no = Forbidden("no")
    harness = PollerHarness(Unavailable("no"), 7, no, Unavailable("no"), no, 8, settings=settings)
    harness.poll()
    assert harness.ledger.noted == []
    for days, noted in (
        (1, "published"),
        (1, ""),
        (7, "expired"),
        (1, "refused"),
        (1, "published"),
    ):
        harness.poll(days=days)
        assert harness.ledger.noted == [f"usage {noted}"] * bool(noted)
        harness.ledger.noted.clear()


def tolerating(*errors: ApiError) -> Act:
    """Return a poll that goes on without some things."""

    def fetch(poll: Poll[Number]) -> int:
        for error in errors:
            poll.tolerate(error, "one thing")
        return 7

    return fetch


def test_one_thing_among_many_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    """What a poll went on without is counted by reason and logged with what it was."""
    harness = PollerHarness(tolerating(NotFound("no"), Unavailable("no"), NotFound("no")))
    harness.poll()
    assert harness.shown() == [7]
    assert harness.reported("partial_failures_total") == {"not_found": 2, "unavailable": 1}
    assert [record.about for record in caplog.records] == ["one thing"] * 3  # type: ignore[attr-defined]


def publishing(value: int, error: ApiError | None) -> Act:
    """Return a poll that shows a number before it ends."""

    def fetch(poll: Poll[Number]) -> int:
        poll.publish(Number(value))
        if error is not None:
            raise error
        return value + 1

    return fetch


def test_a_poll_that_fails_keeps_what_it_published() -> None:
    """What was read before a poll failed is shown; the time of the last success is as before, and
    rows are counted by polls that succeed.
    """
    harness = PollerHarness(7, publishing(8, Timeout("no")), publishing(9, None))
    harness.poll()
    harness.poll(hours=6)
    assert harness.shown() == [8]
    assert harness.reported("up") == {"usage": 0}
    assert harness.reported("last_success_timestamp_seconds") == {"usage": START.timestamp()}
    assert harness.reported("rows_dropped_total") == {"missing": 1}
    harness.poll(hours=6)
    assert harness.shown() == [10]
    assert [poll.previous for poll in harness.collector.polls] == [None, Number(7), Number(8)]
    assert harness.reported("rows_dropped_total") == {"missing": 2}


def levels(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the levels of the lines about failed polls."""
    return [
        record.levelname
        for record in caplog.records
        if record.getMessage().startswith("poll failed")
    ]


def test_a_missing_permission_that_nobody_listed_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A collector that runs by default and lacks its permission is one line of information."""
    caplog.set_level(logging.DEBUG, "billing_exporter")
    harness = PollerHarness(*[Forbidden("no")] * 3, listed=False)
    for _ in range(3):
        harness.poll()
    assert levels(caplog) == ["INFO", "DEBUG", "DEBUG"]


@pytest.mark.parametrize(("error", "listed"), [(Forbidden("no"), True), (Unavailable("no"), False)])
def test_other_failures_are_warnings_when_they_begin(
    caplog: pytest.LogCaptureFixture, error: ApiError, *, listed: bool
) -> None:
    """What the operator asked for, or what should work, is a warning once, then debug."""
    caplog.set_level(logging.DEBUG, "billing_exporter")
    harness = PollerHarness(error, error, 7, error, listed=listed)
    for _ in range(4):
        harness.poll()
    assert levels(caplog) == ["WARNING", "DEBUG", "WARNING"]


def test_what_another_collector_said_is_not_said_again(caplog: pytest.LogCaptureFixture) -> None:
    """A refused login concerns all collectors, and is one line; it is each one's outcome."""
    caplog.set_level(logging.DEBUG, "billing_exporter")
    error = Unauthorized("no")
    error.repeated = True
    harness = PollerHarness(error)
    harness.poll()
    assert levels(caplog) == ["DEBUG"]
    assert harness.reported("poll_failure") == {"unauthorized": 1}


def test_a_log_line_says_where_and_why(caplog: pytest.LogCaptureFixture) -> None:
    """A failure is logged with organization, collector, operation, correlation id and reason."""
    harness = PollerHarness(
        Unavailable("later", operation="get_billing_contracts", status=503, correlation_id="c-1")
    )
    harness.poll()
    (record,) = caplog.records
    assert record.getMessage() == "poll failed: later (HTTP 503)"
    facts = ("organization", "collector", "operation", "correlation_id", "reason")
    assert [getattr(record, name) for name in facts] == [
        "acme",
        "usage",
        "get_billing_contracts",
        "c-1",
        "unavailable",
    ]


def test_no_secret_and_nobody_is_logged(cloud: ApiStub, caplog: pytest.LogCaptureFixture) -> None:
    """An API that names people in its errors, and a token, leave no trace in any log line."""
    caplog.set_level(logging.DEBUG)
    secrets = {"code": "a@example.com", "message": f"b@example.com {SECRET}", "contextId": "c 1"}
    cloud.put(TRUSTORS, page({"id": "x", "createdBy": {"id": "u", "email": "c@example.com"}}))
    cloud.refuse(f"{OVERVIEW}/x", 500, body=secrets)
    PollerHarness(collector=TrustorsCollector(TrustorsSettings())).poll()
    written = "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert "left out" in written
    assert [word for word in ("@example.com", SECRET, "Bearer") if word in written] == []


def test_an_interrupted_poll_is_no_outcome() -> None:
    """The end of the program is nobody's failure: what was there stays as it was."""
    harness = PollerHarness(7, Interrupted())
    harness.poll()
    with pytest.raises(Interrupted):
        harness.poll()
    assert harness.reported("polls_total") == {"success": 1}
    assert harness.reported("up") == {"usage": 1}
    assert harness.shown() == [7]

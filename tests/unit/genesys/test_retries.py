"""Tests of when an operation is tried again."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.genesys.clock import Deadline
from billing_exporter.genesys.errors import (
    ApiError,
    Forbidden,
    Interrupted,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from billing_exporter.genesys.retries import Retrier, retry_after
from tools.testkit.recorded_api import NOON, FakeClock, Listener


class Attempts:
    """An attempt that raises the given errors, one after the other, and then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        """Take the errors."""
        self.errors = list(errors)
        self.made = 0

    def __call__(self) -> str:
        """Raise the next error, or succeed."""
        self.made += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def run(attempt: Callable[[], str], clock: FakeClock, *, seconds: float = 300.0) -> str:
    """Run an attempt with full waits."""
    return Retrier(clock, Listener(), lambda: 1.0).run("op", Deadline(clock, seconds), attempt)


@pytest.mark.parametrize("kind", [Unreachable, Unavailable, RateLimited])
def test_what_may_pass_is_tried_again(kind: type[ApiError]) -> None:
    """Waits double from one second, and the operation succeeds in the end."""
    clock = FakeClock()
    assert run(Attempts(*[kind("x")] * 4), clock) == "done"
    assert clock.waits == [1, 2, 4, 8]


def test_five_tries_are_enough() -> None:
    """The error of the fifth try is raised as it is."""
    last = Unavailable("last")
    attempts = Attempts(*[Unavailable("x")] * 4, last, Unavailable("never"))
    with pytest.raises(Unavailable) as caught:
        run(attempts, FakeClock())
    assert caught.value is last
    assert attempts.made == 5


@pytest.mark.parametrize("kind", [Unauthorized, Forbidden, NotFound, Rejected, UnexpectedAnswer])
def test_what_does_not_pass_is_not_tried_again(kind: type[ApiError]) -> None:
    """An error that waiting does not fix is raised at once."""
    attempts = Attempts(kind("x"))
    with pytest.raises(kind):
        run(attempts, FakeClock())
    assert attempts.made == 1


@pytest.mark.parametrize("kind", [Unavailable, RateLimited])
def test_the_asked_wait_is_kept(kind: type[ApiError]) -> None:
    """Where the API says how long, that long and at most a second more."""
    clock = FakeClock()
    run(Attempts(kind("x", retry_after=7)), clock)
    assert clock.waits == [8]


@pytest.mark.parametrize(("asked", "seconds"), [(121, 300), (60, 30)])
def test_a_wait_that_is_too_long_ends_it(asked: float, seconds: float) -> None:
    """No wait beyond two minutes, nor beyond the deadline: the error tells what was asked."""
    clock = FakeClock()
    attempts = Attempts(RateLimited("x", retry_after=asked))
    with pytest.raises(RateLimited) as caught:
        run(attempts, clock, seconds=seconds)
    assert caught.value.retry_after == asked
    assert (attempts.made, clock.waits) == (1, [])


def test_a_stop_ends_the_wait() -> None:
    """When the program stops, a wait ends with Interrupted."""
    clock = FakeClock()
    clock.stopped = True
    with pytest.raises(Interrupted):
        run(Attempts(Unavailable("x")), clock)


def test_other_exceptions_pass_through() -> None:
    """A programmer's error is not tried again."""
    attempts = Attempts(KeyError("x"))
    with pytest.raises(KeyError):
        run(attempts, FakeClock())
    assert attempts.made == 1


def test_retries_are_told() -> None:
    """The observer hears of each retry and its reason."""
    clock, listener = FakeClock(), Listener()
    retrier = Retrier(clock, listener, lambda: 0.0)
    attempts = Attempts(Unreachable("x"), RateLimited("x"))
    retrier.run("op", Deadline(clock, 300), attempts)
    assert listener.retries == [("op", "unreachable"), ("op", "rate_limited")]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7),
        (" 120 ", 120),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 11:59:30 GMT", None),
        ("0", None),
        ("-5", None),
        ("1.5e9", None),
        ("soon", None),
        ("", None),
        ("Mon, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
def test_both_forms_of_retry_after(header: str | None, seconds: float | None) -> None:
    """Seconds and HTTP dates are read; the past and nonsense are ignored."""
    assert retry_after(header, NOON) == seconds


@given(st.text())
def test_no_header_raises(header: str) -> None:
    """Whatever the header says, it is a positive number of seconds or none."""
    seconds = retry_after(header, NOON)
    assert seconds is None or seconds > 0

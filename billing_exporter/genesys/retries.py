"""Retries: which errors are retried, and after how long."""

import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TypeVar, cast

from tenacity import RetryCallState, Retrying, retry_if_exception

from billing_exporter.genesys.clock import Clock, Deadline
from billing_exporter.genesys.errors import ApiError, RateLimited, Unavailable, Unreachable
from billing_exporter.genesys.observer import Observer

T = TypeVar("T")

_MOST_TRIES = 5
_FIRST_WAIT = 1.0  # seconds
_LONGEST_WAIT = 30.0  # seconds
_LONGEST_ASKED_WAIT = 120.0  # seconds; when the API asks for more, the next poll comes sooner
_PASSING = (Unreachable, Unavailable, RateLimited)
_SECONDS = re.compile("[0-9]{1,9}")


class Retrier:
    """Tries an operation up to five times, within its deadline.

    What may pass is tried again: no answer, 408, 429, 5xx. Waits grow exponentially with full
    jitter; where the API says `Retry-After`, that long and a little more.
    """

    def __init__(self, clock: Clock, observer: Observer, random: Callable[[], float]) -> None:
        """Take the clock that waits, the observer, and a source of numbers from 0 to 1."""
        self._clock = clock
        self._observer = observer
        self._random = random

    def run(self, operation: str, deadline: Deadline, attempt: Callable[[], T]) -> T:
        """Return what `attempt` returns, or raise its last error.

        Raises:
            ApiError: The attempt's, when it is no use to try again.
            Interrupted: The program stops during a wait.
        """
        try:
            return self._retrying(operation, deadline)(attempt)
        except ApiError as error:
            # Its traceback leads to frames of tenacity that keep it, and with it whole answers.
            raise error.with_traceback(None) from None

    def _retrying(self, operation: str, deadline: Deadline) -> Retrying:
        return Retrying(
            retry=retry_if_exception(lambda error: _may_pass(error, operation)),
            wait=self._wait,
            stop=lambda state: _is_hopeless(state, deadline),
            before_sleep=lambda state: self._observer.retry(operation, _error(state).reason),
            sleep=self._clock.wait,
            reraise=True,
        )

    def _wait(self, state: RetryCallState) -> float:
        asked = _error(state).retry_after
        if asked is not None:
            return asked + self._random()
        longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (state.attempt_number - 1))
        return longest * self._random()


def retry_after(header: str | None, now: float) -> float | None:
    """Return how many seconds a `Retry-After` header asks to wait.

    Args:
        header: Seconds or an HTTP date.
        now: Seconds since the Unix epoch.

    Returns:
        None where there is no header, or it is nonsense or past.
    """
    if header is None:
        return None
    text = header.strip()
    seconds = float(text) if _SECONDS.fullmatch(text) else _seconds_until(text, now)
    return seconds if seconds > 0 else None


def _seconds_until(date: str, now: float) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _may_pass(error: BaseException, operation: str) -> bool:
    # An error of the login within another operation has been tried again there already.
    return isinstance(error, _PASSING) and error.operation in {"", operation}


def _is_hopeless(state: RetryCallState, deadline: Deadline) -> bool:
    return (
        state.attempt_number >= _MOST_TRIES
        or (_error(state).retry_after or 0) > _LONGEST_ASKED_WAIT
        or state.upcoming_sleep > deadline.left()
    )


def _error(state: RetryCallState) -> ApiError:
    # Whatever else an attempt raises is not tried again and gets no wait.
    return cast("ApiError", state.outcome and state.outcome.exception())

"""The loop of one poller: waits, polls, and waits the longer the more polls have failed."""

import random
import threading
from time import monotonic

from billing_exporter.genesys import Interrupted
from billing_exporter.polling.poller import Poller
from billing_exporter.polling.state import SUCCESS, State

# A poll that failed is tried again sooner than the interval says, then ever more rarely.
RETRY_SECONDS = 60.0
# Who lacks a permission lacks it for longer.
RETRY_SECONDS_FORBIDDEN = 15 * 60.0
# A secret may be put right at any time, and until then the client asks the login service rarely.
LONGEST_SECONDS_UNAUTHORIZED = 5 * 60.0
# What the API asks to wait is kept to, but a nonsensical time must not end the polls.
LONGEST_ASKED_SECONDS = 60 * 60.0
JITTER = 0.05
# How soon between polls it is noticed that a reading became too old.
LOOK_SECONDS = 60.0


def wait_after(state: State, interval: float, chance: float) -> float:
    """Return the seconds until the next poll.

    Args:
        state: the outcome of the last one.
        interval: the configured seconds between polls.
        chance: a number from 0 to 1 that spreads loops over time.
    """
    spread = 1 + JITTER * (2 * chance - 1)
    if state.outcome == SUCCESS:
        return interval * spread
    first = RETRY_SECONDS_FORBIDDEN if state.outcome == "forbidden" else RETRY_SECONDS
    backoff = first * 2.0 ** min(state.failures - 1, 20)
    if state.outcome == "unauthorized":
        backoff = min(backoff, LONGEST_SECONDS_UNAUTHORIZED)
    asked = min(state.retry_after, LONGEST_ASKED_SECONDS)
    return max(min(backoff, interval) * spread, asked)


class Loop(threading.Thread):
    """Polls one target again and again until it is stopped."""

    def __init__(self, poller: Poller, *, delay: float, stop: threading.Event) -> None:
        target = poller.target
        super().__init__(name=f"{target.organization} {target.collector.name}", daemon=True)
        self.poller = poller
        self._delay = delay
        self._stopped = stop
        self._interval = target.settings.interval.seconds

    def stop(self) -> None:
        """Begin no more polls; one that is under way goes on."""
        self._stopped.set()

    def run(self) -> None:
        """Wait and poll; a poll begins only when the one before has ended."""
        wait = self._delay
        self.poller.expect(wait)
        while not self._is_stopped_within(wait):
            try:
                state = self.poller.poll()
            except Interrupted:
                return
            wait = wait_after(state, self._interval, random.random())  # noqa: S311 - no secret
            self.poller.expect(wait)

    def _is_stopped_within(self, wait: float) -> bool:
        """Wait; meanwhile remove what becomes too old, however long the interval is."""
        until = monotonic() + wait
        while (left := until - monotonic()) > 0:
            if self._stopped.wait(min(left, LOOK_SECONDS)):
                return True
            self.poller.expire()
        return self._stopped.is_set()

"""The state of one sweep over all customers: what was read, what failed, and whose fault it is.

One customer may end: it loses its trust (403) or its data (404), and then its numbers end with the
sweep. When more than half of at least four customers that had numbers end so at once, it is the
API that fails: everyone keeps what was known, and the sweep is a failure.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import msgspec

from billing_exporter.collectors.base import OF_THE_TOKEN
from billing_exporter.collectors.closed_periods import MissingBefore, PackedHistory
from billing_exporter.collectors.overviews import OVERVIEW, Attempt
from billing_exporter.collectors.trustor_overview import Status, TrustorData, TrustorState
from billing_exporter.genesys import ApiError, Timeout, Unauthorized, UnexpectedAnswer

# While nothing succeeds, so many failures are the API failing; fewer where it refuses the token.
HOPELESS_FAILURES = 10
HOPELESS_REFUSALS = 3
# So few are all asked for, whoever fails first: it takes no longer than to ask ten of many.
FEW_CUSTOMERS = 40
# Fewer customers may all end by themselves.
FEWEST_TO_DOUBT = 4

_ENDED: frozenset[Status] = frozenset({"no_data", "forbidden"})
# What the API says of customers that need no numbers; one that is "ok" may have had older ones.
_NOTHING_TO_READ: frozenset[Status | None] = _ENDED | {"disabled"}


class TrustorsData(msgspec.Struct, frozen=True):
    """All customers that are listed.

    Attributes:
        states: who each one is, how the last attempt ended, when it was last read, by id.
        numbers: what is known of those that could be read at some time, by id.
        nameless: rows of the listing without an id.
        history: closed periods, by id; shown of those that have numbers, and kept of the others,
            because what was settled is not known from anywhere else.
    """

    states: dict[str, TrustorState] = {}
    numbers: dict[str, TrustorData] = {}
    nameless: int = 0
    history: dict[str, PackedHistory] = {}

    def without_reading(self) -> int:
        """Return how many customers may have numbers that nobody has read."""
        return len(self.unread())

    def unread(self) -> dict[str, str]:
        """Return the names of customers that may have numbers which nobody has read, by id."""
        return {
            key: state.name
            for key, state in self.states.items()
            if state.status not in _NOTHING_TO_READ and key not in self.numbers
        }

    def missing(self) -> dict[tuple[str, ...], MissingBefore]:
        """Return the days before which closed periods are missing, by name and id.

        Customers whose closed periods have all been read, or were never asked for, are not there.
        """
        return {
            (self.states[key].name, key): history.missing
            for key, history in self.history.items()
            if (history.unread_before or history.withheld_before) and key in self.numbers
        }

    def without_older_than(self, oldest: datetime) -> "TrustorsData":
        """Return the data without numbers that were read before that."""
        old = {
            key
            for key in self.numbers
            if (read := self.states[key].read_at) is not None and read < oldest
        }
        if not old:
            return self
        numbers = {key: each for key, each in self.numbers.items() if key not in old}
        return msgspec.structs.replace(self, numbers=numbers)


class Sweep:
    """Collects the attempts of one sweep.

    Attributes:
        done: how many attempts have ended.
    """

    def __init__(
        self, known: TrustorsData, names: Mapping[str, str], nameless: int, now: datetime
    ) -> None:
        """Begin with what was known.

        Args:
            known: what the sweep before left.
            names: of all customers that are to be read, by id.
            nameless: rows of the listing without an id.
            now: when the poll began.
        """
        self.done = 0
        self._is_small = len(names) <= FEW_CUSTOMERS
        self._now = now
        self._nameless = nameless
        self._states = {**known.states, **{key: _listed(known, key, names[key]) for key in names}}
        self._numbers = {
            key: _named(numbers, self._states[key].name) for key, numbers in known.numbers.items()
        }
        self._history = known.history
        self._had = set(self._numbers)
        self._vanished = self._states.keys() - names.keys()
        self._ended: dict[str, ApiError | None] = {}
        self._answered = 0
        self._failures: list[ApiError] = []
        self._over: ApiError | None = None

    def order(self) -> list[str]:
        """Return the ids of all listed customers in the order to read them.

        A few from all over the list come first, so that neighbours that fail do not look like the
        API failing; then who has no numbers, who was read longest ago, and who failed last time.
        """

        def urgency(key: str) -> tuple[object, ...]:
            state = self._states[key]
            read = state.read_at.timestamp() if state.read_at is not None else 0.0
            return state.status == "error", key in self._numbers, read, key

        every = sorted(self._states.keys() - self._vanished, key=urgency)
        step = max(1, len(every) // HOPELESS_FAILURES)
        probes = every[::step][:HOPELESS_FAILURES]
        chosen = set(probes)
        return [*probes, *(key for key in every if key not in chosen)]

    def note(self, key: str, attempt: Attempt) -> None:
        """Take what came of a customer."""
        self.done += 1
        before, error = self._states[key], attempt.error
        if isinstance(error, Timeout):  # as good as not asked
            self._over = error
            return
        read_at = before.read_at if attempt.numbers is None else self._now
        sentence = "" if error is None else str(error)
        self._states[key] = TrustorState(key, before.name, attempt.status, read_at, sentence)
        if attempt.numbers is not None:
            self._numbers[key] = attempt.numbers
        if attempt.is_fault and error is not None:
            self._failures.append(error)
            if attempt.numbers is not None:
                self._answered += 1
            if isinstance(error, Unauthorized) and _is_of_the_login(error):
                self._over = error  # the login refuses everyone
        elif attempt.status == "disabled":
            self._numbers.pop(key, None)
            self._had.discard(key)
        else:
            self._answered += 1
        if attempt.status in _ENDED and key in self._had:
            self._ended[key] = error

    def is_hopeless(self) -> bool:
        """Return True if there is no use in asking for more customers."""
        if self._over is not None:
            return True
        if self._answered:
            return False
        if sum(map(_is_of_the_login, self._failures)) >= HOPELESS_REFUSALS:
            return True
        refusals = sum(isinstance(error, OF_THE_TOKEN) for error in self._failures)
        return not self._is_small and (
            len(self._failures) >= HOPELESS_FAILURES or refusals >= HOPELESS_REFUSALS
        )

    def end(self) -> ApiError | None:
        """End the numbers of customers that have none any more, unless it is the API that fails.

        Returns:
            Why the sweep is a failure, or None where it is none.
        """
        failure = self._over or self._doubt() or self._nothing()
        if failure is None:
            for key in self._ended:
                del self._numbers[key]
            for key in self._vanished:
                del self._states[key]
                self._numbers.pop(key, None)
        return failure

    def data(self) -> TrustorsData:
        """Return what is known now."""
        history = {key: each for key, each in self._history.items() if key in self._states}
        return TrustorsData(dict(self._states), dict(self._numbers), self._nameless, history)

    def _doubt(self) -> ApiError | None:
        """Return an error if more customers ended at once than can have ended by themselves."""
        vanished = self._vanished & self._had
        lost = len(self._ended) + len(vanished)
        if len(self._had) < FEWEST_TO_DOUBT or 2 * lost <= len(self._had):
            return None
        if len(vanished) > len(self._ended):
            return UnexpectedAnswer("most customers that had numbers are not listed any more")
        kinds = Counter(type(error) for error in self._ended.values())
        (kind, _), *_others = kinds.most_common(1)
        errors = (error for error in self._ended.values() if type(error) is kind)
        return next(errors) or UnexpectedAnswer("most overviews are empty", operation=OVERVIEW)

    def _nothing(self) -> ApiError | None:
        """Return the last error if customers failed and not one was answered for."""
        if self._answered or not self._failures:
            return None
        alone = len(self._failures) == 1
        return (
            None
            if alone and not isinstance(self._failures[0], OF_THE_TOKEN)
            else (self._failures[-1])
        )


def _is_of_the_login(error: ApiError) -> bool:
    return error.operation != OVERVIEW


def _listed(known: TrustorsData, key: str, name: str) -> TrustorState:
    before = known.states.get(key)
    if before is None:
        return TrustorState(key, name)
    return before if before.name == name else msgspec.structs.replace(before, name=name)


def _named(numbers: TrustorData, name: str) -> TrustorData:
    return numbers if numbers.name == name else msgspec.structs.replace(numbers, name=name)

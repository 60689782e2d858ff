"""Collectors in general: how one fetches a billing subject, and what that becomes as samples."""

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar, cast

from billing_exporter.collectors.ledger import NO_LEDGER, Ledger
from billing_exporter.genesys import (
    ApiError,
    BillingApi,
    Forbidden,
    RateLimited,
    Timeout,
    Unauthorized,
    UnexpectedAnswer,
)
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples

# After so many refusals in a row an operation refuses the client, not one thing. What is forbidden
# takes one quick request, and the first ones of a listing may all be another organization's.
REFUSALS_IN_A_ROW = 3
FORBIDDEN_IN_A_ROW = 40
IDLE_SECONDS = 1.0
# These may concern one thing alone, but where nothing succeeds they concern the whole token.
OF_THE_TOKEN = (RateLimited, Unauthorized)

Data = TypeVar("Data")
Part = TypeVar("Part")
Entity = TypeVar("Entity")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Poll(Generic[Data]):
    """One poll: all that a fetch may use.

    Attributes:
        api: the client of one organization.
        now: the time of the poll, UTC.
        previous: what the last good poll fetched, for what need not be fetched again.
        progress: takes how many of how many things are fetched; raises where the poll must end.
        tolerate: counts and logs the failure of one thing among many, and which.
        publish: shows what has been read although the poll fails.
        offer: shows what has been read so far, if it is time to; takes what returns it. Returns
            whether all of it is shown, and saved where readings are kept.
        ledger: keeps what readings do not.
        ended: what was known until it became older than ``max_age``, where nothing is since; only
            what does not age may be taken from it, such as closed periods.
    """

    api: BillingApi
    now: datetime
    previous: Data | None
    progress: Callable[[int, int], None]
    tolerate: Callable[[ApiError, str], None]
    publish: Callable[[Data], None]
    offer: Callable[[Callable[[], Data]], bool]
    ledger: Ledger = NO_LEDGER
    ended: Data | None = None


class Details:
    """Asks one operation for many things of which each may fail alone.

    A poll that is out of time stays so: the rest is not asked for, and left out as one. The same
    where the API forbids again and again, asks to wait, or refuses the credentials, and nothing
    has succeeded.

    Attributes:
        refusal: the error that must end the poll once what was read is published, if any.
    """

    def __init__(self, poll: Poll[Any]) -> None:
        self._poll = poll
        self._refusals = 0
        self._succeeded = False
        self._over = False
        self.refusal: ApiError | None = None

    def ask(self, operation: Callable[[], Result], about: str) -> Result | None:
        """Return the operation's answer, or None where there is none.

        Raises:
            ApiError: it is no failure of one thing.
        """
        if self._over:
            return None
        try:
            result = operation()
        except ApiError as error:
            self._note(error.with_traceback(None))
            self._poll.tolerate(error, f"{about} and all after it" if self._over else about)
            return None
        self._refusals, self._succeeded, self.refusal = 0, True, None
        return result

    def _note(self, error: ApiError) -> None:
        of_the_token = isinstance(error, OF_THE_TOKEN)
        refused = (isinstance(error, Forbidden) or of_the_token) and not self._succeeded
        self._refusals = self._refusals + 1 if refused else 0
        most = REFUSALS_IN_A_ROW if of_the_token else FORBIDDEN_IN_A_ROW
        self._over = isinstance(error, Timeout) or self._refusals >= most
        if of_the_token and not self._succeeded:
            self.refusal = error


def refuse_emptied(before: Sized | None, now: Sized, what: str) -> None:
    """Refuse rows that are all gone where there were some: that is a failure of the API.

    Rows that stay gone are believed once those before are older than ``max_age``.

    Raises:
        UnexpectedAnswer: they are.
    """
    if before and not now:
        raise UnexpectedAnswer(f"the {what} has no rows any more")


def concluded(poll: Poll[Data], data: Data, *details: Details) -> Data:
    """Return what a poll has read, unless the API refused all details of a kind.

    Raises:
        ApiError: it did; the data is published nevertheless.
    """
    for each in details:
        if each.refusal is not None:
            poll.publish(data)
            raise each.refusal
    return data


class Collector(Protocol[Data, Part]):
    """One billing subject.

    Attributes:
        name: the ``collector`` label and the key in the configuration.
        metrics: all that it may expose.
        data: the record that it fetches.
    """

    name: str
    metrics: tuple[Metric, ...]
    data: type[Data]

    def fetch(self, poll: Poll[Data]) -> Data:
        """Ask the API for everything.

        Raises:
            ApiError: the subject cannot be read; what was published stays.
        """

    def fresh(self, data: Data, now: datetime) -> Data:
        """Return the data without those details that are older than ``max_age``. Pure.

        Data of which nothing is too old is returned as it is.
        """

    def parts(self, data: Data) -> Mapping[str, Part]:
        """Divide the data into parts whose samples do not depend on each other.

        A part that equals the one of the last reading is not exposed and rendered again.
        """

    def expose(self, part: Part) -> Samples:
        """Return what a part means, as samples. Pure."""


def side_by_side(
    work: Callable[[Entity], Result],
    entities: Iterable[Entity],
    concurrency: int,
    idle: Callable[[], object] = lambda: None,
) -> Iterator[tuple[Entity, Result]]:
    """Yield each entity with what the work makes of it, as they come, several at a time.

    While none comes, ``idle`` is called each second, where the results are taken.

    None is begun before there is room for it, so that whatever ends the iteration ends it at once.
    The threads are daemons, for a program that ends must not wait for answers from far away.

    Raises:
        Exception: what the work raises, or ``idle``.
    """
    waiting = iter(entities)
    begun: SimpleQueue[list[Entity]] = SimpleQueue()
    done: SimpleQueue[tuple[Entity, Result | None, Exception | None]] = SimpleQueue()

    def worker() -> None:
        for (entity,) in iter(begun.get, []):
            try:
                done.put((entity, work(entity), None))
            except Exception as error:  # noqa: BLE001 - it is raised where the results are taken
                done.put((entity, None, error))

    workers = 0
    try:
        for entity in islice(waiting, concurrency):
            begun.put([entity])
            threading.Thread(target=worker, daemon=True).start()
            workers += 1
        running = workers
        while running:
            try:
                entity, result, error = done.get(timeout=IDLE_SECONDS)
            except Empty:
                idle()
                continue
            if error is not None:
                raise error
            yield entity, cast(Result, result)
            following = list(islice(waiting, 1))
            if following:
                begun.put(following)
            else:
                running -= 1
    finally:
        for _ in range(workers):
            begun.put([])


def once_each(
    entities: Iterable[Entity], identity: Callable[[Entity], Hashable | None]
) -> list[Entity]:
    """Return the entities with those of the same identity once, as last given.

    A page may repeat an entity when the listing changes while it is read. What is another one must
    have another identity, even where the API gives both the same id. Entities without an identity
    are all kept: who exposes them counts them as unreadable.
    """
    known: dict[Hashable, Entity] = {}
    nameless = []
    for entity in entities:
        key = identity(entity)
        if key is None or (isinstance(key, str) and not key.strip()):
            nameless.append(entity)
        else:
            known[key] = entity
    return [*known.values(), *nameless]


def label(text: str | None) -> str:
    """Return text as a label value: without white space around it, empty where there is none."""
    return "" if text is None else text.strip()

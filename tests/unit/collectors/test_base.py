"""What collectors share: repeated entities, label texts, and work done side by side."""

import threading
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors.base import Details, Poll, label, once_each, side_by_side
from billing_exporter.genesys import ApiError, Forbidden, NotFound, RateLimited, Timeout
from tools.testkit.recorded_api import billing_api

Entity = tuple[str | None, int]


def identity(entity: Entity) -> str | None:
    """Return the first of two."""
    return entity[0]


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers())))
def test_an_entity_is_there_once_as_last_given(entities: list[Entity]) -> None:
    """Of the entities with one identity the last one stays; those without one all stay."""
    kept = once_each(entities, identity)
    assert dict(entity for entity in kept if entity[0]) == {
        name: value for name, value in entities if name
    }
    named = [name for name, _ in kept if name]
    assert len(named) == len(set(named))
    nameless = [entity for entity in entities if entity[0] is None]
    assert [entity for entity in kept if entity[0] is None] == nameless


def test_a_blank_identity_is_none() -> None:
    """Entities with an empty id are not one entity."""
    entities: list[Entity] = [("", 1), (" ", 2), ("", 1)]
    assert once_each(entities, identity) == entities


@pytest.mark.parametrize(
    ("text", "shown"), [(None, ""), ("", ""), (" \t\n", ""), ("  two  words ", "two  words")]
)
def test_a_label_has_no_white_space_around_it(text: str | None, shown: str) -> None:
    """Absence is an empty label, as it is for Prometheus."""
    assert label(text) == shown


@given(
    entities=st.lists(st.integers(), max_size=20),
    concurrency=st.integers(1, 5),
)
def test_work_side_by_side_is_all_the_work(entities: list[int], concurrency: int) -> None:
    """Every entity comes back with what became of it, in whatever order."""
    done = list(side_by_side(lambda entity: entity * 2, entities, concurrency))
    assert Counter(done) == Counter((entity, entity * 2) for entity in entities)


def test_no_more_than_allowed_is_worked_on() -> None:
    """Not one entity is begun before there is room for it, and none after the end."""
    begun: list[int] = []
    found = side_by_side(begun.append, range(10), 1)
    next(found)
    assert begun == [0]
    next(found)
    assert begun == [0, 1]
    found.close()  # type: ignore[attr-defined]
    assert begun == [0, 1]


def test_work_is_done_at_the_same_time() -> None:
    """As many threads as allowed work together."""
    together = threading.Barrier(3, timeout=30)
    done = side_by_side(lambda _: together.wait(), range(3), 3)
    assert sorted(result for _, result in done) == [0, 1, 2]


def test_while_no_work_ends_there_is_something_to_do() -> None:
    """What is to be done meanwhile is done where the results are taken, and may raise."""
    waiting = threading.Event()
    assert list(side_by_side(lambda _: waiting.wait(30), [1], 1, waiting.set)) == [(1, True)]

    def stop() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        list(side_by_side(lambda _: threading.Event().wait(5), [1], 1, stop))


def test_an_error_of_the_work_is_raised() -> None:
    """What the work raises arrives at who takes the results, and nothing more is begun."""
    begun: list[int] = []

    def work(entity: int) -> None:
        begun.append(entity)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        list(side_by_side(work, range(10), 1))
    assert begun == [0]


def asked(*answers: str | ApiError) -> tuple[list[str | None], list[str]]:
    """Return what comes of asking for each in turn, and what the poll receives."""
    reported: list[str] = []

    def tolerate(error: ApiError, about: str) -> None:
        reported.append(f"{error.reason}: {about}")

    poll: Poll[None] = Poll(
        billing_api(),
        datetime(2026, 11, 23, tzinfo=UTC),
        None,
        lambda *_: None,
        tolerate,
        lambda _: None,
        lambda _: True,
    )
    details = Details(poll)

    def ask(number: int, answer: str | ApiError) -> str | None:
        def operation() -> str:
            if isinstance(answer, ApiError):
                raise answer
            return answer

        return details.ask(operation, f"thing {number}")

    return [ask(number, answer) for number, answer in enumerate(answers)], reported


def test_a_detail_that_fails_is_left_out() -> None:
    """The others are asked for, however many have failed in whatever other way."""
    failures = (NotFound("no"), Forbidden("no"), Forbidden("no"))
    found, reported = asked(*failures, "a", *failures, NotFound("no"), "b")
    assert found == [None, None, None, "a", None, None, None, None, "b"]
    assert reported[0] == "not_found: thing 0"
    assert len(reported) == 7


@pytest.mark.parametrize(
    ("errors", "line"),
    [
        ([Forbidden("no")] * 40, "forbidden: thing 39 and all after it"),
        ([RateLimited("no")] * 3, "rate_limited: thing 2 and all after it"),
        ([Timeout("no")], "timeout: thing 0 and all after it"),
    ],
)
def test_what_can_only_fail_is_not_asked_for(errors: list[ApiError], line: str) -> None:
    """After 40 that are forbidden, three refusals of the token, or out of time, the rest is not."""
    found, reported = asked(*errors, "never asked for", "nor this")
    assert found == [None] * (len(errors) + 2)
    assert reported[-1] == line
    assert len(reported) == len(errors)

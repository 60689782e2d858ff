"""Harness of the fuzzing: its targets, and how many inputs each gets."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True)
class Target:
    """Something that reads what others wrote.

    Attributes:
        name: what it reads.
        inputs: what is thrown at it.
        check: takes one input; raises AssertionError, or anything else, where a law is broken.
        holds: the law, in a few words.
        share: how many inputs it gets, relative to the others.
    """

    name: str
    inputs: SearchStrategy[Any]
    check: Callable[[Any], None]
    holds: str
    share: int = 1


@dataclass(frozen=True)
class Run:
    """How many inputs a target took, and in how long; ``found`` is what broke its law, if any."""

    target: Target
    inputs: int
    seconds: float
    found: str | None


def one_input(target: Target) -> Callable[[bytes], object]:
    """Return what makes an input of any bytes and throws it at a target, for other fuzzers."""

    @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(target.inputs)
    def each(value: Any) -> None:
        target.check(value)

    made: Callable[[bytes], object] = cast(Any, each).hypothesis.fuzz_one_input
    return made


def fuzz(target: Target, inputs: int, number: int) -> Run:
    """Throw so many inputs at a target; the same number chooses the same ones."""
    taken = 0

    @seed(number)
    @settings(
        max_examples=inputs,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs)
    def each(value: Any) -> None:
        nonlocal taken
        taken += 1
        target.check(value)

    began, found = time.monotonic(), None
    try:
        each()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what was looked for
        notes = "\n".join(getattr(error, "__notes__", ()))
        found = f"{type(error).__name__}: {error}\n{notes}"
    return Run(target, taken, time.monotonic() - began, found)

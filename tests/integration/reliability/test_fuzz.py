"""Fuzzing, in short: the long run is ``python -m tools.reliability fuzz``."""

import logging
from collections.abc import Iterator

import pytest

from tools.reliability.fuzz.answers import CONVERSATION, DECODING
from tools.reliability.fuzz.configuration import CONFIGURATION, ENVIRONMENT, WEB
from tools.reliability.fuzz.harness import Target, fuzz
from tools.reliability.fuzz.polls import POLLS
from tools.reliability.fuzz.state import STATE
from tools.reliability.fuzz.targets import targets
from tools.reliability.fuzz.wire import exchange, said_to, target

INPUTS = 80
QUIET = (DECODING, CONVERSATION, POLLS, CONFIGURATION, ENVIRONMENT, WEB, STATE)


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Return nothing of inputs that are wrong on purpose."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("each", QUIET, ids=lambda each: each.name)
def test_whatever_is_read(each: Target) -> None:
    """Whatever others write, what reads it keeps its law."""
    run = fuzz(each, INPUTS, number=7)
    assert run.found is None, run.found
    assert run.inputs >= INPUTS


def test_whatever_is_sent() -> None:
    """Whatever comes over a socket, it is answered or refused, and the next client is served."""
    with exchange() as server:
        run = fuzz(target(server.port), INPUTS, number=7)
    assert run.found is None, run.found


def test_a_broken_law_is_found() -> None:
    """The harness is no rubber stamp: a law that does not hold is reported with its input."""

    def check(body: bytes) -> None:
        assert b"n" not in body

    broken = Target(DECODING.name, POLLS.inputs.map(repr).map(str.encode), check, "none")
    run = fuzz(broken, INPUTS, number=1)
    assert run.found is not None
    assert "AssertionError" in run.found


def test_every_target_is_in_the_long_run() -> None:
    """What is fuzzed here in short is fuzzed there at length."""
    with targets() as every:
        assert {each.name for each in QUIET} < {each.name for each in every}
        assert len(every) == len(QUIET) + 1


def test_a_good_request_among_bad_ones() -> None:
    """What the fuzzing of requests takes for a sign of life is one."""
    with exchange() as server:
        answer = said_to(server.port, b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")

"""All targets, and a run over all of them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tools.reliability.fuzz.answers import CONVERSATION, DECODING
from tools.reliability.fuzz.configuration import CONFIGURATION, ENVIRONMENT, WEB
from tools.reliability.fuzz.harness import Run, Target, fuzz
from tools.reliability.fuzz.polls import POLLS
from tools.reliability.fuzz.state import STATE
from tools.reliability.fuzz.wire import exchange, target


@contextmanager
def targets() -> Iterator[tuple[Target, ...]]:
    """Give all targets, for as long as the server lives that one of them talks to."""
    quiet = (DECODING, CONVERSATION, POLLS, CONFIGURATION, ENVIRONMENT, WEB, STATE)
    with exchange() as server:
        yield (*quiet, target(server.port))


def fuzz_all(inputs: int, number: int) -> Iterator[Run]:
    """Share inputs out among all targets, and yield the runs as they end."""
    logging.disable(logging.CRITICAL)  # what is wrong with the inputs is their purpose
    try:
        with targets() as every:
            shares = sum(target.share for target in every)
            for each in every:
                yield fuzz(each, -(-inputs * each.share // shares), number)
    finally:
        logging.disable(logging.NOTSET)

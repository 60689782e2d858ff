"""What the tests share: one default world, and one simulator that holds still."""

from collections.abc import Iterator

import pytest

from billing_exporter.simulator import World
from tests.simulator.client import Client, connected


@pytest.fixture(scope="session")
def world() -> World:
    """The default world."""
    return World(1, 12)


@pytest.fixture(scope="module")
def running() -> Iterator[Client]:
    """A simulator that lasts for a module, with a client."""
    with connected() as client:
        yield client


@pytest.fixture
def client(running: Client) -> Client:
    """The module's client, with no faults."""
    running.faults()
    return running

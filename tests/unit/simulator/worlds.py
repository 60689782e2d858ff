"""What the tests share: one default world, one simulator that holds still, the official SDK."""

import warnings
from collections.abc import Iterator
from types import ModuleType

import pytest

from billing_exporter.simulator import World
from tests.unit.simulator.client import Client, connected


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


@pytest.fixture(scope="session")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The SDK, with a home of its own, so that it reads nothing else and watches no file."""
    home = tmp_path_factory.mktemp("home")
    (home / ".genesyscloudpython").mkdir()
    (home / ".genesyscloudpython" / "config").write_text("[general]\nlive_reload_config = false\n")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv("HOME", str(home))
        warnings.simplefilter("ignore")
        import PureCloudPlatformClientV2  # noqa: PLC0415 - it takes two seconds, and warns

        found: ModuleType = PureCloudPlatformClientV2
        return found

"""The simulated worlds for the tests of this folder."""

from tests.unit.simulator.worlds import client, running, sdk, world

__all__ = ["client", "running", "sdk", "world"]

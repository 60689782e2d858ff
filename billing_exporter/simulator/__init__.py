"""An imitation of the Genesys Cloud billing API over real HTTP, for demos and tests.

It imports nothing else of this package, so that it cannot agree with its errors.
"""

from billing_exporter.simulator.faults import FAULTS
from billing_exporter.simulator.options import Options
from billing_exporter.simulator.server import Simulator
from billing_exporter.simulator.world import World

__all__ = ["FAULTS", "Options", "Simulator", "World"]

"""Customers of a partner: overviews of the simulator's world, as many as are wanted.

A few dozen customers are made in full; the others are copies of them with an id and a name of their
own, so that ten thousand need little memory.
"""

import json
from datetime import date
from itertools import islice

from billing_exporter.simulator.trustors import Trustor
from billing_exporter.simulator.world import World
from tools.bench.world import identifier, json_bytes

TEMPLATES = 48
PERIODS = 2
"""The newest and the one before, as the exporter reads by default."""
_SEED = 1


class Customers:
    """The listing and the overviews of so many customers, all of them readable."""

    def __init__(self, count: int, today: date) -> None:
        """Make the templates."""
        self.count = count
        world = World(_SEED, 2 * TEMPLATES)
        readable = (each for each in world.fleet if world.overview(each, PERIODS - 1, today))
        self._templates = [_bodies(world, each, today) for each in islice(readable, TEMPLATES)]

    def listing(self) -> bytes:
        """Return the only page of the listing."""
        entities = [
            {
                "id": identifier(number),
                "enabled": True,
                "organization": {"id": identifier(number), "name": name(number)},
            }
            for number in range(self.count)
        ]
        return json_bytes({"entities": entities, "pageNumber": 1, "pageCount": 1})

    def overview(self, number: int, period: int) -> bytes:
        """Return a customer's overview of a period; 0 is the newest."""
        template_id, template_name, bodies = self._templates[number % len(self._templates)]
        body = bodies[period].replace(template_id, identifier(number).encode())
        return body.replace(template_name, json.dumps(name(number)).encode())


def name(number: int) -> str:
    """Return the name of a customer."""
    return f"Customer number {number:05} GmbH"


def _bodies(world: World, trustor: Trustor, today: date) -> tuple[bytes, bytes, list[bytes]]:
    overviews = [world.overview(trustor, index, today) for index in range(PERIODS)]
    own = trustor.organization
    return own.id.encode(), json.dumps(own.name).encode(), [json_bytes(each) for each in overviews]

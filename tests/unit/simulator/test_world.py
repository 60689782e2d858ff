"""A world is a function of its seed and of time."""

import hashlib
import json
import os
import subprocess
import sys
from datetime import timedelta

from billing_exporter.simulator import World
from tests.unit.simulator.client import MOMENT, TODAY

PROGRAM = """
import hashlib, json
from datetime import UTC, datetime
from billing_exporter.simulator import World
summary = World(7, 12).summary(datetime(2026, 11, 23, 9, 30, tzinfo=UTC), 12)
print(hashlib.sha256(json.dumps(summary).encode()).hexdigest())
"""


def test_another_process_makes_the_same_world() -> None:
    """The same seed and moment give the same bytes in another process with another hash seed."""
    here = json.dumps(World(7, 12).summary(MOMENT, 12)).encode()
    there = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert there.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_seeds_make_different_worlds(world: World) -> None:
    """Another seed is another world."""
    assert World(2, 12).summary(MOMENT, 12) != world.summary(MOMENT, 12)


def test_numbers_change_once_a_day(world: World) -> None:
    """Within a day nothing changes, on the next day something does."""
    trustor = world.fleet[0]
    today = world.overview(trustor, 0, TODAY)
    assert world.overview(trustor, 0, (MOMENT + timedelta(hours=14)).date()) == today
    assert world.overview(trustor, 0, TODAY + timedelta(days=1)) != today


def test_a_world_without_customers_is_still_a_world() -> None:
    """With no trustors the partner stands for itself in contracts and invoices."""
    world = World(1, 0)
    summary = world.summary(MOMENT, 100)
    assert summary["trustors"] == []
    assert set(summary["invoices"]) == {"USD", "EUR", "GBP"}
    lines = world.statements.lines(world.statements.all(TODAY)[0])
    assert {line.organization for line in lines} == {world.partner}


def test_the_summary_tells_what_is_unpaid(world: World) -> None:
    """Unpaid counts and sums are those of the invoices as they are written."""
    written = [world.statements.invoice(i, TODAY) for i in world.statements.all(TODAY)]
    unpaid = [
        i for i in written if i["currencyIsoCode"] == "EUR" and i["paymentStatus"] == "Unpaid"
    ]
    reported = world.summary(MOMENT, 0)["invoices"]["EUR"]
    assert reported["unpaid"] == len(unpaid) > 0
    assert float(reported["unpaidAmount"]) == round(sum(i["amount"] for i in unpaid), 2)

"""The soak, in short: the long run is ``python -m tools.reliability soak``."""

import random
from dataclasses import replace

import pytest

from billing_exporter.simulator.faults import parse
from tools.reliability.chaos import some_faults
from tools.reliability.figures import failures, reported
from tools.reliability.leak_trend import Figures, line_through
from tools.reliability.outcome import Attempt, Outcome, Scrapes
from tools.reliability.soak import Plan, soak
from tools.testkit.components import require

# After each of these an exporter is well again as soon as it ends.
QUICK = ("html", "400", "truncated", "cut", "drip", "small_pages", "nulls", "renamed_keys")
BEFORE = Figures(seconds=0, memory=50, threads=9, descriptors=17)


def quick_faults(chance: random.Random) -> list[str]:
    """Choose faults that nobody waits for."""
    drip = ":*:seconds=0.2"
    return [f"{name}{drip if name == 'drip' else ''}" for name in chance.sample(QUICK, 2)]


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """What some seconds of disturbance show."""
    require("prometheus-3")
    plan = Plan(seconds=8, scale=4000, trustors=4, faults=quick_faults, turmoil=4)
    return soak(plan, lambda _: None)


def test_nothing_is_found(outcome: Outcome) -> None:
    """Under faults, reloads and rotations no scrape of a real Prometheus fails, all numbers are
    true again once all is well, and nothing is left behind.
    """
    assert failures(outcome) == []
    assert outcome.agreements >= 3
    assert outcome.scrapes.count > 5
    assert outcome.disturbances


def test_the_figures_are_told(outcome: Outcome) -> None:
    """What is published has every figure."""
    text = reported(outcome)
    for word in ("simulated time", "scrapes by Prometheus", "memory over time", "MiB an hour"):
        assert word in text


def test_a_line_through_points() -> None:
    """The slope is that of the least squares, in an hour."""
    line = line_through([0, 1, 2, 3], [5, 6, 7, 8])
    assert (line.slope, line.mean, line.least, line.most) == (3600, 6.5, 5, 8)
    assert line_through([7], [5]).slope == 0


def test_faults_are_ones_that_the_simulator_knows() -> None:
    """Whatever chance chooses can be shown."""
    chance = random.Random(1)  # noqa: S311 - no secret
    for _ in range(300):
        for text in some_faults(chance):
            parse(text)


def scrapes(**lost: float) -> Scrapes:
    """Return a minute of scrapes, of which some failed, or took longer, at a second."""
    failed, slow = lost.get("failed"), lost.get("slow")
    return Scrapes(
        tuple(
            Attempt(at, seconds=0.7 if at == slow else 0.1, succeeded=at != failed)
            for at in range(60)
        )
    )


WELL = scrapes()
OUTCOME = Outcome(
    simulated=("", ""),
    agreements=3,
    disagreements=[],
    disturbances={},
    scrapes=WELL,
    beside=WELL,
    watched=60,
    faults=[],
    tracebacks=[],
    polls={},
    calm=(BEFORE, BEFORE),
    lines={},
)


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (replace(BEFORE, memory=70, threads=10, descriptors=20), []),
        (replace(BEFORE, memory=90), ["memory grew"]),
        (replace(BEFORE, threads=12), ["threads or descriptors were left behind"]),
        (replace(BEFORE, descriptors=22), ["threads or descriptors were left behind"]),
    ],
)
def test_growth_is_found(after: Figures, found: list[str]) -> None:
    """An exporter that holds more in the end than it may is one that fails the soak."""
    outcome = replace(OUTCOME, calm=(BEFORE, after))
    assert [line.partition(":")[0] for line in failures(outcome)] == found


@pytest.mark.parametrize(
    ("beside", "found"),
    [
        (WELL, 2),  # neither as many lost, nor any at that time
        (scrapes(failed=10), 1),  # as many, but long before
        (scrapes(slow=34), 1),  # at that time, but none lost
        (scrapes(failed=34), 0),
        (scrapes(failed=10, slow=34), 0),
    ],
)
def test_a_lost_scrape_needs_an_excuse(beside: Scrapes, found: int) -> None:
    """A scrape may be lost only while the machine has no time for a file server either, and no
    more of them than that lost.
    """
    outcome = replace(OUTCOME, scrapes=scrapes(failed=30), beside=beside)
    assert len(failures(outcome)) == found

"""Spread requests: evenly spaced, without catching up on what was late."""

import threading

from billing_exporter.genesys.spread import Spread
from tools.testkit.recorded_api import FakeClock


def test_moments_are_evenly_spaced() -> None:
    """The first passes at once, each next one a spacing later."""
    clock = FakeClock()
    start, spread = clock.monotonic(), Spread(clock, 1.5)
    moments = []
    for _ in range(4):
        spread.wait()
        moments.append(clock.monotonic() - start)
    assert moments == [0, 1.5, 3, 4.5]


def test_who_is_late_is_not_followed_by_a_burst() -> None:
    """After a pause the next moments are spaced from then on."""
    clock = FakeClock()
    spread = Spread(clock, 1)
    spread.wait()
    clock.wait(10)
    begin = clock.monotonic()
    for _ in range(3):
        spread.wait()
    assert clock.monotonic() - begin == 2


def test_without_a_spacing_nobody_waits() -> None:
    """A spacing of zero lets everyone pass, from any thread."""
    clock = FakeClock()
    start, spread = clock.monotonic(), Spread(clock, 0)
    threads = [threading.Thread(target=spread.wait) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.monotonic() == start

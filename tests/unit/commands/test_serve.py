"""Command ``serve``: what it sets for its process before anything runs."""

import sys
from collections.abc import Iterator

import pytest

from billing_exporter.cli import main
from billing_exporter.commands.serve import SWITCH_SECONDS


@pytest.fixture
def _restored() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_restored")
def test_a_scrape_does_not_wait_long_for_threads_that_read() -> None:
    """Threads take turns more often than Python has them do."""
    sys.setswitchinterval(0.005)
    assert main(["serve", "--config.file", "missing.yml"]) == 1
    assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
    assert SWITCH_SECONDS < 0.005

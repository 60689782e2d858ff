"""The simulated year that all tests of the export share."""

from collections.abc import Iterator

import pytest

from tools.testkit.simulated_year import Year, simulated_year


@pytest.fixture(scope="package")
def year() -> Iterator[Year]:
    """The year of a partner with six customers."""
    with simulated_year() as found:
        yield found

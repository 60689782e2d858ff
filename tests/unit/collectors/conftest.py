"""What the tests of the collectors share."""

from collections.abc import Iterator

import pytest

from tests.unit.collectors.api_stub import Cloud, imitated


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Imitate Genesys Cloud."""
    with imitated() as it:
        yield it

"""What the tests of the history share."""

from collections.abc import Iterator

import pytest

from tests.unit.collectors.api_stub import ApiStub, imitated


@pytest.fixture
def cloud() -> Iterator[ApiStub]:
    """Imitate Genesys Cloud."""
    with imitated() as it:
        yield it

"""What the tests of the collectors share."""

from collections.abc import Iterator

import pytest
import responses

from tests.collectors.cloud import Cloud


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Imitate Genesys Cloud; no other address can be reached."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Cloud(mock)

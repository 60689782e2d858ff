"""Fixtures of the client's tests."""

from collections.abc import Iterator

import pytest
import responses


@pytest.fixture
def mocked() -> Iterator[responses.RequestsMock]:
    """Return a network on which only the registered answers exist."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock

"""Fixtures of the client's tests."""

from collections.abc import Iterator

import pytest
import responses

from tools.testkit.recorded_api import TOKEN, TOKEN_URL


@pytest.fixture
def mocked() -> Iterator[responses.RequestsMock]:
    """Return a network on which only the registered answers exist."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def service(mocked: responses.RequestsMock) -> responses.RequestsMock:
    """Return a network with a login."""
    mocked.post(TOKEN_URL, json={"access_token": TOKEN, "expires_in": 86_400})
    return mocked

"""Tests of the family of errors."""

import copy
import pickle

import pytest

from billing_exporter.genesys import errors
from billing_exporter.genesys.errors import ApiError, Interrupted, UnexpectedAnswer

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ApiError) and kind is not ApiError
]


def test_reasons_are_the_names() -> None:
    """A reason is the error's name in snake case, and all are different."""
    reasons = {kind.reason for kind in KINDS}
    assert len(reasons) == len(KINDS) == 10
    for kind in KINDS:
        assert kind.reason.replace("_", "") == kind.__name__.lower()


@pytest.mark.parametrize("kind", KINDS)
def test_errors_survive_a_copy(kind: type[ApiError]) -> None:
    """Pickled and copied errors keep their kind, their text and all their facts."""
    error = kind(
        "it failed",
        operation="get_billing_contracts",
        status=418,
        code="some.code",
        correlation_id="c-1",
        retry_after=7.5,
    )
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own
        assert type(other) is kind
        assert vars(other) == vars(error)
        assert str(other) == str(error) == "it failed (HTTP 418, some.code)"


def test_text_without_facts_is_the_message() -> None:
    """An error without status and code reads as its message alone."""
    assert str(ApiError("it failed")) == "it failed"


def test_unexpected_answer_keeps_its_path() -> None:
    """An unexpected answer says where, by default the whole answer."""
    assert UnexpectedAnswer("odd").path == "$"
    error = pickle.loads(pickle.dumps(UnexpectedAnswer("odd", path="$.usages")))  # noqa: S301 - our own
    assert error.path == "$.usages"


def test_interruption_is_no_api_error() -> None:
    """Who handles errors of the API does not swallow a stop."""
    assert not issubclass(Interrupted, ApiError)

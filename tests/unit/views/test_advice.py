"""Advice for every error and state there is."""

import inspect
from typing import get_args

from billing_exporter.collectors.trustor_overview import STATUSES
from billing_exporter.genesys import errors
from billing_exporter.views.advice import BY_REASON, BY_STATE, MEANING
from billing_exporter.web.records import CUSTOMER_STATES, CustomerState


def test_every_reason_has_advice() -> None:
    """Every reason of a failed poll has an action."""
    kinds = inspect.getmembers(errors, inspect.isclass)
    reasons = {
        kind.reason
        for _, kind in kinds
        if issubclass(kind, errors.ApiError) and kind is not errors.ApiError
    }
    assert set(BY_REASON) == {*reasons, "crashed"}
    assert all(advice.endswith(".") for advice in BY_REASON.values())


def test_every_state_has_advice() -> None:
    """Every state of a customer but ok has a meaning and an action."""
    assert set(CUSTOMER_STATES) == {*STATUSES, "unread"} == set(get_args(CustomerState))
    for said in (BY_STATE, MEANING):
        assert {state for state, text in said.items() if not text} == {"ok"}

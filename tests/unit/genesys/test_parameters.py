"""Tests of what each operation can be asked in text."""

from datetime import UTC, date, datetime

import pytest

from billing_exporter.genesys import OPERATIONS, BillingApi, parameters


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_described(operation: str) -> None:
    """Every operation is a method with a docstring, and every parameter has a help text."""
    assert getattr(BillingApi, operation).__doc__
    assert all(parameter.help for parameter in parameters(operation))


def test_path_parameters_are_required() -> None:
    """What stands in an operation's path is required, and so is a report's window."""
    required = {
        name: {each.name for each in parameters(name) if each.required} for name in OPERATIONS
    }
    for name, operation in OPERATIONS.items():
        in_path = {each.name for each in parameters(name) if f"{{{each.name}}}" in operation.path}
        window = {"start_date", "end_date"} if "billableusage" in name else set()
        assert required[name] == in_path | window


def test_values_are_read_from_text() -> None:
    """Numbers, days and moments are read from text."""
    known = {each.name: each.read for name in OPERATIONS for each in parameters(name)}
    assert known["billing_period_index"]("2") == 2
    assert known["date_start"]("2026-11-23") == date(2026, 11, 23)
    assert known["start_date"]("2026-11-23T00:00:00Z") == datetime(2026, 11, 23, tzinfo=UTC)
    with pytest.raises(ValueError, match="many"):
        known["page_size"]("many")

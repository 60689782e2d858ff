"""Failures of a poll as pages and the log report them."""

from billing_exporter.genesys import ApiError


def sentence_of(error: Exception) -> str:
    """Return what a page shows of an error; that of a fault of ours could hold anything."""
    return str(error) if isinstance(error, ApiError) else type(error).__name__


def facts_of(error: Exception) -> dict[str, str]:
    """Return what the log adds to an error of the API, as fields."""
    if not isinstance(error, ApiError):
        return {}
    facts = {"operation": error.operation, "correlation_id": error.correlation_id or ""}
    return {key: value for key, value in facts.items() if value}

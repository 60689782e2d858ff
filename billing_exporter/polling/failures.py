"""Failures of a poll as pages and the log report them."""

import logging
from collections import Counter
from collections.abc import Mapping

from billing_exporter.genesys import ApiError

log = logging.getLogger(__name__)

# So many failures of a kind are logged one by one in a poll: an outage can have thousands.
MOST_LOGGED = 10


def sentence_of(error: Exception) -> str:
    """Return what a page shows of an error; that of a fault of ours could hold anything."""
    return str(error) if isinstance(error, ApiError) else type(error).__name__


def facts_of(error: Exception) -> dict[str, str]:
    """Return what the log adds to an error of the API, as fields."""
    if not isinstance(error, ApiError):
        return {}
    facts = {"operation": error.operation, "correlation_id": error.correlation_id or ""}
    return {key: value for key, value in facts.items() if value}


class Tolerated:
    """Failures of single things among many in one poll; of thousands the first ones are logged."""

    def __init__(self, where: Mapping[str, str]) -> None:
        """Begin with none.

        Args:
            where: organization and collector, as fields of the log.
        """
        self._where = where
        self._counts: Counter[str] = Counter()

    def add(self, error: ApiError, about: str) -> None:
        """Log the failure of one thing."""
        self._counts[error.reason] += 1
        facts = {**self._where, "reason": error.reason, "about": about, **facts_of(error)}
        is_one_of_many = self._counts[error.reason] > MOST_LOGGED
        level = logging.DEBUG if is_one_of_many else logging.WARNING
        log.log(level, "left out: %s", error, extra=facts)

    def summarize(self) -> None:
        """Log how many failures of a kind there were, where not each one was logged."""
        for reason, count in self._counts.items():
            if count > MOST_LOGGED:
                facts = {**self._where, "reason": reason, "count": count}
                log.warning("left out in this poll, the first ones are logged above", extra=facts)
        self._counts.clear()

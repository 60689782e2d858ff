"""What a poller asks of the place where its readings outlive the process."""

from datetime import datetime
from typing import Any, Protocol

from billing_exporter.polling.kept_lines import KeptLines
from billing_exporter.polling.state import Kept


class Keep(Protocol):
    """Keeps the readings of one target over restarts."""

    def save(self, organization: str, collector: str, kept: Kept) -> None:
        """Keep what a poll has fetched; never waits, and handles its own failures."""

    def restore(self, organization: str, collector: str, kind: type[Any]) -> Kept | None:
        """Return what was kept last, if anything."""

    def save_lines(self, organization: str, collector: str, kept: KeptLines) -> None:
        """Keep what is shown; never waits, and handles its own failures."""

    def lines(self, organization: str, collector: str, at: datetime) -> KeptLines | None:
        """Return what was shown last, if it is of use."""

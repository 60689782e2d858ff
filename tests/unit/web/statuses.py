"""Statuses for the tests of the page."""

from datetime import UTC, datetime, timedelta

from billing_exporter.web.status_page import CollectorStatus, State, Status

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


def collector(
    organization: str = "acme",
    name: str = "usage",
    state: State = "ok",
    *,
    reason: str = "",
    last_success: float | None = 200.0,
    series: int = 37,
) -> CollectorStatus:
    """Return a collector whose last success was so many seconds ago."""
    polled = state != "waiting"
    return CollectorStatus(
        organization=organization,
        collector=name,
        state=state,
        reason=reason,
        last_success=None if last_success is None else NOW - timedelta(seconds=last_success),
        last_attempt=NOW - timedelta(seconds=65) if polled else None,
        next_poll=NOW + timedelta(hours=5),
        duration_seconds=0.42 if polled else None,
        series=series,
    )


def status(*collectors: CollectorStatus, telemetry_path: str = "/metrics") -> Status:
    """Return the status of an exporter that runs for two days."""
    return Status("1.2.3", NOW - timedelta(days=2), NOW, collectors, telemetry_path)


BUSY = status(
    collector(series=12345),
    collector(name="invoices"),
    collector(name="contracts", state="failing", reason="forbidden", last_success=90000),
    collector("Nordwind Kontor GmbH & Co. <KG>", "trustors", "waiting", last_success=None),
)
"""Two organizations in every state."""

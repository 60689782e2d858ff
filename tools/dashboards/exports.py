"""The panels about exports of settled billing periods by ``serve --export.dir``."""

from tools.dashboards.panels import COUNT, SECONDS, Query, lines
from tools.dashboards.queries import Scope
from tools.dashboards.sdk import dashboard
from tools.dashboards.thresholds import NOTICE, above

_DAY = "[1d]"  # it looks every hour


def age(scope: Scope) -> dashboard.Panel:
    """Show for how long the folder has lacked settled periods."""
    return lines(
        "Age of the export",
        "Time since the folder of --export.dir last held every settled billing period; since the "
        "start of an exporter that has not written all of them yet. Empty without --export.dir. "
        "The dashed line is where the alert begins.",
        [Query(scope.recorded("job_instance:export_age:seconds"), "{{instance}}")],
        SECONDS,
        steps=above("export_age_seconds", NOTICE),
        stepped=False,
    )


def failures(scope: Scope) -> dashboard.Panel:
    """Show the failed exports of the last day."""
    failed = scope.select("export_failures_total")
    return lines(
        "Failed exports in the last day",
        "read: the API could not be read. write: a file could not be written.",
        [Query(f"sum by (instance, reason) (increase({failed}{_DAY}))", "{{instance}} {{reason}}")],
        COUNT,
        stepped=False,
    )

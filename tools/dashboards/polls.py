"""The panels about polls: age of the readings, failures, losses."""

from tools.dashboards.panels import COUNT, SECONDS, Query, Unit, lines
from tools.dashboards.queries import Scope
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import BAD, GOOD, written

_COLLECTOR = "organization, collector"
_NAME = "{{organization}} {{collector}}"
_DAY = "[1d]"  # polls are hours apart: a shorter window would mostly hold none
_UP = {"1": ("yes", GOOD), "0": ("no", BAD)}
_TIMES = Unit("locale", 1)


def late(scope: Scope) -> str:
    """Return the age of each reading as a multiple of the age at which the alert begins.

    Of several exporters the latest one counts.
    """
    allowed = f"clamp_min(2 * {scope.per_exporter('poll_interval_seconds')}, {_bound()})"
    age = _since(scope.per_exporter("last_success_timestamp_seconds"))
    return f"max by ({_COLLECTOR}) ({age} / {allowed})"


def collectors(scope: Scope) -> dashboard.Panel:
    """Show the state of each collector."""
    failing = f"topk by ({_COLLECTOR}) (1, {scope.one('poll_failure')})"  # a row has one reason
    working = f'label_replace({scope.least("up")} == 1, "reason", "-", "", "")'
    return grid(
        "Collectors",
        "Late is the age as a multiple of what the alert allows: two poll intervals, or its fixed "
        "bound if that is longer. A collector that lacks its permission stays down with the "
        "reason Unauthorized. Over several exporters a row tells the worst of each: one reason, "
        "the oldest reading, the longest poll; series add up.",
        [
            Label("organization", "Organization"),
            Label("collector", "Collector"),
            Label("reason", "Reason of failure", width=190),
        ],
        [
            Column("Up", scope.least("up"), Unit("none"), words=_UP, width=80),
            Column("", f"{failing} or on ({_COLLECTOR}) {working}", COUNT),
            Column("Age", _age(scope), SECONDS),
            Column("Late", late(scope), _TIMES, ((None, GOOD), (1, BAD)), width=90),
            Column("Interval", scope.one("poll_interval_seconds"), SECONDS),
            Column("Last poll took", scope.one("poll_duration_seconds"), Unit("s", 2)),
            Column("Series", scope.together("series"), COUNT),
        ],
        sort="Late",
    )


def age(scope: Scope) -> dashboard.Panel:
    """Show how old the readings are, over time."""
    return lines(
        "Age of the readings",
        "Time since the shown reading was polled; over several exporters, the oldest. It rises "
        "from poll to poll and falls back; what only rises is failing.",
        [Query(_age(scope), _NAME)],
        SECONDS,
        stepped=False,
    )


def durations(scope: Scope) -> dashboard.Panel:
    """Show how long polls take, over time."""
    return lines(
        "Duration of polls",
        "How long the last poll of each collector took, with all its requests and waits; over "
        "several exporters, the longest.",
        [Query(scope.one("poll_duration_seconds"), _NAME)],
        SECONDS,
    )


def outcomes(scope: Scope) -> dashboard.Panel:
    """Show the polls of the last day by outcome."""
    polls = scope.select("polls_total")
    return lines(
        "Polls in the last day, by outcome",
        "Outcome is success, or the reason of the failure.",
        [
            Query(
                f"sum by (collector, outcome) (increase({polls}{_DAY}))",
                "{{collector}} {{outcome}}",
            )
        ],
        COUNT,
        stepped=False,
    )


def losses(scope: Scope) -> dashboard.Panel:
    """Show what the answers held that is not shown."""

    def happened(metric: str) -> str:
        return f"sum(increase({scope.select(metric)}{_DAY})) or 0 * sum({scope.select('up')})"

    dropped = scope.select("rows_dropped_total", 'reason!="zero"')
    return lines(
        "Not shown, or odd, in the last day",
        "Rows and numbers that gave no sample, by reason (zeros that are left out as configured "
        "do not count); failures of one thing among many; rows added to another with the same "
        "labels; fields that are unknown or unreadable.",
        [
            Query(
                f"sum by (collector, reason) (increase({dropped}{_DAY}))",
                "{{collector}} rows dropped: {{reason}}",
            ),
            Query(happened("partial_failures_total"), "partial failures"),
            Query(happened("rows_merged_total"), "rows merged"),
            Query(happened("api_oddities_total"), "odd fields"),
        ],
        COUNT,
        stepped=False,
    )


def _age(scope: Scope) -> str:
    return _since(scope.least("last_success_timestamp_seconds"))


def _since(times: str) -> str:
    # The clock of a simulated API can run ahead of Prometheus's.
    return f"clamp_min(time() - {times}, 0)"


def _bound() -> str:
    return written("data_age_seconds")

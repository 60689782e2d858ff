"""Exporter health: can the numbers of the other dashboards be trusted?"""

from tools.dashboards import exports
from tools.dashboards.api import budget, errors, latency, requests, share_of_budget
from tools.dashboards.frame import build, marked
from tools.dashboards.layout import Line, Section
from tools.dashboards.pages import HEALTH
from tools.dashboards.panels import BYTES, COUNT, RATIO, SECONDS, Query, Unit, figure, lines
from tools.dashboards.polls import age, collectors, durations, late, losses, outcomes
from tools.dashboards.queries import CURRENT, Scope, count, milliseconds
from tools.dashboards.sdk import dashboard as sdk
from tools.dashboards.thresholds import BAD, GOOD

PAGE = HEALTH
_SCOPE = Scope(PAGE.variables)


def dashboard() -> sdk.Dashboard:
    """Build the dashboard."""
    figures = (_failing(), _late(), share_of_budget(_SCOPE), _series(), _running())
    sections = (
        Section("", (Line(4, figures, (5, 5, 5, 5, 4)), Line(8, (collectors(_SCOPE),)))),
        Section(
            "Polls",
            (
                Line(10, (age(_SCOPE), durations(_SCOPE))),
                Line(10, (outcomes(_SCOPE), losses(_SCOPE))),
            ),
        ),
        Section(
            "The API",
            (
                Line(11, (requests(_SCOPE), errors(_SCOPE))),
                Line(11, (latency(_SCOPE), budget(_SCOPE))),
            ),
        ),
        Section("Export of settled periods", (_exports(),)),
        Section("The process", (Line(10, (_series_over_time(), _memory(), _processor())),)),
    )
    read = f"max({_SCOPE.select('exporter_config_last_reload_success_timestamp_seconds')})"
    marks = (
        marked("Period starts", milliseconds(_period_starts()), "{{organization}}"),
        marked("Configuration read", milliseconds(read), "Start or reload"),
    )
    return build(PAGE, sections, marks)


def _exports() -> Line:
    return Line(8, (exports.age(_SCOPE), exports.failures(_SCOPE)))


def _period_starts() -> str:
    """Return when each organization's newest period began, by what is read of it."""
    usage = _SCOPE.one("usage_period_start_timestamp_seconds")
    contracts, customers = (
        _SCOPE.one(f"{whose}_period_start_timestamp_seconds", CURRENT, by="organization")
        for whose in ("contract", "trustor")
    )
    return f"({usage} or {contracts} or {customers})"


def _failing() -> sdk.Panel:
    return figure(
        "Collectors failing",
        "Collectors whose last poll failed, in any exporter. The last good reading stays until it "
        "is too old. The table below tells the reason.",
        [Query(count(_SCOPE.least("up"), "== 0"), "")],
        COUNT,
        steps=((None, GOOD), (1, BAD)),
    )


def _late() -> sdk.Panel:
    return figure(
        "Readings late",
        "Collectors with a reading, in any exporter, that is older than two poll intervals, or "
        "than the alert's bound if that is longer.",
        [Query(count(late(_SCOPE), "> 1"), "")],
        COUNT,
        steps=((None, GOOD), (1, BAD)),
    )


def _series() -> sdk.Panel:
    return figure(
        "Billing series",
        "Series about billing that all exporters show, over all organizations and collectors. "
        "Shards add up; replicas count each.",
        [Query(f"sum({_SCOPE.together('series')})", "")],
        COUNT,
    )


def _running() -> sdk.Panel:
    return figure(
        "Running for",
        "Time since the exporter started; of the one that started last where there are more.",
        [Query(f"time() - max({_process('process_start_time_seconds')})", "")],
        SECONDS,
    )


def _series_over_time() -> sdk.Panel:
    return lines(
        "Billing series by collector",
        "Series about billing that each collector shows, in all exporters together.",
        [Query(_SCOPE.together("series"), "{{organization}} {{collector}}")],
        COUNT,
    )


def _memory() -> sdk.Panel:
    return lines(
        "Memory",
        "Resident memory of each exporter.",
        [Query(_process("process_resident_memory_bytes"), "{{instance}}")],
        BYTES,
        stepped=False,
    )


def _processor() -> sdk.Panel:
    seconds = _process("process_cpu_seconds_total")
    return lines(
        "Processor",
        "Share of one processor core that each exporter uses.",
        [Query(f"rate({seconds}[$__rate_interval])", "{{instance}}")],
        Unit(RATIO.id, 1),
        stepped=False,
    )


def _process(metric: str) -> str:
    return f'{metric}{{job=~"$job"}}'

"""Quality of the forecasts: their measured error, and how many charges have one."""

from tools.dashboards.panels import COUNT, Query, Unit
from tools.dashboards.queries import Scope
from tools.dashboards.ranking import ranked
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import GOOD, NOTICE

_SHARE = Unit("percentunit", 1)
_AIM = 0.8  # the share of outcomes that a band is made to hold


def errors(scope: Scope) -> dashboard.Panel:
    """Show the error of earlier forecasts by how much of the period had passed."""
    return grid(
        "Error of earlier forecasts",
        "Over the last 12 closed periods of all charges. Passed: hundredths of the period that had "
        "passed when the forecast was made. Error: the median distance of the forecast from the "
        "outcome. Inside: the share of outcomes within the band, which is made to hold "
        f"{_AIM:.0%}.",
        [Label("subject", "Of"), Label("elapsed", "Passed, %", width=100), Label("organization")],
        [
            Column("Error", scope.one("forecast_error_ratio"), _SHARE, full=1),
            Column(
                "Inside",
                scope.one("forecast_inside_ratio"),
                _SHARE,
                ((None, NOTICE), (_AIM, GOOD)),
                full=1,
            ),
            Column("Forecasts", scope.one("forecast_scored"), COUNT, width=110),
        ],
        sort="Passed, %",
        descending=False,
    )


def outcomes(scope: Scope) -> dashboard.Panel:
    """Show how many charges have a forecast, and why others have none."""
    counted = scope.total("subject, outcome", "forecasts")
    return ranked(
        "Forecasts by outcome",
        "Charges by how their forecast came out: ok, no_band (too few earlier outcomes), "
        "too_little_data (no earlier period and less than a week), negative or missing numbers.",
        Query(f"sort_desc({counted} > 0)", "{{subject}}: {{outcome}}"),
        COUNT,
    )

"""The kinds of panel that look at numbers: one large figure, and lines over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from tools.dashboards.sdk import common, dashboard, prometheus, stat, timeseries

DATASOURCE = common.DataSourceRef(type_val="prometheus", uid="${datasource}")

Steps = Sequence[tuple[float | None, str]]
"""Thresholds: from which value on which colour; the first value is None."""

PLAIN: Steps = ((None, "text"),)
LAST = common.ReduceDataOptions(values=False, calcs=["lastNotNull"], fields="")
"""One value per series: its newest."""


@dataclass(frozen=True)
class Unit:
    """How a number is written.

    Attributes:
        id: one of Grafana's units.
        decimals: digits after the point; None lets Grafana choose.
    """

    id: str
    decimals: int | None = None


# A panel has one unit and its series many currencies: amounts are plain, the currency is beside.
# Of Grafana's units only this one, there since 12.1, writes 11,592.00 below 249,926.81; its symbol
# has to be something.
MONEY = Unit("currency:financial: :suffix", 2)
COUNT = Unit("locale", 0)
QUANTITY = Unit("locale", 2)
RATIO = Unit("percentunit", 0)
SECONDS = Unit("s", 1)
DAYS = Unit("suffix: days", 0)
DATE = Unit("time:YYYY-MM-DD")
BYTES = Unit("bytes", 0)
TEXT = Unit("string")


@dataclass(frozen=True)
class Query:
    """An expression and what its series are called.

    Attributes:
        expr: PromQL.
        legend: the name of a series, with ``{{label}}`` for the value of a label.
    """

    expr: str
    legend: str


def figure(
    title: str,
    description: str,
    queries: Sequence[Query],
    unit: Unit,
    *,
    steps: Steps = PLAIN,
    trend: bool = False,
) -> dashboard.Panel:
    """Build a panel of large figures, one per series: its newest value.

    Args:
        title: what is shown.
        description: what it means, and what it does not.
        queries: where the series come from.
        unit: of all series.
        steps: the colours of the figures.
        trend: whether a line behind each figure shows how it came about.
    """
    options = stat.Options(
        graph_mode=common.BigValueGraphMode.AREA if trend else common.BigValueGraphMode.NONE,
        color_mode=common.BigValueColorMode.VALUE,
        justify_mode=common.BigValueJustifyMode.AUTO,
        text_mode=_text_mode(queries),
        orientation=common.VizOrientation.AUTO if trend else common.VizOrientation.HORIZONTAL,
        reduce_options=LAST,
    )
    config = field_config(unit, steps, None)
    if trend:
        config.min_val, config.field_min_max = 0, True  # each line has a scale of its own
    return dashboard.Panel(
        type_val="stat",
        title=title,
        description=description,
        datasource=DATASOURCE,
        targets=[*_targets(queries)],
        options=options,
        field_config=dashboard.FieldConfigSource(defaults=config, overrides=[]),
    )


def lines(
    title: str,
    description: str,
    queries: Sequence[Query],
    unit: Unit,
    *,
    steps: Steps = (),
    stepped: bool = True,
    by_currency: bool = False,
) -> dashboard.Panel:
    """Build a panel of lines over time with a table of last values below.

    Args:
        title: what is shown.
        description: what it means, and what it does not.
        queries: where the series come from.
        unit: of all series.
        steps: thresholds, drawn as dashed lines.
        stepped: whether a value holds until the next one, as polled numbers do.
        by_currency: whether there is a panel for each chosen currency.
    """
    style = common.GraphThresholdsStyleMode.DASHED if steps else common.GraphThresholdsStyleMode.OFF
    held, sloped = common.LineInterpolation.STEP_AFTER, common.LineInterpolation.LINEAR
    custom = timeseries.FieldConfig(
        draw_style=common.GraphDrawStyle.LINE,
        line_interpolation=held if stepped else sloped,
        line_width=2,
        fill_opacity=0,
        show_points=common.VisibilityMode.NEVER,
        span_nulls=False,
        axis_soft_min=0,
        thresholds_style=common.GraphThresholdsStyleConfig(mode=style),
    )
    options = timeseries.Options(
        legend=_legend(),
        tooltip=common.VizTooltipOptions(
            mode=common.TooltipDisplayMode.MULTI, sort=common.SortOrder.DESCENDING
        ),
    )
    config = field_config(unit, steps or PLAIN, custom)
    config.color = dashboard.FieldColor(mode=dashboard.FieldColorModeId.PALETTE_CLASSIC)
    panel = dashboard.Panel(
        type_val="timeseries",
        title=title,
        description=description,
        datasource=DATASOURCE,
        targets=[*_targets(queries)],
        options=options,
        field_config=dashboard.FieldConfigSource(defaults=config, overrides=[]),
    )
    return repeated(panel) if by_currency else panel


def repeated(panel: dashboard.Panel) -> dashboard.Panel:
    """Return a panel that Grafana draws once for each chosen currency, side by side."""
    panel.repeat, panel.repeat_direction, panel.max_per_row = "currency", "h", 3
    return panel


def field_config(unit: Unit, steps: Steps, custom: object) -> dashboard.FieldConfig:
    """Return what holds for every field of a panel unless an override says otherwise."""
    return dashboard.FieldConfig(
        unit=unit.id,
        decimals=unit.decimals,
        thresholds=thresholds(steps),
        color=dashboard.FieldColor(mode=dashboard.FieldColorModeId.THRESHOLDS),
        custom=custom,
    )


def thresholds(steps: Steps) -> dashboard.ThresholdsConfig:
    """Return thresholds in absolute values."""
    return dashboard.ThresholdsConfig(
        mode=dashboard.ThresholdsMode.ABSOLUTE,
        steps=[dashboard.Threshold(value=value, color=color) for value, color in steps],
    )


def _legend() -> common.VizLegendOptions:
    return common.VizLegendOptions(
        display_mode=common.LegendDisplayMode.TABLE,
        placement=common.LegendPlacement.BOTTOM,
        show_legend=True,
        calcs=["lastNotNull"],
        sort_by="Last *",
        sort_desc=True,
    )


def _text_mode(queries: Sequence[Query]) -> common.BigValueTextMode:
    """Leave a nameless figure without the name that Grafana would make up: its expression."""
    named = any(query.legend for query in queries)
    return common.BigValueTextMode.VALUE_AND_NAME if named else common.BigValueTextMode.VALUE


def _targets(queries: Sequence[Query]) -> list[prometheus.Dataquery]:
    return [
        prometheus.Dataquery(
            ref_id=ref, expr=query.expr, legend_format=query.legend, range_val=True
        )
        for ref, query in zip(ascii_uppercase, queries, strict=False)
    ]

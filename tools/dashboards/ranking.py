"""Bars side by side for people who compare: one per series, the longest first."""

from tools.dashboards.panels import DATASOURCE, LAST, Query, Steps, Unit, field_config, repeated
from tools.dashboards.sdk import bargauge, common, dashboard, prometheus

BLUE: Steps = ((None, "blue"),)
_LOWEST, _HIGHEST = 16, 44  # pixels of a bar with its name
_TEXT = common.VizTextDisplayOptions(title_size=13, value_size=14)  # pixels


def ranked(
    title: str,
    description: str,
    query: Query,
    unit: Unit,
    *,
    steps: Steps = BLUE,
    full: float | None = None,
    by_currency: bool = False,
) -> dashboard.Panel:
    """Build a panel of horizontal bars: the newest values, in the order of the answer.

    Args:
        title: what is shown; may hold ``$currency`` where it is repeated.
        description: what it means, and what it does not.
        query: where the values come from; it ranks them itself.
        unit: of all values.
        steps: the colours of the bars.
        full: the value at which a bar is full; None takes the largest.
        by_currency: whether there is a panel for each chosen currency.
    """
    config = field_config(unit, steps, None)
    config.min_val, config.max_val = 0, full
    panel = dashboard.Panel(
        type_val="bargauge",
        title=title,
        description=description,
        datasource=DATASOURCE,
        targets=[
            prometheus.Dataquery(
                ref_id="A",
                expr=query.expr,
                legend_format=query.legend,
                instant=True,
                range_val=False,
            )
        ],
        options=_options(),
        field_config=dashboard.FieldConfigSource(defaults=config, overrides=[]),
    )
    return repeated(panel) if by_currency else panel


def _options() -> bargauge.Options:
    return bargauge.Options(
        display_mode=common.BarGaugeDisplayMode.BASIC,
        value_mode=common.BarGaugeValueMode.TEXT,
        name_placement=common.BarGaugeNamePlacement.TOP,
        show_unfilled=False,
        sizing=common.BarGaugeSizing.MANUAL,
        min_viz_height=_LOWEST,
        max_viz_height=_HIGHEST,
        orientation=common.VizOrientation.HORIZONTAL,
        reduce_options=LAST,
        text=_TEXT,
        legend=common.VizLegendOptions(
            display_mode=common.LegendDisplayMode.LIST,
            placement=common.LegendPlacement.BOTTOM,
            show_legend=False,
            calcs=[],
        ),
    )

"""Bars that stand at a date the data itself tells, such as an invoice's day of issue."""

from dataclasses import dataclass

from tools.dashboards.panels import DATASOURCE, MONEY, PLAIN, field_config
from tools.dashboards.sdk import common, dashboard, prometheus, timeseries

_AMOUNT, _DATE = "Amount", "Date"


@dataclass(frozen=True)
class Dated:
    """Two expressions with the same labels.

    Attributes:
        amount: PromQL of what is drawn.
        date: PromQL of the time it is drawn at, Unix time in milliseconds.
        by: the label whose values are the series.
    """

    amount: str
    date: str
    by: str


def stacked(title: str, description: str, dated: Dated, days: int) -> dashboard.Panel:
    """Build a panel of amounts stacked at their dates, one for each chosen currency.

    Args:
        title: what is shown; may hold ``$currency``.
        description: what it means, and what it does not.
        dated: where amounts and dates come from.
        days: how far back it looks, whatever the dashboard's range.
    """
    config = field_config(MONEY, PLAIN, _bars())
    config.color = dashboard.FieldColor(mode=dashboard.FieldColorModeId.PALETTE_CLASSIC)
    return dashboard.Panel(
        type_val="timeseries",
        title=title,
        description=description,
        datasource=DATASOURCE,
        targets=[_target("A", dated.amount), _target("B", dated.date)],
        transformations=_by_date(dated.by),
        time_from=f"{days}d",
        repeat="currency",
        repeat_direction="h",
        max_per_row=3,
        options=timeseries.Options(
            legend=common.VizLegendOptions(
                display_mode=common.LegendDisplayMode.LIST,
                placement=common.LegendPlacement.BOTTOM,
                show_legend=True,
            ),
            tooltip=common.VizTooltipOptions(
                mode=common.TooltipDisplayMode.MULTI,
                sort=common.SortOrder.DESCENDING,
                hide_zeros=True,
            ),
        ),
        field_config=dashboard.FieldConfigSource(defaults=config, overrides=[]),
    )


def _bars() -> timeseries.FieldConfig:
    return timeseries.FieldConfig(
        draw_style=common.GraphDrawStyle.BARS,
        line_width=0,
        axis_soft_min=0,
        fill_opacity=80,
        show_points=common.VisibilityMode.NEVER,
        bar_width_factor=0.9,
        bar_max_width=24,
        bar_alignment=common.BarAlignment.CENTER,
        stacking=common.StackingConfig(mode=common.StackingMode.NORMAL, group="A"),
    )


def _target(ref: str, expr: str) -> prometheus.Dataquery:
    return prometheus.Dataquery(
        ref_id=ref,
        expr=expr,
        format_val=prometheus.PromQueryFormat.TABLE,
        instant=True,
        range_val=False,
    )


def _by_date(label: str) -> list[dashboard.DataTransformerConfig]:
    """Turn the two tables into one series per value of the label, over the dates."""
    steps: tuple[tuple[str, dict[str, object]], ...] = (
        ("merge", {}),
        ("organize", _named(label)),
        ("groupBy", {"fields": _sums(label)}),
        ("groupingToMatrix", _matrix(label)),
        ("convertFieldType", _as_time(label)),
        ("sortBy", {"sort": [{"field": _corner(label), "desc": False}]}),
    )
    return [
        dashboard.DataTransformerConfig(id_val=name, options=options) for name, options in steps
    ]


def _named(label: str) -> dict[str, object]:
    names = {_DATE: "Value #B", label: label, _AMOUNT: "Value #A"}
    return {
        "excludeByName": {"Time": True},
        "includeByName": {},
        "indexByName": {name: index for index, name in enumerate(names.values())},
        "renameByName": {name: new for new, name in names.items() if name != new},
    }


def _sums(label: str) -> dict[str, object]:
    group = {"operation": "groupby", "aggregations": []}
    return {
        _DATE: group,
        label: group,
        _AMOUNT: {"operation": "aggregate", "aggregations": ["sum"]},
    }


def _matrix(label: str) -> dict[str, object]:
    return {
        "rowField": _DATE,
        "columnField": label,
        "valueField": f"{_AMOUNT} (sum)",
        "emptyValue": "null",
    }


def _corner(label: str) -> str:
    """Return what the matrix calls its first column."""
    return f"{_DATE}\\{label}"


def _as_time(label: str) -> dict[str, object]:
    return {"conversions": [{"targetField": _corner(label), "destinationType": "time"}]}

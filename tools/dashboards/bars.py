"""Bars that stand at a date of the data itself: an invoice's day of issue, a period's month."""

from dataclasses import dataclass

from tools.dashboards.panels import DATASOURCE, MONEY, PLAIN, field_config, repeated
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
    targets = [_target("A", dated.amount), _target("B", dated.date)]
    return _panel(title, description, targets, _by_date(dated.by), days)


def monthly(title: str, description: str, amount: str, by: str, days: int) -> dashboard.Panel:
    """Build a panel of amounts stacked at their months, one for each chosen currency.

    Args:
        title: what is shown; may hold ``$currency``.
        description: what it means, and what it does not.
        amount: PromQL with the labels ``month``, as YYYY-MM, and ``by``.
        by: the label whose values are the series.
        days: how far back it looks, whatever the dashboard's range.
    """
    return _panel(title, description, [_target("A", amount)], _by_month(by), days)


def _panel(
    title: str,
    description: str,
    targets: list[prometheus.Dataquery],
    transformations: list[dashboard.DataTransformerConfig],
    days: int,
) -> dashboard.Panel:
    config = field_config(MONEY, PLAIN, _bars())
    config.color = dashboard.FieldColor(mode=dashboard.FieldColorModeId.PALETTE_CLASSIC)
    panel = dashboard.Panel(
        type_val="timeseries",
        title=title,
        description=description,
        datasource=DATASOURCE,
        targets=[*targets],
        transformations=transformations,
        time_from=f"{days}d",
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
    return repeated(panel)


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
    names = {_DATE: "Value #B", label: label, _AMOUNT: "Value #A"}
    return _steps(
        ("merge", {}),
        ("organize", _named(names)),
        ("groupBy", {"fields": _sums(label)}),
        ("groupingToMatrix", _matrix(label, f"{_AMOUNT} (sum)")),
        ("convertFieldType", _as_time(label)),
        ("sortBy", {"sort": [{"field": _corner(label), "desc": False}]}),
    )


def _by_month(label: str) -> list[dashboard.DataTransformerConfig]:
    """Turn a table with months into one series per value of the label, over the months."""
    return _steps(
        ("organize", _named({_DATE: "month", label: label, _AMOUNT: "Value"})),
        ("groupingToMatrix", _matrix(label, _AMOUNT)),
        ("convertFieldType", _as_time(label, "YYYY-MM")),
        ("sortBy", {"sort": [{"field": _corner(label), "desc": False}]}),
    )


def _steps(*steps: tuple[str, dict[str, object]]) -> list[dashboard.DataTransformerConfig]:
    return [
        dashboard.DataTransformerConfig(id_val=name, options=options) for name, options in steps
    ]


def _named(names: dict[str, str]) -> dict[str, object]:
    """Return how the fields are called: new name -> Grafana's."""
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


def _matrix(label: str, value: str) -> dict[str, object]:
    return {
        "rowField": _DATE,
        "columnField": label,
        "valueField": value,
        "emptyValue": "null",
    }


def _corner(label: str) -> str:
    """Return what the matrix calls its first column."""
    return f"{_DATE}\\{label}"


def _as_time(label: str, form: str = "") -> dict[str, object]:
    conversion = {"targetField": _corner(label), "destinationType": "time"}
    return {"conversions": [{**conversion, **({"dateFormat": form} if form else {})}]}

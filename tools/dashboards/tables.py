"""The panel for people who compare: a table with one row per combination of labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from tools.dashboards.panels import DATASOURCE, PLAIN, TEXT, Steps, Unit, field_config, thresholds
from tools.dashboards.sdk import common, dashboard, prometheus, table

_NARROWEST = 90  # pixels; Grafana's own 150 would push columns out of a laptop's width


@dataclass(frozen=True)
class Column:
    """A column of numbers.

    Attributes:
        title: its heading; empty hides the column, which then only brings labels.
        expr: PromQL that gives one value per row.
        unit: of its numbers.
        steps: the colours of its cells; plain ones by default.
        full: the value at which a bar in the cell is full; None draws no bar.
        width: pixels; 0 lets the table choose.
        words: value -> text and colour to show in its place.
    """

    title: str
    expr: str
    unit: Unit
    steps: Steps = PLAIN
    full: float | None = None
    width: int = 0
    words: Mapping[str, tuple[str, str]] | None = None


@dataclass(frozen=True)
class Label:
    """A column of text: a label of the series.

    Attributes:
        label: the label's name.
        title: its heading; empty hides the column, which then only tells rows apart.
        width: pixels; 0 lets the table choose.
        link: where a click on the cell leads, and what the link is called.
        colors: text -> colour of the cell.
    """

    label: str
    title: str = ""
    width: int = 0
    link: tuple[str, str] | None = None
    colors: Mapping[str, str] | None = None


def grid(
    title: str,
    description: str,
    labels: Sequence[Label],
    columns: Sequence[Column],
    *,
    sort: str,
    descending: bool = True,
) -> dashboard.Panel:
    """Build a table whose rows are joined over the labels that all queries share.

    Args:
        title: what is shown.
        description: what it means, and what it does not.
        labels: the columns of text, from left to right.
        columns: the columns of numbers, right of them.
        sort: the heading of the column that the rows are sorted by.
        descending: whether the largest comes first.
    """
    return dashboard.Panel(
        type_val="table",
        title=title,
        description=description,
        datasource=DATASOURCE,
        targets=[
            prometheus.Dataquery(
                ref_id=ref,
                expr=column.expr,
                format_val=prometheus.PromQueryFormat.TABLE,
                instant=True,
                range_val=False,
            )
            for ref, column in zip(ascii_uppercase, columns, strict=False)
        ],
        transformations=[_merged(), _arranged(labels, columns)],
        options=table.Options(
            show_header=True,
            cell_height=common.TableCellHeight.SM,
            sort_by=[common.TableSortByFieldState(display_name=sort, desc=descending)],
        ),
        field_config=dashboard.FieldConfigSource(
            defaults=field_config(
                TEXT, PLAIN, table.FieldConfig(filterable=True, min_width=_NARROWEST)
            ),
            overrides=[_label_override(label) for label in labels if label.title]
            + [_column_override(column) for column in columns if column.title],
        ),
    )


def _merged() -> dashboard.DataTransformerConfig:
    return dashboard.DataTransformerConfig(id_val="merge", options={})


def _arranged(
    labels: Sequence[Label], columns: Sequence[Column]
) -> dashboard.DataTransformerConfig:
    """Name, order and hide the fields as Grafana calls them after a merge."""
    many = len(columns) > 1
    refs = (f"Value #{ref}" if many else "Value" for ref in ascii_uppercase)
    titles = {label.label: label.title for label in labels}
    titles |= dict(zip(refs, (column.title for column in columns), strict=False))
    shown = {name: title for name, title in titles.items() if title}
    hidden = ["Time", "__name__", *(name for name in titles if name not in shown)]
    return dashboard.DataTransformerConfig(
        id_val="organize",
        options={
            "excludeByName": dict.fromkeys(hidden, True),
            "includeByName": {},
            "indexByName": {name: index for index, name in enumerate(shown)},
            "renameByName": shown,
        },
    )


def _label_override(label: Label) -> dashboard.DashboardFieldConfigSourceOverrides:
    properties: list[tuple[str, object]] = []
    if label.width:
        properties.append(("custom.width", label.width))
    if label.link:
        url, name = label.link
        properties.append(("links", [{"title": name, "url": url, "targetBlank": False}]))
    if label.colors:
        words = {text: (text, color) for text, color in label.colors.items()}
        properties += [("mappings", _mappings(words)), ("custom.cellOptions", _COLORED)]
    return _override(label.title, properties)


def _column_override(column: Column) -> dashboard.DashboardFieldConfigSourceOverrides:
    properties: list[tuple[str, object]] = [("unit", column.unit.id)]
    if column.unit.decimals is not None:
        properties.append(("decimals", column.unit.decimals))
    if column.width:
        properties.append(("custom.width", column.width))
    if column.words:
        properties += [("mappings", _mappings(column.words)), ("custom.cellOptions", _COLORED)]
    if column.steps is not PLAIN:
        properties.append(("thresholds", thresholds(column.steps)))
    if column.full is not None:
        properties += [("min", 0), ("max", column.full), ("custom.cellOptions", _BAR)]
    elif column.steps is not PLAIN:
        properties.append(("custom.cellOptions", _COLORED))
    return _override(column.title, properties)


_COLORED = {"type": "color-text"}
_BAR = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}


def _mappings(words: Mapping[str, tuple[str, str]]) -> list[dashboard.ValueMap]:
    options = {
        value: dashboard.ValueMappingResult(text=text, color=color, index=index)
        for index, (value, (text, color)) in enumerate(words.items())
    }
    return [dashboard.ValueMap(options=options)]


def _override(
    title: str, properties: Sequence[tuple[str, object]]
) -> dashboard.DashboardFieldConfigSourceOverrides:
    return dashboard.DashboardFieldConfigSourceOverrides(
        matcher=dashboard.MatcherConfig(id_val="byName", options=title),
        properties=[
            dashboard.DynamicConfigValue(id_val=name, value=value) for name, value in properties
        ],
    )

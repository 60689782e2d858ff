"""The choices at the top of a dashboard."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from billing_exporter.metrics.family import PREFIX
from tools.dashboards.panels import DATASOURCE
from tools.dashboards.sdk import dashboard

# What each variable is called, and the series whose label it lists. Each list follows the
# choices that are made left of it, as far as its series have them.
_SOURCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "organization": ("Organization", "up"),
        "trustor": ("Customer", "trustor_status"),
        "contract": ("Contract", "contract_info"),
        "currency": ("Currency", ""),
    }
)
# No one metric has every currency: a partner has customers, an own organization has invoices.
EVERYONE = ".*"
_WITH_CURRENCY = f"{PREFIX}(trustor_info|invoices|charge_overage_rate)"


def variables(names: Sequence[str]) -> list[dashboard.VariableModel]:
    """Build the choices of a dashboard: datasource, job, and then the named ones."""
    return [_datasource(), _query("job", "Job", f"label_values({PREFIX}up, job)")] + [
        _group() if name == "group" else _query(name, _SOURCES[name][0], _label_values(name))
        for name in names
    ]


def _label_values(name: str) -> str:
    if name == "organization":
        return f'label_values({PREFIX}up{{job=~"$job"}}, organization)'
    chosen = 'job=~"$job", organization=~"$organization"'
    if name == "trustor":
        chosen += ', trustor=~"$group"'
    if metric := _SOURCES[name][1]:
        return f"label_values({PREFIX}{metric}{{{chosen}}}, {name})"
    return f'label_values({{__name__=~"{_WITH_CURRENCY}", {chosen}}}, {name})'


def _datasource() -> dashboard.VariableModel:
    return dashboard.VariableModel(
        type_val=dashboard.VariableType.DATASOURCE,
        name="datasource",
        label="Data source",
        description="The Prometheus that scrapes the exporter",
        query="prometheus",
        hide=dashboard.VariableHide.DONT_HIDE,
        refresh=dashboard.VariableRefresh.ON_DASHBOARD_LOAD,
    )


def _group() -> dashboard.VariableModel:
    """Return the choice of customers by a pattern, for no label names their groups."""
    return dashboard.VariableModel(
        type_val=dashboard.VariableType.TEXTBOX,
        name="group",
        label="Customer group",
        description="A regular expression of customer names, such as (Acme|Globex).*",
        query=EVERYONE,
        current=dashboard.VariableOption(selected=True, text=EVERYONE, value=EVERYONE),
        options=[dashboard.VariableOption(selected=True, text=EVERYONE, value=EVERYONE)],
        hide=dashboard.VariableHide.DONT_HIDE,
    )


def _query(name: str, label: str, query: str) -> dashboard.VariableModel:
    return dashboard.VariableModel(
        type_val=dashboard.VariableType.QUERY,
        name=name,
        label=label,
        query=query,
        definition=query,
        datasource=DATASOURCE,
        multi=True,
        include_all=True,
        all_value=".*",  # thousands of customers would not fit into a query by name
        current=dashboard.VariableOption(selected=True, text=["All"], value=["$__all"]),
        hide=dashboard.VariableHide.DONT_HIDE,
        refresh=dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=dashboard.VariableSort.ALPHABETICAL_ASC,
    )

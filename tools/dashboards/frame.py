"""Frame of every dashboard: identity, links to one another, time range, annotations."""

from collections.abc import Sequence

from tools.dashboards.layout import Section, place
from tools.dashboards.pages import FAMILY, TAG, Page
from tools.dashboards.panels import DATASOURCE
from tools.dashboards.sdk import dashboard
from tools.dashboards.variables import variables


def marked(name: str, expr: str, text: str) -> dashboard.AnnotationQuery:
    """Build an annotation that stands at times which series tell.

    Args:
        name: what the switch at the top is called.
        expr: PromQL whose values are the times, Unix time in milliseconds.
        text: what the mark says, with ``{{label}}`` for the value of a label.
    """
    return dashboard.AnnotationQuery(
        name=name,
        datasource=DATASOURCE,
        enable=True,
        expr=expr,
        icon_color="blue",
        step="60s",
        title_format=name,
        text_format=text,
        use_value_for_time=True,
    )


def build(
    page: Page,
    sections: Sequence[Section],
    annotations: Sequence[dashboard.AnnotationQuery] = (),
) -> dashboard.Dashboard:
    """Put a dashboard together.

    Days are UTC, for so are the dates of the billing API.
    """
    return dashboard.Dashboard(
        uid=page.uid,
        title=page.title,
        description=page.description,
        tags=[TAG],
        timezone="utc",
        editable=False,
        graph_tooltip=dashboard.DashboardCursorSync.CROSSHAIR,
        time=dashboard.DashboardDashboardTime(from_val=page.since, to="now"),
        refresh="5m",
        panels=place(sections),
        templating=dashboard.DashboardDashboardTemplating(list_val=variables(page.variables)),
        annotations=dashboard.AnnotationContainer(list_val=list(annotations)),
        links=[_links()],
    )


def _links() -> dashboard.DashboardLink:
    """Return the links to all dashboards of the family."""
    return dashboard.DashboardLink(
        title=FAMILY,
        type_val=dashboard.DashboardLinkType.DASHBOARDS,
        tags=[TAG],
        icon="dashboard",
        include_vars=True,
        keep_time=True,
    )

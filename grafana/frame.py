"""What all dashboards share: identity, links to one another, time range, annotations."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana.layout import Section, place
from grafana.panels import DATASOURCE
from grafana.sdk import dashboard
from grafana.variables import variables

TAG = "genesyscloud-billing"


@dataclass(frozen=True)
class Page:
    """Identity of one dashboard.

    Attributes:
        slug: the end of its uid, and the name of its file.
        title: what people call it.
        description: the question it answers.
        variables: the choices it offers besides datasource and job.
        since: the default start of its time range.
    """

    slug: str
    title: str
    description: str
    variables: tuple[str, ...]
    since: str = "now-30d"

    @property
    def uid(self) -> str:
        """The identity that links, and Grafana's own addresses, rest on."""
        return f"{TAG}-{self.slug}"


def drill_down(page_uid: str, variable: str) -> str:
    """Return the address of a dashboard with a variable set to the clicked cell.

    Time range, data source, job and organization stay as they are.
    """
    kept = "&".join(f"${{{name}:queryparam}}" for name in ("datasource", "job", "organization"))
    cell = f"var-{variable}=${{__value.raw:percentencode}}"  # a name may hold an ampersand
    return f"/d/{page_uid}?${{__url_time_range}}&{kept}&{cell}"


def period_starts(name: str, expr: str, text: str) -> dashboard.AnnotationQuery:
    """Build an annotation that stands where periods began.

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
        title="Genesys Cloud billing",
        type_val=dashboard.DashboardLinkType.DASHBOARDS,
        tags=[TAG],
        icon="dashboard",
        include_vars=True,
        keep_time=True,
    )

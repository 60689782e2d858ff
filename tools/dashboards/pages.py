"""The dashboards there are: identity, question, and the choices that each offers."""

from dataclasses import dataclass

TAG = "genesyscloud-billing"
FAMILY = "Genesys Cloud billing"


@dataclass(frozen=True)
class Page:
    """Identity of one dashboard.

    Attributes:
        slug: the end of its uid, and the name of its file.
        name: what people call it.
        description: the question it answers.
        variables: the choices it offers besides datasource and job.
        since: the default start of its time range.
    """

    slug: str
    name: str
    description: str
    variables: tuple[str, ...]
    since: str

    @property
    def uid(self) -> str:
        """The identity that links, and Grafana's own addresses, rest on."""
        return f"{TAG}-{self.slug}"

    @property
    def title(self) -> str:
        """What the list of dashboards shows."""
        return f"{FAMILY} / {self.name}"

    def with_clicked(self, variable: str) -> str:
        """Return the dashboard's address with a variable set to the clicked cell.

        Time range, data source, job and all other variables that it has stay as they are.
        """
        names = ("datasource", "job", *(name for name in self.variables if name != variable))
        kept = "&".join(f"${{{name}:queryparam}}" for name in names)
        cell = f"var-{variable}=${{__value.raw:percentencode}}"  # a name may hold an ampersand
        return f"/d/{self.uid}?${{__url_time_range}}&{kept}&{cell}"


OVERVIEW = Page(
    slug="overview",
    name="Overview",
    description="What this period will cost, what drives it, what is unpaid, what changed.",
    variables=("organization", "group", "currency"),
    since="now-90d",
)
CUSTOMERS = Page(
    slug="customers",
    name="Customers",
    description="A partner's customers: who is over, who grows, whose contract ends, who is not "
    "readable; and all charges of the chosen ones.",
    variables=("organization", "group", "trustor", "currency"),
    since="now-90d",
)
INVOICES = Page(
    slug="invoices",
    name="Invoices",
    description="What is unpaid, since when, and what was invoiced for which product and "
    "organization.",
    variables=("organization", "currency"),
    since="now-90d",
)
CONTRACTS = Page(
    slug="contracts",
    name="Contracts and wallets",
    description="The organization's own contracts: periods, charges against what is included, and "
    "how long the wallets last.",
    variables=("organization", "contract", "currency"),
    since="now-90d",
)
FORECAST = Page(
    slug="forecast",
    name="Forecast and budgets",
    description="What this period will cost and how sure that is, who runs ahead of the last "
    "period, whether budgets hold, and how good earlier forecasts were.",
    variables=("organization", "group", "trustor", "currency"),
    since="now-90d",
)
TRUTH = Page(
    slug="truth",
    name="Truth of the bill",
    description="Whether the invoices agree with what was used, which closed periods are settled, "
    "which were changed afterwards, and what the numbers leave out.",
    variables=("organization",),
    since="now-90d",
)
HEALTH = Page(
    slug="health",
    name="Exporter health",
    description="Whether the numbers of the other dashboards can be trusted: polls, age of the "
    "data, the API's answers and budget.",
    variables=("organization",),
    since="now-24h",
)
PAGES = (OVERVIEW, CUSTOMERS, FORECAST, INVOICES, CONTRACTS, TRUTH, HEALTH)

"""Customers: a partner's fleet, and all charges of the chosen customers."""

from tools.dashboards import charges
from tools.dashboards.commitment import commitment, unused_amount
from tools.dashboards.figures import customers_in_overage, oldest_data
from tools.dashboards.fleet import fleet
from tools.dashboards.frame import build, marked
from tools.dashboards.growth import changed_most
from tools.dashboards.layout import Line, Section
from tools.dashboards.pages import CUSTOMERS
from tools.dashboards.panels import COUNT, MONEY, RATIO, Query, figure, lines
from tools.dashboards.queries import CURRENT, Scope, count, milliseconds
from tools.dashboards.sdk import dashboard as sdk
from tools.dashboards.thresholds import SOME, used

PAGE = CUSTOMERS
_SCOPE = Scope(PAGE.variables)
_MOST_LINES = 8


def dashboard() -> sdk.Dashboard:
    """Build the dashboard."""
    figures = (
        _customers(),
        customers_in_overage(_SCOPE),
        _unreadable(),
        _in_ramp(),
        unused_amount(_SCOPE),
        oldest_data(_SCOPE),
    )
    link = PAGE.with_clicked("trustor")
    sections = (
        Section("", (Line(4, figures, (4, 4, 4, 3, 6, 3)), Line(14, (fleet(_SCOPE, link),)))),
        Section(
            "Who is over, and who grows",
            (
                Line(11, (charges.worst(_SCOPE, link),)),
                Line(10, (changed_most(_SCOPE, link),)),
                Line(10, (_overage_over_time(), _used_over_time())),
            ),
        ),
        Section("Charges of the chosen customers", (Line(14, (charges.every(_SCOPE),)),)),
        Section("What was paid for and not used", (Line(12, (commitment(_SCOPE, link),)),)),
    )
    newest = f"max({_SCOPE.select('trustor_period_start_timestamp_seconds', CURRENT)})"
    mark = marked(
        "Period starts", milliseconds(newest), "The newest period of the chosen customers"
    )
    return build(PAGE, sections, [mark])


def _customers() -> sdk.Panel:
    readable = count(_SCOPE.one("trustor_status", 'status="ok"'), "== 1")
    return figure(
        "Customers",
        "Customer organizations whose billing overview could be read.",
        [Query(readable, "")],
        COUNT,
    )


def _unreadable() -> sdk.Panel:
    failing = _SCOPE.one("trustor_status", 'status=~"forbidden|error"')
    return figure(
        "Not readable",
        "Customer organizations that trust the partner but refuse the overview (forbidden) or "
        "fail (error). The table below names them.",
        [Query(count(failing, "== 1"), "")],
        COUNT,
        steps=SOME,
    )


def _in_ramp() -> sdk.Panel:
    return figure(
        "In ramp",
        "Customers in their ramp period: no charge for software and no minimum yet.",
        [Query(count(_SCOPE.one("trustor_in_ramp"), "== 1"), "")],
        COUNT,
    )


def _overage_over_time() -> sdk.Panel:
    by = "trustor, currency"

    def overage(scope: Scope) -> str:
        return scope.total(by, "trustor_estimated_overage_amount", CURRENT)

    last = f"topk by (currency) ({_MOST_LINES}, {overage(_SCOPE.at_end)} > 0)"
    return lines(
        "Overage of the customers with most of it",
        f"Estimated amount beyond what is prepaid in the current period, of the {_MOST_LINES} "
        "customers of each currency that have most at the end of the time range. Falls when a "
        "period turns.",
        [Query(f"{overage(_SCOPE)} and on ({by}) {last}", "{{trustor}} ({{currency}})")],
        MONEY,
    )


def _used_over_time() -> sdk.Panel:
    last = f"topk({_MOST_LINES}, {charges.used_share(_SCOPE.at_end)})"
    share = charges.used_share(_SCOPE)
    return lines(
        "Charges nearest to, or furthest over, their allowance",
        f"Used share of the allowance (prepaid and included), of the {_MOST_LINES} charges "
        "with the highest at the end of the time range. Choose a customer to see its own.",
        [Query(f"{share} and on ({charges.CHARGE}) {last}", "{{trustor}}: {{charge}}")],
        RATIO,
        steps=used(),
    )

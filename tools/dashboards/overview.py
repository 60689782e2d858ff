"""Billing overview: what will the bill be, what is over, what is unpaid, what changed?"""

from tools.dashboards.figures import (
    contracts_ending,
    customers_in_overage,
    invoices_due,
    invoices_overdue,
    oldest_data,
    wallets_short,
)
from tools.dashboards.frame import build, marked
from tools.dashboards.growth import changed_most
from tools.dashboards.layout import Line, Section
from tools.dashboards.own_charges import overage
from tools.dashboards.pages import CUSTOMERS, OVERVIEW
from tools.dashboards.panels import COUNT, MONEY, QUANTITY, Query, lines
from tools.dashboards.queries import CURRENT, OVERDUE, Scope, either, milliseconds
from tools.dashboards.sdk import dashboard as sdk
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import above
from tools.dashboards.unpaid import overdue, unpaid

PAGE = OVERVIEW
_SCOPE = Scope(PAGE.variables)


def dashboard() -> sdk.Dashboard:
    """Build the dashboard."""
    figures = (
        customers_in_overage(_SCOPE),
        contracts_ending(_SCOPE),
        wallets_short(_SCOPE),
        invoices_overdue(_SCOPE),
        invoices_due(_SCOPE),
        oldest_data(_SCOPE),
    )
    sections = (
        Section("", (Line(4, figures), Line(6, (_money(),)))),
        Section(
            "Over time",
            (
                Line(9, (_overage_over_time(), _overage_charged())),
                Line(9, (unpaid(_SCOPE), overdue(_SCOPE))),
            ),
        ),
        Section(
            "What changed most",
            (Line(10, (changed_most(_SCOPE, CUSTOMERS.with_clicked("trustor")),)),),
        ),
        Section("The organization's own usage", (Line(9, (_own_usage(),)),)),
    )
    starts = _SCOPE.one("usage_period_start_timestamp_seconds")
    mark = marked("Period starts", milliseconds(starts), "{{organization}}")
    return build(PAGE, sections, [mark])


def _overage(by: str = "currency") -> str:
    return _SCOPE.total(by, "trustor_estimated_overage_amount", CURRENT)


def _money() -> sdk.Panel:
    prepaid = _SCOPE.total("currency", "trustor_estimated_prepaid_amount", CURRENT)
    projected = _SCOPE.recorded("organization_currency:trustor_estimated_amount:projected")
    return grid(
        "Money of the current period, by currency",
        "Customers: estimated from quantities and prices of the overview, without tax and "
        "telephony; the invoice may differ. At period end: what adds up goes on at its pace, "
        "licences stay as they are (from the recording rules). Contracts: overage as the API "
        "charges it for charges and wallets of open periods; a contract can cover the same "
        "customers, so do not add the two. Currencies are never added up.",
        [Label("currency", "Currency", width=90)],
        [
            Column("Customers: so far", either(prepaid, _overage()), MONEY),
            Column("Of it overage", _overage(), MONEY),
            Column("At period end", f"sum by (currency) ({projected})", MONEY),
            Column("Contracts: overage", overage(_SCOPE, "currency"), MONEY),
            Column("Unpaid", _SCOPE.total("currency", "unpaid_amount"), MONEY),
            Column(
                "Overdue",
                _SCOPE.total("currency", "unpaid_amount", OVERDUE),
                MONEY,
                above("overdue_amount"),
            ),
        ],
        sort="Currency",
        descending=False,
    )


def _overage_over_time() -> sdk.Panel:
    return lines(
        "Customers' overage so far",
        "Estimated amount beyond what is prepaid in each customer's current period; falls when "
        "a period turns. In the currency that the line is named after.",
        [Query(_overage(), "{{currency}}")],
        MONEY,
    )


def _overage_charged() -> sdk.Panel:
    return lines(
        "Contracts' overage so far",
        "What the API charges for overage of charges and wallets in each contract's open "
        "period; falls when a period turns. In the currency that the line is named after.",
        [Query(overage(_SCOPE, "currency"), "{{currency}}")],
        MONEY,
    )


def _own_usage() -> sdk.Panel:
    return grid(
        "Billable usage of the organization itself",
        "From the billable usage report of the open period, through the previous day; each in "
        "the unit of its charge. The report tells no allowance: see Contracts for that.",
        [Label("charge", "Charge"), Label("organization", "Organization")],
        [
            Column("Usage", _SCOPE.one("usage_quantity"), QUANTITY),
            Column("Users or devices", _SCOPE.one("usage_resources"), COUNT),
        ],
        sort="Charge",
        descending=False,
    )

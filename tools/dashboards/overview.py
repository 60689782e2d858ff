"""Billing overview: what will the bill be, what drives it, what is unpaid, what changed?"""

from tools.dashboards import alerts, bill, month_by_month
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
from tools.dashboards.queries import CURRENT, Scope, milliseconds
from tools.dashboards.sdk import dashboard as sdk
from tools.dashboards.since_yesterday import moved
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.unpaid import overdue, unpaid

PAGE = OVERVIEW
_SCOPE = Scope(PAGE.variables)


def dashboard() -> sdk.Dashboard:
    """Build the dashboard."""
    headlines = (bill.headline(_SCOPE), bill.own_headline(_SCOPE))
    figures = (
        customers_in_overage(_SCOPE),
        contracts_ending(_SCOPE),
        wallets_short(_SCOPE),
        invoices_overdue(_SCOPE),
        invoices_due(_SCOPE),
        oldest_data(_SCOPE),
    )
    customer = CUSTOMERS.with_clicked("trustor")
    sections = (
        Section(
            "",
            (
                Line(7, headlines, (14, 10)),
                Line(6, (bill.money(_SCOPE), bill.owed(_SCOPE)), (17, 7)),
                Line(7, (bill.drivers(_SCOPE),)),
                Line(10, (bill.overages(_SCOPE),)),
                Line(4, figures),
            ),
        ),
        Section(
            "What needs attention, and what changed",
            (
                Line(9, (alerts.firing(),)),
                Line(9, (moved(_SCOPE, customer),)),
                Line(10, (changed_most(_SCOPE, customer),)),
            ),
        ),
        Section(
            "Month by month",
            (
                Line(9, (month_by_month.bills(_SCOPE),)),
                Line(9, (month_by_month.overages(_SCOPE),)),
            ),
        ),
        Section(
            "Over time",
            (
                Line(9, (_overage_over_time(), _overage_charged())),
                Line(9, (unpaid(_SCOPE), overdue(_SCOPE))),
            ),
        ),
        Section("The organization's own usage", (Line(9, (_own_usage(),)),)),
    )
    starts = _SCOPE.one("usage_period_start_timestamp_seconds")
    mark = marked("Period starts", milliseconds(starts), "{{organization}}")
    return build(PAGE, sections, [mark, alerts.marks()])


def _overage_over_time() -> sdk.Panel:
    amount = _SCOPE.total("currency", "trustor_estimated_overage_amount", CURRENT)
    return lines(
        "Customers' overage so far",
        "Estimated amount beyond what is prepaid in each customer's current period; falls when "
        "a period turns. In the currency that the line is named after.",
        [Query(amount, "{{currency}}")],
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
        "the unit of its charge. The report states no allowance: see Contracts for that.",
        [Label("charge", "Charge"), Label("organization", "Organization")],
        [
            Column("Usage", _SCOPE.one("usage_quantity"), QUANTITY),
            Column("Users or devices", _SCOPE.one("usage_resources"), COUNT),
        ],
        sort="Charge",
        descending=False,
    )

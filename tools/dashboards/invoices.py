"""Invoices: what is unpaid, since when, and what was invoiced for what?"""

from tools.dashboards.bars import Dated, stacked
from tools.dashboards.figures import invoices_due, invoices_overdue, oldest_data
from tools.dashboards.frame import build, marked
from tools.dashboards.layout import Line, Section
from tools.dashboards.pages import INVOICES
from tools.dashboards.panels import COUNT, DATE, MONEY, QUANTITY, Query, Unit, figure
from tools.dashboards.queries import (
    CREDIT,
    CURRENT,
    OVERDUE,
    OWED,
    SECONDS_PER_DAY,
    UNPAID,
    Scope,
    milliseconds,
)
from tools.dashboards.sdk import dashboard as sdk
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import BAD, GOOD, NOTICE, SOME, above, threshold
from tools.dashboards.unpaid import overdue, unpaid

PAGE = INVOICES
_SCOPE = Scope(PAGE.variables)
_LOOKBACK_DAYS = 400  # as the collector's default
_INVOICE = "organization, invoice"
_AGES = (
    ("Not due", "not_due", 0),
    ("1-30 days", "1-30d", 0),
    ("31-60 days", "31-60d", 0),
    ("61-90 days", "61-90d", 0),
    ("Over 90 days", "over_90d", 0),
    ("Due date unknown", "unknown", 150),
)


def dashboard() -> sdk.Dashboard:
    """Build the dashboard."""
    figures = (
        _unpaid(),
        invoices_overdue(_SCOPE),
        _long_overdue(),
        invoices_due(_SCOPE),
        _unknown_terms(),
        oldest_data(_SCOPE),
    )
    by_subject = (_by("product", "Product"), _by("billed_organization", "Organization"))
    sections = (
        Section("", (Line(4, figures), Line(6, (_ageing(),)), Line(11, (_open(),)))),
        Section("Over time", (Line(9, (unpaid(_SCOPE), overdue(_SCOPE))),)),
        Section(
            "Invoiced by month of issue",
            (
                Line(11, (_issued("product", "product", "Products"),)),
                Line(10, (_issued("billed_organization", "organization", "Organizations"),)),
            ),
        ),
        Section("Invoiced in total", (Line(11, by_subject),)),
    )
    newest = f"max({_SCOPE.select('contract_period_start_timestamp_seconds', CURRENT)})"
    mark = marked("Period starts", milliseconds(newest), "The newest contract period")
    return build(PAGE, sections, [mark])


def _unpaid() -> sdk.Panel:
    return figure(
        "Invoices unpaid",
        "All unpaid invoices, due or not.",
        [Query(f"sum({_SCOPE.one('unpaid_invoices')})", "")],
        COUNT,
    )


def _long_overdue() -> sdk.Panel:
    return figure(
        "Over 90 days",
        "Unpaid invoices more than 90 days past their due date.",
        [Query(_unpaid_for("over_90d"), "")],
        COUNT,
        steps=((None, GOOD), (1, BAD)),
    )


def _unknown_terms() -> sdk.Panel:
    return figure(
        "Due date unknown",
        "Unpaid invoices whose payment terms state no due date. They count as not overdue.",
        [Query(_unpaid_for("unknown"), "")],
        COUNT,
        steps=SOME,
    )


def _unpaid_for(days: str) -> str:
    matcher = f'overdue="{days}"'
    return f"sum({_SCOPE.one('unpaid_invoices', matcher)})"


def _ageing() -> sdk.Panel:
    ages = [
        Column(
            title, _SCOPE.total("currency", "unpaid_amount", f'overdue="{age}"'), MONEY, width=wide
        )
        for title, age, wide in _AGES
    ]
    overdue = Column(
        "Overdue",
        _SCOPE.total("currency", "unpaid_amount", OVERDUE),
        MONEY,
        above("overdue_amount"),
    )
    return grid(
        "Unpaid amount by days past the due date",
        "Each row in its own currency; currencies are never added up. The due date is derived "
        "from payment terms such as Net 30. Credits are unpaid amounts below 0, which are not "
        "taken off the other columns.",
        [Label("currency", "Currency", width=90)],
        [
            *ages,
            overdue,
            Column("Unpaid", _SCOPE.total("currency", "unpaid_amount", OWED), MONEY),
            Column("Credits", _SCOPE.total("currency", "unpaid_amount", CREDIT), MONEY),
        ],
        sort="Currency",
        descending=False,
    )


def _open() -> sdk.Panel:
    unpaid = _SCOPE.one("invoice_amount", UNPAID, by=_INVOICE)

    def among(metric: str) -> str:
        return f"({_SCOPE.one(metric)} and on ({_INVOICE}) {unpaid})"

    soon = -threshold("invoice_due_days")
    late = _SCOPE.days_until(among("invoice_due_timestamp_seconds"), "invoices")
    return grid(
        "Unpaid invoices",
        "Days late are as of the reading, negative before the due date; empty where the payment "
        "terms state none. The API knows no partial payment.",
        [
            Label("invoice", "Invoice", width=170),
            Label("bill_to", "Billed to"),
            Label("kind", "Kind", width=110),
            Label("payment_terms", "Terms", width=125),
            Label("po_number", "Purchase order", width=130),
            Label("currency", "Currency", width=80),
            Label("organization"),
            Label("payment_status"),
        ],
        [
            Column("", among("invoice_info"), COUNT),
            Column(
                "Issued", milliseconds(among("invoice_issued_timestamp_seconds")), DATE, width=105
            ),
            Column("Due", milliseconds(among("invoice_due_timestamp_seconds")), DATE, width=105),
            Column(
                "Days late",
                f"-({late})",
                Unit("locale", 0),
                ((None, GOOD), (soon, NOTICE), (0, BAD)),
                width=100,
            ),
            Column("Amount", _SCOPE.one("invoice_amount", UNPAID), MONEY, width=130),
        ],
        sort="Days late",
    )


def _issued(label: str, subject: str, subjects: str) -> sdk.Panel:
    by = f"{_INVOICE}, {label}, currency"
    # Repeated once for each currency, so that what is stacked has the same one.
    amount = _SCOPE.total(by, "invoice_line_amount")
    issued = _SCOPE.one("invoice_issued_timestamp_seconds")
    month = f"({issued} - (day_of_month({issued}) - 1) * {SECONDS_PER_DAY})"
    date = f"0 * ({amount}) + on ({_INVOICE}) group_left () ({milliseconds(month)})"
    return stacked(
        f"{subjects}, $currency",
        f"Invoice lines in $currency, stacked by {subject} in the month of issue; the "
        f"last {_LOOKBACK_DAYS} days, whatever the time range. Lines are read for unpaid invoices "
        "only, unless the configuration asks for all.",
        Dated(amount, date, label),
        _LOOKBACK_DAYS,
    )


def _by(label: str, heading: str) -> sdk.Panel:
    by = f"{label}, currency"
    return grid(
        f"By {heading.lower()}",
        "Sum of the invoice lines of all invoices that the exporter looks back on. Lines are read "
        "for unpaid invoices only, unless the configuration asks for all.",
        [Label(label, heading), Label("currency", "Currency", width=90)],
        [
            Column("Amount", _SCOPE.total(by, "invoice_line_amount"), MONEY, width=150),
            Column("Invoices", _invoices(by), QUANTITY, width=100),
        ],
        sort="Amount",
    )


def _invoices(by: str) -> str:
    lines_of = _SCOPE.select("invoice_line_amount")
    return f"count by ({by}) (count by ({_INVOICE}, {by}) ({lines_of}))"

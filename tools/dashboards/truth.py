"""Truth of the bill: does the invoice agree, what is settled, what do the numbers leave out?"""

from tools.dashboards import left_out, reconciliation
from tools.dashboards.frame import build, marked
from tools.dashboards.layout import Line, Section
from tools.dashboards.pages import TRUTH
from tools.dashboards.panels import COUNT, DATE, MONEY, Query, figure
from tools.dashboards.queries import CURRENT, Scope, count, milliseconds
from tools.dashboards.sdk import dashboard as sdk
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import GOOD, NOTICE, SOME

PAGE = TRUTH
_SCOPE = Scope(PAGE.variables)
_SETTLED = {"1": ("settled", GOOD), "0": ("not yet", "text")}
_RESTATED = ((None, "text"), (1.0, NOTICE))


def dashboard() -> sdk.Dashboard:
    """Build the dashboard."""
    figures = (
        _settled("trustor", "Customers' periods"),
        _settled("contract", "Contracts' periods"),
        _restated(),
        reconciliation.unbalanced(_SCOPE),
        left_out.unreadable(_SCOPE),
        left_out.unread(_SCOPE),
        left_out.series(_SCOPE),
    )
    sections = (
        Section("", (Line(4, figures, (4, 4, 3, 4, 3, 3, 3)),)),
        Section(
            "Do the invoices agree with what was used?",
            (
                Line(9, (reconciliation.amounts(_SCOPE),)),
                Line(
                    9,
                    (
                        reconciliation.states(_SCOPE),
                        reconciliation.left_out(_SCOPE),
                        reconciliation.pending(_SCOPE),
                    ),
                ),
                Line(10, (reconciliation.change(_SCOPE),)),
            ),
        ),
        Section(
            "Closed periods: settled, and changed afterwards",
            (Line(12, (_customers(),)), Line(10, (_contracts(),))),
        ),
        Section(
            "What the numbers leave out",
            (Line(9, (left_out.rows(_SCOPE), left_out.customers(_SCOPE), left_out.due(_SCOPE))),),
        ),
    )
    contracts, customers = (
        _SCOPE.one(f"{whose}_period_start_timestamp_seconds", CURRENT, by="organization")
        for whose in ("contract", "trustor")
    )
    starts = f"({contracts} or {customers})"
    mark = marked("Period starts", milliseconds(starts), "{{organization}}")
    return build(PAGE, sections, [mark])


def _settled(whose: str, title: str) -> sdk.Panel:
    states = _SCOPE.one(f"{whose}_period_settled")
    return figure(
        title,
        "Closed periods by whether their numbers are settled: unchanged in readings at least three "
        "days apart and five days after the end, or confirmed by an invoice line. Before that, a "
        "change is late data.",
        [
            Query(count(states, "== 1"), "settled"),
            Query(count(states, "== 0"), "not yet"),
        ],
        COUNT,
    )


def _restated() -> sdk.Panel:
    both = " or ".join(_SCOPE.one(f"{whose}_period_restatements") for whose in _WHOSE)
    return figure(
        "Restated",
        "Closed periods of customers and contracts that were changed after they had settled. The "
        "tables below name them.",
        [Query(count(f"({both})", "> 0"), "")],
        COUNT,
        steps=SOME,
    )


_WHOSE = ("trustor", "contract")


def _customers() -> sdk.Panel:
    return grid(
        "Customers' closed periods",
        "Restated: how often a period was changed after it had settled. Amount: what it comes to "
        "now, less what it came to when first settled. A period is previous, or older: one of the "
        "three before it.",
        [
            Label("trustor", "Customer", width=240),
            Label("period", "Period", width=100),
            Label("currency", "Currency", width=90),
            *(Label(name) for name in ("organization", "trustor_id")),
        ],
        _columns("trustor", "restated_amount"),
        sort="Restated",
    )


def _contracts() -> sdk.Panel:
    return grid(
        "Contracts' closed periods",
        "Restated: how often a period was changed after it had settled. Amount: the overage that "
        "it comes to now, less what it came to when first settled.",
        [
            Label("contract", "Contract", width=240),
            Label("period", "Period", width=100),
            Label("currency", "Currency", width=90),
            Label("organization"),
        ],
        _columns("contract", "restated_overage_amount"),
        sort="Restated",
    )


def _columns(whose: str, amount: str) -> list[Column]:
    changed = _SCOPE.one(f"{whose}_restated_timestamp_seconds")
    return [
        Column("State", _SCOPE.one(f"{whose}_period_settled"), COUNT, words=_SETTLED, width=100),
        Column("Restated", _SCOPE.one(f"{whose}_period_restatements"), COUNT, _RESTATED),
        Column("Amount", _SCOPE.one(f"{whose}_{amount}"), MONEY),
        Column("Seen on", milliseconds(changed), DATE),
    ]

"""Bill of the running period: what it comes to at the end, with its band, and what drives it."""

from tools.dashboards.panels import MONEY, Query, Unit, figure
from tools.dashboards.queries import (
    CREDIT,
    CURRENT,
    OVERDUE,
    OWED,
    PREVIOUS,
    Scope,
    either,
    renamed,
)
from tools.dashboards.ranking import ranked
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import above

CUSTOMER = "organization, trustor, trustor_id"
CUSTOMER_MONEY = f"{CUSTOMER}, currency"
CHANGE = Unit("percentunit", 0)
_CONTRACT_MONEY = "organization, contract, currency"
_READABLE = "organization_contract:readable_customer:max"
_UNREAD = "organization:customers_unread:max"
_DRIVERS = 8
_HEADLINE = Unit(MONEY.id, 0)


def at_end(scope: Scope) -> str:
    """Return each customer's estimated bill at its period's end: the forecast, or else the pace."""
    forecast = scope.one("trustor_forecast_estimated_amount", by=CUSTOMER_MONEY)
    projected = scope.recorded("organization_trustor_currency:estimated_amount:projected")
    return f"({forecast} or {projected})"


def bound(scope: Scope, which: str) -> str:
    """Return the lower or the upper bound of each customer's bill."""
    return scope.one(f"trustor_forecast_estimated_amount_{which}", by=CUSTOMER_MONEY)


def so_far(scope: Scope, by: str, period: str = CURRENT) -> str:
    """Return what is prepaid and what went beyond it, added up."""
    prepaid = scope.total(by, "trustor_estimated_prepaid_amount", period)
    return either(prepaid, scope.total(by, "trustor_estimated_overage_amount", period))


def last_period(scope: Scope) -> str:
    """Return what each customer's previous period came to, at least its minimum."""
    used = so_far(scope, CUSTOMER_MONEY, PREVIOUS)
    least = scope.one("trustor_minimum_monthly_amount", PREVIOUS, by=CUSTOMER_MONEY)
    return f"(({least} > ({used})) or ({used}))"


def overage_at_end(scope: Scope, by: str) -> str:
    """Return the overage of the organization's own contracts at their periods' ends."""
    forecast = scope.one("contract_forecast_estimated_overage_amount", by=_CONTRACT_MONEY)
    projected = scope.recorded("organization_contract_currency:estimated_overage_amount:projected")
    return f"sum by ({by}) {scope.in_open_periods(f'({forecast} or {projected})')}"


def whole(scope: Scope) -> str:
    """Return the bill by currency: absent, rather than too small, while customers are unread."""
    unread = scope.recorded(_UNREAD)
    return f"sum by (currency) ({at_end(scope)} unless on (organization) {unread})"


def _spread(scope: Scope, which: str) -> str:
    """Return how far a bound of the whole bill lies from it: errors of customers partly cancel."""
    far = f"({bound(scope, which)} - {at_end(scope)})"
    return f"sqrt(sum by (currency) ({far} * {far}))"


def headline(scope: Scope) -> dashboard.Panel:
    """Show the bill at period end as the largest figure there is, one per currency."""
    return figure(
        "Bill at period end",
        "All customers together: prepaid and overage that their current periods will come to, "
        "forecast by the exporter from the pace of the weekdays and the last period (or, where it "
        "has no forecast, at the average pace). Estimated, without tax and telephony. The line "
        "behind a figure is how it came about. Absent while customers are unread.",
        [Query(whole(scope), "{{currency}}")],
        _HEADLINE,
        trend=True,
    )


def own_headline(scope: Scope) -> dashboard.Panel:
    """Show the overage of the own contracts at period end."""
    return figure(
        "Own contracts: overage at period end",
        "What the organization's own contracts will be charged beyond what is prepaid and "
        "included. A contract can cover the same customers: do not add it to their bill.",
        [Query(overage_at_end(scope, "currency"), "{{currency}}")],
        _HEADLINE,
        trend=True,
    )


def money(scope: Scope) -> dashboard.Panel:
    """Show the bill with its band and against the last period, by currency."""
    end, spent = whole(scope), so_far(scope, "currency")
    low = f"({end} - {_spread(scope, 'lower')})"
    last = f"sum by (currency) ({last_period(scope)})"
    return grid(
        "Bill of the current period, by currency",
        "Customers: estimated from quantities and prices of the overview, without tax and "
        "telephony; the invoice may differ. From and to are the band: four of five earlier "
        "outcomes lay within that of a customer, and the errors of customers partly cancel; a "
        "customer without a band counts as certain. Last period is what the periods before come "
        "to. Both count at least the minimum monthly amount. Currencies are never added up.",
        [Label("currency", "Currency", width=80)],
        [
            Column("So far", spent, MONEY),
            Column(
                "of which overage",
                scope.total("currency", "trustor_estimated_overage_amount", CURRENT),
                MONEY,
                width=150,
            ),
            Column("From", f"({low} > ({spent})) or ({spent})", MONEY),
            Column("At period end", end, MONEY),
            Column("To", f"{end} + {_spread(scope, 'upper')}", MONEY),
            Column("Last period", last, MONEY),
            Column("Change", f"{end} / {last} - 1", CHANGE, width=80),
        ],
        sort="Currency",
        descending=False,
    )


def owed(scope: Scope) -> dashboard.Panel:
    """Show what is unpaid, overdue and credited, by currency."""
    return grid(
        "Owed, by currency",
        "Unpaid invoices, due or not, and those past their due date. Credits are unpaid amounts "
        "below 0: they are not taken off the other columns.",
        [Label("currency", "Currency", width=80)],
        [
            Column("Unpaid", scope.total("currency", "unpaid_amount", OWED), MONEY),
            Column(
                "Overdue",
                scope.total("currency", "unpaid_amount", OVERDUE),
                MONEY,
                above("overdue_amount"),
            ),
            Column("Credits", scope.total("currency", "unpaid_amount", CREDIT), MONEY),
        ],
        sort="Currency",
        descending=False,
    )


def drivers(scope: Scope) -> dashboard.Panel:
    """Rank the customers whose bills are largest, for each currency."""
    return ranked(
        "What drives the bill, $currency",
        f"The {_DRIVERS} customers with the largest bill at period end in $currency.",
        Query(f"sort_desc(topk({_DRIVERS}, {at_end(scope)}))", "{{trustor}}"),
        _HEADLINE,
        by_currency=True,
    )


def overages(scope: Scope) -> dashboard.Panel:
    """Rank the charges with the largest overage, for each currency."""
    customers = scope.one("trustor_estimated_overage_amount", CURRENT)
    drawn = renamed(scope.one("wallet_overage_amount", CURRENT), "wallet", "charge")
    own = scope.in_open_periods(f"({scope.one('charge_overage_amount', CURRENT)} or {drawn})")
    own = f"({own} unless on (organization, contract) {scope.recorded(_READABLE)})"
    every = f"{renamed(customers, 'trustor', 'whose')} or {renamed(own, 'contract', 'whose')}"
    return ranked(
        "Largest overages, $currency",
        f"The {_DRIVERS} charges of customers with the largest overage so far in $currency, and of "
        "charges and wallets of own contracts of which no customer shows the same.",
        Query(f"sort_desc(topk({_DRIVERS}, {every}) > 0)", "{{whose}}: {{charge}}"),
        _HEADLINE,
        by_currency=True,
    )

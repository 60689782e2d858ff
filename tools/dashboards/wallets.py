"""Wallets: what is left, and how long it lasts."""

from tools.dashboards.panels import DATE, DAYS, QUANTITY, RATIO, Query, Unit, lines
from tools.dashboards.queries import CURRENT, SECONDS_PER_DAY, Scope, milliseconds
from tools.dashboards.ranking import ranked
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import BAD, GOOD, NOTICE

_WALLET = "organization, contract, wallet, sku, unit"
_WALLET_NAME = "{{contract}}: {{wallet}}"
_RUNWAY = "organization_contract_wallet:runway:days"


def balances(scope: Scope) -> dashboard.Panel:
    """Show each wallet of an open period with its movements."""

    def of(metric: str) -> str:
        return scope.in_open_periods(scope.one(f"wallet_{metric}", CURRENT, by=_WALLET))

    left = scope.recorded("organization_contract:period_left:days")
    margin = f"{scope.recorded(_RUNWAY)} - on (organization, contract) group_left () {left}"
    return grid(
        "Wallets of open periods",
        "Each in its unit. Lasts: days until the balance is used up at the average pace of the "
        "period so far. Margin: those days less what is left of the period; below 0 the wallet "
        "runs out before it (both from the recording rules). Empty where nothing is used. Overage "
        "quantity: used after the wallet was empty.",
        [
            Label("contract", "Contract", width=135),
            Label("wallet", "Wallet", width=170),
            Label("unit", "Unit", width=90),
            Label("organization"),
            Label("sku"),
        ],
        [
            Column("At start", of("starting_balance"), QUANTITY),
            Column("Added", of("increase"), QUANTITY),
            Column("Removed", of("decrease"), QUANTITY),
            Column("Used", of("consumption"), QUANTITY),
            Column("Balance", of("balance"), QUANTITY, ((None, BAD), (1, GOOD))),
            Column(
                "Overage quantity", of("overage"), QUANTITY, ((None, "text"), (1, BAD)), width=130
            ),
            Column("Lasts", scope.in_open_periods(scope.recorded(_RUNWAY)), DAYS),
            Column("Used up on", milliseconds(_used_up(scope)), DATE, width=105),
            Column(
                "Margin",
                scope.in_open_periods(f"({margin})"),
                Unit("suffix: days", 0),
                ((None, NOTICE), (0, GOOD)),
            ),
        ],
        sort="Lasts",
        descending=False,
    )


def _used_up(scope: Scope) -> str:
    """Return when each balance is used up."""
    lasts = f"{scope.recorded(_RUNWAY)} * {SECONDS_PER_DAY}"
    read = scope.as_of("contracts")
    return scope.in_open_periods(f"({lasts} + on (organization) group_left () {read})")


def remaining(scope: Scope) -> dashboard.Panel:
    """Show the share of each wallet that is left, over time."""
    balance = scope.one("wallet_balance", CURRENT, by=_WALLET)
    start = scope.one("wallet_starting_balance", CURRENT, by=_WALLET)
    added = scope.one("wallet_increase", CURRENT, by=_WALLET)
    share = f"{balance} / ({start} + {added} > 0)"
    return lines(
        "Left in each wallet",
        "Balance as a share of the balance at the period's start and what was added since. Open "
        "periods only.",
        [Query(scope.in_open_periods(share), _WALLET_NAME)],
        RATIO,
    )


def runways(scope: Scope) -> dashboard.Panel:
    """Rank the wallets by how soon they are empty."""
    lasts = scope.in_open_periods(scope.recorded(_RUNWAY))
    return ranked(
        "Days that each wallet lasts",
        "At the average pace of the period so far (from the recording rules). A wallet that "
        "nobody draws on has no bar.",
        Query(f"sort({lasts})", _WALLET_NAME),
        DAYS,
    )

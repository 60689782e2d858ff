"""The table of customers: one row each."""

from types import MappingProxyType

from tools.dashboards.bill import CHANGE, CUSTOMER, CUSTOMER_MONEY, at_end, last_period
from tools.dashboards.panels import COUNT, DATE, DAYS, MONEY, RATIO
from tools.dashboards.queries import CURRENT, SECONDS_PER_DAY, Scope, milliseconds
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import BAD, GOOD, NOTICE, days_left

_STATUS = MappingProxyType(
    {"ok": GOOD, "no_data": "text", "disabled": "text", "forbidden": BAD, "error": NOTICE}
)


def fleet(scope: Scope, link: str) -> dashboard.Panel:
    """Show every customer with status, money, period and contract.

    Args:
        scope: the choices of the dashboard.
        link: where a click on a customer leads.
    """
    return grid(
        "All customers",
        "Amounts are estimated from the overview of the current period, without tax and "
        "telephony. At period end is the forecast; Change compares it with the previous period, "
        "both with the minimum. Days left are as of the reading. A customer that is not readable "
        "has no numbers: missing is not zero. A click on a name shows that customer alone.",
        [
            Label("trustor", "Customer", width=225, link=(link, "Show this customer")),
            Label("status", "Status", width=90, colors=_STATUS),
            Label("currency", "Currency", width=80),
            Label("subscription"),
            Label("trustor_id"),
            Label("organization"),
        ],
        [
            Column("", f"{scope.one('trustor_status')} == 1", COUNT),
            Column("", scope.one("trustor_info"), COUNT),
            Column(
                "Overage so far",
                scope.total(CUSTOMER_MONEY, "trustor_estimated_overage_amount", CURRENT),
                MONEY,
            ),
            Column(
                "Prepaid",
                scope.total(CUSTOMER_MONEY, "trustor_estimated_prepaid_amount", CURRENT),
                MONEY,
            ),
            Column(
                "Minimum",
                scope.one("trustor_minimum_monthly_amount", CURRENT, by=CUSTOMER_MONEY),
                MONEY,
            ),
            Column("At period end", at_end(scope), MONEY),
            Column("Change", f"{at_end(scope)} / {last_period(scope)} - 1", CHANGE, width=80),
            Column("Period passed", _elapsed(scope), RATIO, full=1, width=130),
            Column("Period ends", milliseconds(_period(scope, "end")), DATE, width=105),
            Column("Contract left", _contract_left(scope), DAYS, days_left(), width=110),
        ],
        sort="Overage so far",
    )


def _period(scope: Scope, edge: str) -> str:
    return scope.one(f"trustor_period_{edge}_timestamp_seconds", CURRENT, by=CUSTOMER)


def _elapsed(scope: Scope) -> str:
    start, end = _period(scope, "start"), _period(scope, "end")
    now = scope.one("trustor_last_success_timestamp_seconds")
    midnight = f"floor({now} / {SECONDS_PER_DAY}) * {SECONDS_PER_DAY}"
    return f"clamp(({midnight} - {start}) / ({end} - {start}), 0, 1)"


def _contract_left(scope: Scope) -> str:
    end = scope.one("trustor_contract_end_timestamp_seconds")
    now = scope.one("trustor_last_success_timestamp_seconds")
    return f"({end} - {now}) / {SECONDS_PER_DAY}"

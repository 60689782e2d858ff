"""Contracts and wallets: periods, charges against what is included, burn-down with runway."""

from tools.dashboards.figures import oldest_data, wallets_short
from tools.dashboards.frame import build, marked
from tools.dashboards.layout import Line, Section
from tools.dashboards.own_charges import charges, over_time, prices
from tools.dashboards.pages import CONTRACTS
from tools.dashboards.panels import COUNT, DATE, DAYS, RATIO, Query, Unit, figure
from tools.dashboards.queries import CURRENT, SECONDS_PER_DAY, Scope, count, milliseconds
from tools.dashboards.sdk import dashboard as sdk
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import GOOD, SOME, days_left
from tools.dashboards.wallets import balances, remaining, runways

PAGE = CONTRACTS
_SCOPE = Scope(PAGE.variables)
_CONTRACT = "organization, contract"
_OPEN = {"0": ("open", GOOD), "1": ("closed", "text")}


def dashboard() -> sdk.Dashboard:
    """Build the dashboard."""
    figures = (
        _active(),
        _next_end(),
        _charges_over(),
        _wallets_empty(),
        wallets_short(_SCOPE),
        oldest_data(_SCOPE),
    )
    sections = (
        Section("", (Line(4, figures), Line(8, (_contracts(),)))),
        Section(
            "Wallets", (Line(7, (balances(_SCOPE),)), Line(9, (remaining(_SCOPE), runways(_SCOPE))))
        ),
        Section("Charges", (Line(13, (charges(_SCOPE),)), Line(9, (over_time(_SCOPE),)))),
        Section("Agreed prices", (Line(11, (prices(_SCOPE),)),)),
    )
    starts = _SCOPE.one("contract_period_start_timestamp_seconds")
    mark = marked("Period starts", milliseconds(starts), "{{contract}}")
    return build(PAGE, sections, [mark])


def _active() -> sdk.Panel:
    active = _SCOPE.one("contract_info", 'status=~"(?i)active"')
    return figure(
        "Active contracts",
        "Contracts of the organization itself that the API calls active.",
        [Query(count(active, "== 1"), "")],
        COUNT,
    )


def _next_end() -> sdk.Panel:
    left = _SCOPE.days_until(_SCOPE.one("contract_end_timestamp_seconds"), "contracts")
    return figure(
        "Next contract ends in",
        "Days from the reading to the end of the contract that ends first. Ended ones do not "
        "count.",
        [Query(f"min({left} >= 0)", "")],
        DAYS,
        steps=days_left(),
    )


def _charges_over() -> sdk.Panel:
    over = _SCOPE.in_open_periods(_SCOPE.one("charge_overage_quantity", CURRENT))
    return figure(
        "Charges in overage",
        "Charges beyond what is prepaid or included, in open periods.",
        [Query(count(over, "> 0"), "")],
        COUNT,
        steps=SOME,
    )


def _wallets_empty() -> sdk.Panel:
    balance = _SCOPE.in_open_periods(_SCOPE.one("wallet_balance", CURRENT))
    return figure(
        "Wallets empty",
        "Wallets with nothing left, in open periods.",
        [Query(count(balance, "<= 0"), "")],
        COUNT,
        steps=SOME,
    )


def _contracts() -> sdk.Panel:
    def edge(which: str) -> str:
        return _SCOPE.one(f"contract_period_{which}_timestamp_seconds", CURRENT, by=_CONTRACT)

    start, end = edge("start"), edge("end")
    last = _SCOPE.one("contract_end_timestamp_seconds")
    midnight = f"floor({_SCOPE.as_of('contracts')} / {SECONDS_PER_DAY}) * {SECONDS_PER_DAY}"
    passed = f"1 - ({end} - on (organization) group_left () {midnight}) / ({end} - {start})"
    return grid(
        "Contracts",
        "Contracts of the organization itself with their newest billing period, which can be the "
        "one that has just ended. Days left are as of the reading, negative once a contract has "
        "ended.",
        [
            Label("contract", "Contract"),
            Label("end_customer", "End customer", width=210),
            Label("status", "Status", width=90),
            Label("commercial_model", "Model"),
            Label("organization"),
            Label("period"),
        ],
        [
            Column("", _SCOPE.one("contract_info"), COUNT),
            Column("Period", _closed(), Unit("none"), words=_OPEN, width=90),
            Column("Begins", milliseconds(start), DATE, width=105),
            Column("Ends", milliseconds(end), DATE, width=105),
            Column("Passed", f"clamp({passed}, 0, 1)", RATIO, full=1, width=130),
            Column("Contract ends", milliseconds(last), DATE, width=115),
            Column("Left", _SCOPE.days_until(last, "contracts"), DAYS, days_left(), width=110),
        ],
        sort="Left",
        descending=True,
    )


def _closed() -> str:
    return _SCOPE.one("contract_period_closed", CURRENT)

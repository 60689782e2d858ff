"""Overview records: what is known at a glance, collectors, the API."""

from datetime import datetime
from typing import Literal

import msgspec

from billing_exporter.web.records.contracts import Contract
from billing_exporter.web.records.customers import Customer, StateCount
from billing_exporter.web.records.money import (
    Budget,
    Difference,
    Overage,
    Total,
    Unpaid,
)

CollectorState = Literal["waiting", "restored", "ok", "failing"]


class Attention(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that somebody should look at.

    Attributes:
        kind: what it is about.
        organization: as configured.
        subject: the collector, currency or budget that it is about; empty where there is none.
        text: what is wrong, as a sentence.
        action: what to do, as a sentence; empty where that depends.
    """

    kind: Literal[
        "collector", "customers", "overdue", "budget", "series_left_out", "rows_dropped", "unpriced"
    ]
    organization: str
    subject: str
    text: str
    action: str


class Collector(msgspec.Struct, frozen=True, kw_only=True):
    """A collector of one organization.

    Attributes:
        organization: as configured.
        collector: its name.
        state: ``waiting`` before its first poll has ended; ``restored`` where values from before
            a restart are shown until then.
        reason: the kind of the last error in one word; empty after a success.
        error: the sentence of the last error; empty after a success.
        action: what to do about it; empty after a success.
        failures: polls that have failed since the last good one.
        polling: whether a poll is under way.
        done: how many things the poll under way has read; null between polls.
        total: how many things it has to read; null between polls.
        last_success: when the poll began that read the current values.
        last_attempt: when the last poll began.
        next_poll_seconds: real seconds until the next poll; null while one is under way.
        duration_seconds: how long the last poll took.
        series: series that it exposes.
        series_left_out: series dropped because max_series was reached.
        labels_cut: values with a label that was too long.
        rows_dropped: rows, or numbers in them, that gave no sample, by reason.
    """

    organization: str
    collector: str
    state: CollectorState
    reason: str = ""
    error: str = ""
    action: str = ""
    failures: int = 0
    polling: bool = False
    done: int | None = None
    total: int | None = None
    last_success: datetime | None = None
    last_attempt: datetime | None = None
    next_poll_seconds: float | None = None
    duration_seconds: float | None = None
    series: int = 0
    series_left_out: int = 0
    labels_cut: int = 0
    rows_dropped: dict[str, int] = {}


class ApiBudget(msgspec.Struct, frozen=True, kw_only=True):
    """The API's budget of one organization's token.

    Attributes:
        organization: as configured.
        allowed: requests a minute that the API allows.
        used: requests that the API counted in the current minute.
        requests: requests since the start.
        failed: those among them without a usable answer.
        retried: requests that were tried again.
    """

    organization: str
    allowed: int | None
    used: int | None
    requests: int
    failed: int
    retried: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """What an exporter knows, at a glance.

    Attributes:
        version: of the exporter.
        now: the time of the exporter's clock.
        uptime_seconds: how long it has run.
        organizations: all of them, as configured.
        attention: what somebody should look at, the most urgent first.
        budgets: of the configuration, by name.
        totals: money of the running period by organization and currency.
        unpaid: unpaid invoices by organization and currency.
        differences: charges that were invoiced otherwise than used, the largest first.
        overages: the ten largest of each currency.
        contracts: those that have not ended, the largest overage first; at most 50.
        contracts_total: how many have not ended.
        customers: number of customers by state.
        failing_customers: the first of those that cannot be read.
        collectors: those that need attention first.
        api: the API's budget by organization.
        data_until: when the oldest of the current values was read; null before the first.
    """

    version: str
    now: datetime
    uptime_seconds: float
    organizations: tuple[str, ...] = ()
    attention: tuple[Attention, ...] = ()
    budgets: tuple[Budget, ...] = ()
    totals: tuple[Total, ...] = ()
    unpaid: tuple[Unpaid, ...] = ()
    differences: tuple[Difference, ...] = ()
    overages: tuple[Overage, ...] = ()
    contracts: tuple[Contract, ...] = ()
    contracts_total: int = 0
    customers: tuple[StateCount, ...] = ()
    failing_customers: tuple[Customer, ...] = ()
    collectors: tuple[Collector, ...] = ()
    api: tuple[ApiBudget, ...] = ()
    data_until: datetime | None = None

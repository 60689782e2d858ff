"""Records that pages show and ``/api/v1`` returns, the same ones.

A value that is not known is null, never 0. Amounts are exact decimals, without tax; amounts of
different currencies are never added. Moments are UTC.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

CollectorState = Literal["waiting", "ok", "failing"]
CustomerState = Literal["error", "forbidden", "disabled", "no_data", "unread", "ok"]
CUSTOMER_STATES: tuple[CustomerState, ...] = (
    "error",
    "forbidden",
    "disabled",
    "no_data",
    "unread",
    "ok",
)
"""States of a customer; those that need attention come first."""

Sort = Literal["state", "name", "forecast", "overage"]
SORTS: tuple[Sort, ...] = ("state", "name", "forecast", "overage")
"""Orders of a list of customers."""


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


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts of one currency of a customer, contract or sum of them.

    Attributes:
        currency: ISO code of all amounts.
        so_far: what the running period comes to by now; for contracts overage alone.
        overage: of which overage.
        forecast: what the period comes to at its end.
        forecast_lower: lower bound of the forecast; null without a band.
        forecast_upper: upper bound of the forecast; null without a band.
        last_period: what the period before came to, at least the minimum amount.
    """

    currency: str
    so_far: Decimal | None = None
    overage: Decimal | None = None
    forecast: Decimal | None = None
    forecast_lower: Decimal | None = None
    forecast_upper: Decimal | None = None
    last_period: Decimal | None = None


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """The money of an organization's customers or contracts in one currency.

    Attributes:
        organization: as configured.
        of: whose money it is.
        amounts: the sums. Customers without a forecast count with what they cost so far.
        accounts: customers or contracts that have amounts.
        without_forecast: those among them without a forecast.
        without_band: those among them whose forecast has no band. The sum has one where they make
            up at most a twentieth of it; it takes them to vary independently of each other.
        period_start: first day of the earliest running period.
        period_end: last day of the latest running period.
    """

    organization: str
    of: Literal["customers", "contracts"]
    amounts: Amounts
    accounts: int
    without_forecast: int
    without_band: int
    period_start: date | None
    period_end: date | None


class Unpaid(msgspec.Struct, frozen=True, kw_only=True):
    """Unpaid invoices in one currency.

    Attributes:
        organization: as configured.
        currency: ISO code of all amounts.
        amount: of all unpaid invoices, credits not deducted.
        invoices: number of unpaid invoices.
        overdue_amount: of those past their due date.
        overdue_invoices: number of those past their due date.
        unknown_due_amount: of those whose payment terms state no due date.
        credit: of unpaid invoices below 0.
        by_age: all of it by days past the due date.
    """

    organization: str
    currency: str
    amount: Decimal
    invoices: int
    overdue_amount: Decimal
    overdue_invoices: int
    unknown_due_amount: Decimal
    credit: Decimal
    by_age: tuple["UnpaidAge", ...]


class UnpaidAge(msgspec.Struct, frozen=True, kw_only=True):
    """Unpaid invoices by days past their due date.

    Attributes:
        age: ``not_due``, ``1-30d``, ``31-60d``, ``61-90d``, ``over_90d``, ``unknown`` (the payment
            terms state no due date) or ``credit`` (amounts below 0).
        amount: their sum.
        invoices: their number.
    """

    age: str
    amount: Decimal
    invoices: int


class Overage(msgspec.Struct, frozen=True, kw_only=True):
    """Overage of one charge in the running period.

    Attributes:
        organization: as configured.
        of: whether a customer or a contract has it.
        id: of the customer; the number of the contract.
        name: of the customer; the number of the contract.
        charge: its name.
        quantity: beyond what is prepaid and included.
        unit: of the quantity.
        unit_price: of one unit of overage.
        amount: estimated for a customer, as charged for a contract.
        currency: ISO code.
    """

    organization: str
    of: Literal["customer", "contract"]
    id: str
    name: str
    charge: str
    quantity: Decimal | None
    unit: str
    unit_price: Decimal | None
    amount: Decimal
    currency: str


class StateCount(msgspec.Struct, frozen=True, kw_only=True):
    """Customers in one state.

    Attributes:
        state: ``ok``; ``no_data``, ``forbidden`` and ``disabled`` as the API answers; ``error``;
            ``unread`` before the first attempt.
        customers: how many there are.
    """

    state: CustomerState
    customers: int


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer of a partner.

    Attributes:
        organization: as configured.
        id: of the customer's organization.
        name: of the customer's organization.
        state: how the last attempt to read it ended.
        error: the sentence of the last error; empty without one.
        action: what to do about it; empty where nothing is wrong.
        read_at: when its numbers were read.
        amounts: by currency.
    """

    organization: str
    id: str
    name: str
    state: CustomerState
    error: str
    action: str
    read_at: datetime | None
    amounts: tuple[Amounts, ...]


class Collector(msgspec.Struct, frozen=True, kw_only=True):
    """A collector of one organization.

    Attributes:
        organization: as configured.
        collector: its name.
        state: ``waiting`` before its first poll has ended.
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
        totals: money of the running period by organization and currency.
        unpaid: unpaid invoices by organization and currency.
        overages: the ten largest of each currency.
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
    totals: tuple[Total, ...] = ()
    unpaid: tuple[Unpaid, ...] = ()
    overages: tuple[Overage, ...] = ()
    customers: tuple[StateCount, ...] = ()
    failing_customers: tuple[Customer, ...] = ()
    collectors: tuple[Collector, ...] = ()
    api: tuple[ApiBudget, ...] = ()
    data_until: datetime | None = None


class Customers(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the list of customers.

    Attributes:
        now: the time of the exporter's clock.
        organization: whose customers; empty for all.
        search: text that name or id contains; empty for all.
        state: the state that they are in; null for all.
        sort: their order.
        page: number of this page, from 1.
        pages: number of pages.
        size: customers on a page.
        total: customers on all pages.
        states: all customers by state, whatever is searched for.
        customers: those of this page.
    """

    now: datetime
    organization: str
    search: str
    state: CustomerState | None
    sort: Sort
    page: int
    pages: int
    size: int
    total: int
    states: tuple[StateCount, ...]
    customers: tuple[Customer, ...]


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """A charge of one billing period.

    Attributes:
        period: ``current`` for the running period, ``previous`` for the one before.
        charge: its name.
        sku: stock keeping unit or part number.
        grouping: of a customer's charge, as the API gives it; empty for a contract's.
        unit: of all quantities.
        used: quantity used.
        prepaid: quantity paid in advance.
        included: quantity included as fair use or free tokens.
        overage: quantity beyond what is prepaid and included.
        forecast: quantity at the end of the running period.
        forecast_lower: lower bound of the forecast.
        forecast_upper: upper bound of the forecast.
        currency: of price and amount; empty where there is none.
        unit_price: of one unit of overage.
        prepaid_amount: prepaid quantity times its price.
        overage_amount: overage times its unit price.
    """

    period: str
    charge: str
    sku: str
    grouping: str
    unit: str
    used: Decimal | None = None
    prepaid: Decimal | None = None
    included: Decimal | None = None
    overage: Decimal | None = None
    forecast: Decimal | None = None
    forecast_lower: Decimal | None = None
    forecast_upper: Decimal | None = None
    currency: str = ""
    unit_price: Decimal | None = None
    prepaid_amount: Decimal | None = None
    overage_amount: Decimal | None = None


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A closed billing period.

    Attributes:
        start: its first day.
        currency: of the amount.
        amount: what it came to, without the minimum amount; for contracts overage alone.
    """

    start: date
    currency: str
    amount: Decimal


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A customer or a contract with its charges and its closed periods.

    Attributes:
        now: the time of the exporter's clock.
        of: which of the two.
        customer: who it is and how it was read; null for a contract.
        organization: as configured.
        id: of the customer; the number of the contract.
        name: of the customer; the number of the contract.
        amounts: by currency.
        period_start: first day of the running period.
        period_end: last day of the running period.
        contract_end: last day of the contract.
        minimum: amount to pay each month whether used or not, by currency.
        settled: whether the numbers of the period before are final; null where not known.
        charges: of both periods, the largest overage first.
        history: closed periods, the oldest first.
    """

    now: datetime
    of: Literal["customer", "contract"]
    customer: Customer | None
    organization: str
    id: str
    name: str
    amounts: tuple[Amounts, ...]
    period_start: date | None
    period_end: date | None
    contract_end: date | None
    minimum: dict[str, Decimal]
    settled: bool | None
    charges: tuple[Charge, ...]
    history: tuple[Period, ...]


class CustomerQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which customers to list, and how.

    Attributes:
        organization: whose customers; empty for all.
        search: text that name or id contains, in any case.
        state: the state that they are in; None for all.
        sort: their order.
        page: number of the page, from 1.
        size: customers on a page.
    """

    organization: str = ""
    search: str = ""
    state: CustomerState | None = None
    sort: Sort = "state"
    page: int = 1
    size: int = 50

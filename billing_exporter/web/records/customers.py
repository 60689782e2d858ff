"""Customer records: their states, the list of them, and one with its charges."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from billing_exporter.web.records.money import Amounts

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


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """A charge of one billing period.

    Attributes:
        period: ``current`` for the running period, ``previous`` for the one before.
        charge: its name.
        sku: stock keeping unit or part number.
        grouping: of a customer's charge, as the API gives it; ``wallet`` for a contract's wallet,
            empty for its charges.
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

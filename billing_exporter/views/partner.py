"""Customers of the partners among the organizations, by their states and summaries."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from math import ceil
from operator import attrgetter, itemgetter

import msgspec

from billing_exporter.collectors.trustor_overview import TrustorState
from billing_exporter.polling.reading import Reading
from billing_exporter.summaries import Account, Money
from billing_exporter.views import totals
from billing_exporter.views.advice import BY_STATE, MEANING
from billing_exporter.web import records
from billing_exporter.web.records import (
    CUSTOMER_STATES,
    CustomerQuery,
    CustomerState,
    Sort,
    StateCount,
)

FAILING: frozenset[CustomerState] = frozenset({"error", "forbidden", "disabled"})
"""States in which a customer's numbers are not read although they may exist."""


class Listed(msgspec.Struct, frozen=True, gc=False):
    """A customer of an organization, before it is made a record.

    Attributes:
        organization: as configured.
        id: of the customer's organization.
        state: how it was last read.
        account: its numbers, None where there are none.
        folded: its name, for searches and orders.
    """

    organization: str
    id: str
    state: TrustorState
    account: Account | None
    folded: str

    @property
    def status(self) -> CustomerState:
        """The state as pages call it."""
        return self.state.status or "unread"


class Partner:
    """The customers in one reading of an organization; what is derived of them is kept.

    Attributes:
        reading: what they were read with.
        states: of all customers, by id.
        accounts: of those that have numbers, by id.
        counts: how many are in each state.
    """

    def __init__(self, organization: str, reading: Reading) -> None:
        self.reading = reading
        self.states: dict[str, TrustorState] = {}
        self.accounts: dict[str, Account] = {}
        for _, summary in reading.summaries():
            if isinstance(summary, TrustorState):
                self.states[summary.id] = summary
            elif isinstance(summary, Account):
                self.accounts[summary.id] = summary
        statuses = Counter(map(attrgetter("status"), self.states.values()))
        self.counts: Counter[CustomerState] = Counter(
            {status or "unread": count for status, count in statuses.items()}
        )
        self._organization = organization
        self._orders: dict[Sort, list[Listed]] = {}

    @cached_property
    def customers(self) -> list[Listed]:
        """All of them, in the order of their ids."""
        organization, accounts = self._organization, self.accounts
        return [
            Listed(organization, key, state, accounts.get(key), state.name.casefold())
            for key, state in self.states.items()
        ]

    @cached_property
    def totals(self) -> tuple[records.Total, ...]:
        """Their money by currency."""
        return tuple(totals.totals(self._organization, "customers", self.accounts.values()))

    @cached_property
    def overages(self) -> tuple[records.Overage, ...]:
        """The largest of each currency."""
        return totals.largest(self._organization, self.accounts.items())

    @cached_property
    def unpriced(self) -> int:
        """How many overages have no amount."""
        return sum(account.unpriced for account in self.accounts.values())

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of those that have numbers."""
        return frozenset(account.name for account in self.accounts.values())

    @cached_property
    def oldest(self) -> datetime | None:
        """When the oldest of their values was read."""
        known = (state for key, state in self.states.items() if key in self.accounts)
        read = (state.read_at for state in known if state.read_at is not None)
        return min(read, default=None)

    @cached_property
    def failing(self) -> list[Listed]:
        """Those that cannot be read, in the order of their states and names."""
        organization, accounts = self._organization, self.accounts
        found = [
            Listed(organization, key, state, accounts.get(key), state.name.casefold())
            for key, state in self.states.items()
            if state.status in FAILING
        ]
        return ordered(found, "state")

    def ordered(self, sort: Sort) -> list[Listed]:
        """Return the customers in an order; it is made once."""
        found = self._orders.get(sort)
        if found is None:
            found = self._orders[sort] = ordered(self.customers, sort)
        return found


def state_counts(partners: Iterable[Partner]) -> tuple[StateCount, ...]:
    """Count customers by state; those that need attention come first."""
    found: Counter[CustomerState] = Counter()
    for one in partners:
        found.update(one.counts)
    return tuple(
        StateCount(state=state, customers=found[state]) for state in CUSTOMER_STATES if found[state]
    )


def customers_page(
    partners: Sequence[Partner], query: CustomerQuery
) -> tuple[int, int, tuple[records.Customer, ...]]:
    """Return how many customers and pages a query gives, and the customers of its page."""
    if len(partners) == 1:
        every = partners[0].ordered(query.sort)
    else:
        every = ordered([one for partner in partners for one in partner.customers], query.sort)
    text = query.search.casefold()
    found = [
        one
        for one in every
        if (not query.organization or one.organization == query.organization)
        and (query.state is None or one.status == query.state)
        and (not text or text in one.folded or text in one.id.casefold())
    ]
    start = (query.page - 1) * query.size
    shown = tuple(record_of(one) for one in found[start : start + query.size])
    return len(found), max(1, ceil(len(found) / query.size)), shown


def ordered(customers: Iterable[Listed], sort: Sort) -> list[Listed]:
    """Return customers in an order; those that are alike in it stay in that of their names."""
    by_name = sorted(customers, key=attrgetter("folded"))
    if sort == "name":
        return by_name
    if sort == "state":
        ranks = {state: rank for rank, state in enumerate(CUSTOMER_STATES)}
        return sorted(by_name, key=lambda one: ranks[one.status])
    return _by_amount(by_name, attrgetter(sort))


def _by_amount(
    customers: Iterable[Listed], amount_of: Callable[[Money], Decimal | None]
) -> list[Listed]:
    """Order by currency, for currencies are not compared, then by amount; unknown ones last."""
    by_currency: dict[str, list[tuple[Decimal, Listed]]] = {}
    unknown = []
    for one in customers:
        for money in one.account.money if one.account is not None else ():
            amount = amount_of(money)
            if amount is not None:
                by_currency.setdefault(money.currency, []).append((amount, one))
                break
        else:
            unknown.append(one)
    known = [
        one
        for _, found in sorted(by_currency.items())
        for _, one in sorted(found, key=itemgetter(0), reverse=True)
    ]
    return known + unknown


def record_of(one: Listed) -> records.Customer:
    """Return a customer as pages show it."""
    state = one.status
    return records.Customer(
        organization=one.organization,
        id=one.id,
        name=one.state.name,
        state=state,
        # That there is no billing is how the API answers, and no error.
        error=MEANING[state] if state == "no_data" else one.state.error or MEANING[state],
        action=BY_STATE[state],
        read_at=one.state.read_at,
        amounts=amounts_of(one.account.money) if one.account else (),
    )


def amounts_of(money: Iterable[Money]) -> tuple[records.Amounts, ...]:
    """Return amounts as pages show them."""
    return tuple(
        records.Amounts(
            currency=one.currency,
            so_far=one.so_far,
            overage=one.overage,
            forecast=one.forecast,
            forecast_lower=one.lower,
            forecast_upper=one.upper,
            last_period=one.last,
        )
        for one in money
    )

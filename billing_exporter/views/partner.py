"""Customers of the partners among the organizations, by their states and summaries."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from math import ceil
from typing import NamedTuple

from billing_exporter.collectors.trustor_overview import TrustorState
from billing_exporter.polling.poller import Poller
from billing_exporter.summaries import Account, Money
from billing_exporter.views.advice import BY_STATE, MEANING
from billing_exporter.web import records
from billing_exporter.web.records import CUSTOMER_STATES, CustomerQuery, CustomerState, StateCount

FAILING: frozenset[CustomerState] = frozenset({"error", "forbidden", "disabled"})
"""States in which a customer's numbers are not read although they may exist."""

_RANKS = {state: rank for rank, state in enumerate(CUSTOMER_STATES)}
_ZERO = Decimal(0)


class Listed(NamedTuple):
    """A customer of an organization, before it is made a record."""

    organization: str
    id: str
    state: TrustorState
    account: Account | None

    @property
    def status(self) -> CustomerState:
        """The state as pages call it."""
        return self.state.status or "unread"


def listed(pollers: Iterable[Poller]) -> Iterator[Listed]:
    """Yield the customers of all organizations."""
    for poller in pollers:
        reading = poller.state.reading
        if reading is None or poller.target.collector.name != "trustors":
            continue
        states: dict[str, TrustorState] = {}
        accounts: dict[str, Account] = {}
        for key, summary in reading.summaries():
            if isinstance(summary, TrustorState):
                states[key.partition(" ")[2]] = summary
            elif isinstance(summary, Account):
                accounts[key.partition(" ")[2]] = summary
        for key, state in states.items():
            yield Listed(poller.target.organization, key, state, accounts.get(key))


def counts(customers: Iterable[Listed]) -> tuple[StateCount, ...]:
    """Count customers by state; those that need attention come first."""
    found = Counter(one.status for one in customers)
    return tuple(
        StateCount(state=state, customers=found[state]) for state in CUSTOMER_STATES if found[state]
    )


def failing(customers: Iterable[Listed]) -> list[Listed]:
    """Return those that cannot be read, in the order of their states and names."""
    return sorted((one for one in customers if one.status in FAILING), key=_by_state)


def customers_page(
    customers: list[Listed], query: CustomerQuery
) -> tuple[int, int, tuple[records.Customer, ...]]:
    """Return how many customers and pages a query gives, and the customers of its page."""
    text = query.search.casefold()
    found = [
        one
        for one in customers
        if (not query.organization or one.organization == query.organization)
        and (query.state is None or one.status == query.state)
        and (not text or text in one.state.name.casefold() or text in one.id.casefold())
    ]
    found.sort(key=_KEYS[query.sort])
    start = (query.page - 1) * query.size
    shown = tuple(record_of(one) for one in found[start : start + query.size])
    return len(found), max(1, ceil(len(found) / query.size)), shown


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


def _by_state(one: Listed) -> tuple[object, ...]:
    return _RANKS[one.status], one.state.name.casefold(), one.id


def _by_name(one: Listed) -> tuple[object, ...]:
    return one.state.name.casefold(), one.id


def _by_forecast(one: Listed) -> tuple[object, ...]:
    money = one.account.money if one.account else ()
    return _largest(one, [(each.currency, each.forecast) for each in money])


def _by_overage(one: Listed) -> tuple[object, ...]:
    money = one.account.money if one.account else ()
    return _largest(one, [(each.currency, each.overage) for each in money])


def _largest(one: Listed, amounts: list[tuple[str, Decimal | None]]) -> tuple[object, ...]:
    """Order by currency, for currencies are not compared, then by amount; unknown ones last."""
    for currency, amount in amounts:
        if amount is not None:
            return False, currency, -amount, *_by_name(one)
    return True, "", _ZERO, *_by_name(one)


_KEYS = {
    "state": _by_state,
    "name": _by_name,
    "forecast": _by_forecast,
    "overage": _by_overage,
}

"""Contracts of all organizations as pages list them: searched, ordered, a page at a time."""

from collections.abc import Iterable, Mapping
from datetime import date
from math import ceil
from operator import attrgetter
from typing import Literal

from billing_exporter.polling.poller import Poller
from billing_exporter.summaries import Account
from billing_exporter.views import partner
from billing_exporter.web import records
from billing_exporter.web.records import ContractQuery, ContractSort

Running = Mapping[str, list[Account]]
"""Contracts by organization."""

_Found = tuple[str, Account]


def running(pollers: Iterable[Poller], today: date) -> Running:
    """Return the contracts that have not ended, by organization."""
    return {
        poller.target.organization: [
            summary
            for _, summary in reading.summaries()
            if isinstance(summary, Account) and not summary.has_ended(today)
        ]
        for poller in pollers
        if poller.target.collector.name == "contracts"
        and (reading := poller.state.reading) is not None
    }


def page(contracts: Running, query: ContractQuery) -> tuple[int, int, tuple[records.Contract, ...]]:
    """Return how many contracts and pages a query gives, and the contracts of its page."""
    text = query.search.casefold()
    found = ordered(
        (
            (name, one)
            for name, of_one in contracts.items()
            if not query.organization or name == query.organization
            for one in of_one
            if not text or text in one.id.casefold() or text in one.end_customer.casefold()
        ),
        query.sort,
    )
    start = (query.page - 1) * query.size
    shown = tuple(_record(*one) for one in found[start : start + query.size])
    return len(found), max(1, ceil(len(found) / query.size)), shown


def ordered(contracts: Iterable[_Found], sort: ContractSort) -> list[_Found]:
    """Return contracts in an order; those that are alike in it stay in that of their numbers."""
    found = sorted(contracts, key=lambda one: (one[1].id, one[0]))
    if sort == "customer":
        return sorted(found, key=_customer)
    if sort == "end":
        return sorted(found, key=lambda one: one[1].contract_end or date.max)
    return found if sort == "contract" else _by_amount(found, sort)


def _customer(one: _Found) -> tuple[bool, str]:
    """Return what contracts are ordered by their customers with; those without one come last."""
    name = one[1].end_customer
    return not name, name.casefold()


def _by_amount(contracts: list[_Found], sort: Literal["overage", "forecast"]) -> list[_Found]:
    """Order by currency, for currencies are not compared, then by amount; unknown ones last."""
    amount_of = attrgetter("so_far" if sort == "overage" else sort)
    known, unknown = [], []
    for each in contracts:
        first = each[1].money[0] if each[1].money else None
        amount = amount_of(first) if first else None
        if first is None or amount is None:
            unknown.append(each)
        else:
            known.append((first.currency, -amount, each))
    return [each for *_, each in sorted(known, key=lambda one: one[:2])] + unknown


def _record(organization: str, one: Account) -> records.Contract:
    return records.Contract(
        organization=organization,
        contract=one.id,
        end_customer=one.end_customer,
        contract_end=one.contract_end,
        amounts=partner.amounts_of(one.money),
    )

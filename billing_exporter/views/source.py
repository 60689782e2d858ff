"""Source of the pages: reads what the exporter holds and returns the records of each page."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from billing_exporter.collectors.trustor_overview import TrustorState
from billing_exporter.forecasting.collector import Dated
from billing_exporter.metrics.samples import Samples
from billing_exporter.polling.poller import Poller
from billing_exporter.reconciliation.records import Comparison, Subject
from billing_exporter.summaries import Account, Invoices
from billing_exporter.telemetry.telemetry import Telemetry
from billing_exporter.views import account, attention, totals
from billing_exporter.views import contracts as contracts_
from billing_exporter.views import partner as partner_
from billing_exporter.views.budgets import budgets
from billing_exporter.views.collectors import api_budgets, collectors
from billing_exporter.views.differences import differences
from billing_exporter.views.partner import Listed, Partner
from billing_exporter.web import records
from billing_exporter.web.records import ContractQuery, CustomerQuery

FAILING_SHOWN = 50
"""How many customers that cannot be read the overview names."""

CONTRACTS_SHOWN = 50
"""How many contracts the overview lists."""


@dataclass(frozen=True)
class Source:
    """Answers pages from what pollers hold.

    Attributes:
        version: of the exporter.
        pollers: returns those of all organizations.
        telemetry: counts of the exporter.
        now: the time of the exporter's clock.
        uptime: returns for how many real seconds the exporter has run.
        planned: returns the samples of budgets.
        differing: returns the comparisons of bills with what was used that differ most.
    """

    version: str
    pollers: Callable[[], tuple[Poller, ...]]
    telemetry: Telemetry
    now: Callable[[], datetime]
    uptime: Callable[[], float]
    planned: Callable[[], Samples] = Samples
    differing: Callable[[], Iterable[tuple[str, Subject, Comparison]]] = tuple
    _kept: dict[str, Partner] = field(default_factory=dict)

    def overview(self) -> records.Overview:
        """Return what is known at a glance."""
        pollers, now = self.pollers(), self.now()
        organizations = tuple(dict.fromkeys(poller.target.organization for poller in pollers))
        partners = self._partners(pollers)
        contracts = contracts_.running(pollers, now.date())
        unpaid = tuple(_unpaid(pollers))
        polled = collectors(pollers, self.telemetry)
        planned = budgets(self.planned())
        failing = [one for partner in partners.values() for one in partner.failing]
        return records.Overview(
            version=self.version,
            now=now,
            uptime_seconds=self.uptime(),
            organizations=organizations,
            attention=(
                *attention.of_failures(polled),
                *attention.of_customers(partners),
                *attention.of_budgets(planned),
                *attention.of_unpaid(unpaid),
                *attention.of_unpriced(_unpriced(partners, contracts)),
                *attention.of_losses(polled),
            ),
            budgets=planned,
            totals=tuple(_totals(organizations, partners, contracts)),
            unpaid=unpaid,
            differences=differences(self.differing()),
            overages=totals.merged(_overages(organizations, partners, contracts)),
            contracts=contracts_.page(contracts, ContractQuery(size=CONTRACTS_SHOWN))[2],
            contracts_total=sum(map(len, contracts.values())),
            customers=partner_.state_counts(partners.values()),
            failing_customers=tuple(map(partner_.record_of, failing[:FAILING_SHOWN])),
            collectors=polled,
            api=api_budgets(organizations, self.telemetry),
            data_until=_data_until(pollers, partners),
        )

    def customers(self, query: CustomerQuery) -> records.Customers:
        """Return one page of the list of customers."""
        partners = list(self._partners(self.pollers()).values())
        total, pages, shown = partner_.customers_page(partners, query)
        return records.Customers(
            now=self.now(),
            organization=query.organization,
            search=query.search,
            state=query.state,
            sort=query.sort,
            page=query.page,
            pages=pages,
            size=query.size,
            total=total,
            states=partner_.state_counts(partners),
            customers=shown,
        )

    def contracts(self, query: ContractQuery) -> records.Contracts:
        """Return one page of the list of contracts."""
        now = self.now()
        running = contracts_.running(self.pollers(), now.date())
        total, pages, shown = contracts_.page(running, query)
        return records.Contracts(
            now=now,
            organization=query.organization,
            search=query.search,
            sort=query.sort,
            page=query.page,
            pages=pages,
            size=query.size,
            total=total,
            contracts=shown,
        )

    def _partners(self, pollers: Iterable[Poller]) -> dict[str, Partner]:
        """Return the partners by organization; what was derived of a reading is kept."""
        found = {}
        for poller in pollers:
            reading = poller.state.reading
            if reading is None or poller.target.collector.name != "trustors":
                continue
            name = poller.target.organization
            known = self._kept.get(name)
            found[name] = known if known and known.reading is reading else Partner(name, reading)
        self._kept.clear()
        self._kept.update(found)
        return found

    def customer(self, organization: str, key: str) -> records.Account | None:
        """Return one customer, None where there is none of that id."""
        poller = self._poller(organization, "trustors")
        reading = poller.state.reading if poller else None
        if poller is None or reading is None:
            return None
        state = reading.summary(f"state {key}")
        known = reading.summary(f"trustor {key}")
        if not isinstance(state, TrustorState):
            return None
        summary = known if isinstance(known, Account) else None
        listed = Listed(organization, key, state, summary, "")
        samples = _samples(poller, f"trustor {key}")
        closed = _samples(poller, f"history {key}")
        return self._account(
            organization,
            summary or Account("customer", key, state.name),
            (samples, closed),
            account.CUSTOMER,
            partner_.record_of(listed),
        )

    def contract(self, organization: str, number: str) -> records.Account | None:
        """Return one contract, None where there is none of that number."""
        poller = self._poller(organization, "contracts")
        reading = poller.state.reading if poller else None
        if poller is None or reading is None:
            return None
        summary = reading.summary(number)
        if not isinstance(summary, Account):
            return None
        samples = _samples(poller, number)
        return self._account(organization, summary, (samples, samples), account.CONTRACT, None)

    def _account(
        self,
        organization: str,
        summary: Account,
        samples: tuple[Samples, Samples],
        subject: account.Subject,
        customer: records.Customer | None,
    ) -> records.Account:
        running, closed = samples
        return records.Account(
            now=self.now(),
            of=summary.kind,
            customer=customer,
            organization=organization,
            id=customer.id if customer else summary.id,
            name=customer.name if customer else summary.name,
            amounts=partner_.amounts_of(summary.money),
            period_start=summary.start,
            period_end=summary.end,
            contract_end=account.contract_end(running, subject),
            minimum=account.minimum(running, subject),
            settled=account.settled(closed, subject),
            charges=account.charges(running, subject),
            history=account.periods(closed, subject),
        )

    def _poller(self, organization: str, collector: str) -> Poller | None:
        return next((one for one in self.pollers() if one.key == (organization, collector)), None)


def _samples(poller: Poller, key: str) -> Samples:
    """Return the samples of one part; empty where there is none."""
    reading = poller.state.reading
    part = reading.part(key) if reading else None
    if isinstance(part, Dated):
        part = msgspec.structs.replace(part, day=None)  # a forecast that takes nothing in
    return Samples() if part is None else poller.target.collector.expose(part)


def _unpaid(pollers: Iterable[Poller]) -> Iterator[records.Unpaid]:
    for poller in pollers:
        reading = poller.state.reading
        summary = reading.summary("all") if reading else None
        if isinstance(summary, Invoices):
            yield from totals.unpaid(poller.target.organization, summary)


def _totals(
    organizations: Iterable[str],
    partners: Mapping[str, Partner],
    contracts: Mapping[str, list[Account]],
) -> Iterator[records.Total]:
    for name in organizations:
        if name in partners:
            yield from partners[name].totals
        yield from totals.totals(name, "contracts", contracts.get(name, ()))


def _overages(
    organizations: Iterable[str],
    partners: Mapping[str, Partner],
    contracts: Mapping[str, list[Account]],
) -> Iterator[records.Overage]:
    for name in organizations:
        customers, own = partners.get(name), contracts.get(name, [])
        if customers is not None:
            yield from customers.overages
            # The contract of a customer that can be read is the same money.
            own = [one for one in own if one.end_customer not in customers.names]
        yield from totals.largest(name, [(one.id, one) for one in own])


def _unpriced(
    partners: Mapping[str, Partner], contracts: Mapping[str, list[Account]]
) -> dict[str, int]:
    """Count overages without an amount by organization."""
    found = Counter({name: one.unpriced for name, one in partners.items()})
    for name, own in contracts.items():
        found[name] += sum(one.unpriced for one in own)
    return found


def _data_until(pollers: Iterable[Poller], partners: Mapping[str, Partner]) -> datetime | None:
    """Return when the oldest of the current values was read."""
    read = [
        poller.state.succeeded
        for poller in pollers
        if poller.state.reading is not None and poller.state.succeeded is not None
    ]
    read += [one.oldest for one in partners.values() if one.oldest is not None]
    return min(read, default=None)

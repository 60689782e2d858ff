"""Source of the pages: reads what the exporter holds and returns the records of each page."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from billing_exporter.collectors.trustor_overview import TrustorState
from billing_exporter.forecasting.collector import Dated
from billing_exporter.metrics.samples import Samples
from billing_exporter.polling.poller import Poller
from billing_exporter.summaries import Account, Invoices
from billing_exporter.telemetry.telemetry import Telemetry
from billing_exporter.views import account, attention, partner, totals
from billing_exporter.views.collectors import api_budgets, collectors
from billing_exporter.views.partner import Listed
from billing_exporter.web import records
from billing_exporter.web.records import CustomerQuery

FAILING_SHOWN = 50
"""How many customers that cannot be read the overview names."""


@dataclass(frozen=True)
class Source:
    """Answers pages from what pollers hold.

    Attributes:
        version: of the exporter.
        pollers: returns those of all organizations.
        telemetry: counts of the exporter.
        now: the time of the exporter's clock.
        uptime: returns for how many real seconds the exporter has run.
    """

    version: str
    pollers: Callable[[], tuple[Poller, ...]]
    telemetry: Telemetry
    now: Callable[[], datetime]
    uptime: Callable[[], float]

    def overview(self) -> records.Overview:
        """Return what is known at a glance."""
        pollers = self.pollers()
        organizations = tuple(dict.fromkeys(poller.target.organization for poller in pollers))
        customers = list(partner.listed(pollers))
        today = self.now().date()
        contracts = [one for one in _contracts(pollers) if not one[1].has_ended(today)]
        unpaid = tuple(_unpaid(pollers))
        polled = collectors(pollers, self.telemetry)
        failing = partner.failing(customers)
        accounts = [(one.organization, one.id, one.account) for one in customers if one.account]
        named = {(organization, account.name) for organization, _, account in accounts}
        # The contract of a customer that can be read is the same money.
        accounts += [
            (organization, each.id, each)
            for organization, each in contracts
            if (organization, each.end_customer) not in named
        ]
        return records.Overview(
            version=self.version,
            now=self.now(),
            uptime_seconds=self.uptime(),
            organizations=organizations,
            attention=(
                *attention.of_failures(polled),
                *attention.of_customers(customers),
                *attention.of_unpaid(unpaid),
                *attention.of_unpriced(_unpriced(accounts)),
                *attention.of_losses(polled),
            ),
            totals=tuple(_totals(organizations, customers, contracts)),
            unpaid=unpaid,
            overages=totals.largest(accounts),
            customers=partner.counts(customers),
            failing_customers=tuple(map(partner.record_of, failing[:FAILING_SHOWN])),
            collectors=polled,
            api=api_budgets(organizations, self.telemetry),
            data_until=_data_until(pollers, customers),
        )

    def customers(self, query: CustomerQuery) -> records.Customers:
        """Return one page of the list of customers."""
        every = list(partner.listed(self.pollers()))
        total, pages, shown = partner.customers_page(every, query)
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
            states=partner.counts(every),
            customers=shown,
        )

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
        listed = Listed(organization, key, state, summary)
        samples = _samples(poller, f"trustor {key}")
        closed = _samples(poller, f"history {key}")
        return self._account(
            organization,
            summary or Account("customer", key, state.name),
            (samples, closed),
            account.CUSTOMER,
            partner.record_of(listed),
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
            amounts=partner.amounts_of(summary.money),
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


def _contracts(pollers: Iterable[Poller]) -> Iterator[tuple[str, Account]]:
    for poller in pollers:
        reading = poller.state.reading
        if reading is not None and poller.target.collector.name == "contracts":
            for _, summary in reading.summaries():
                if isinstance(summary, Account):
                    yield poller.target.organization, summary


def _unpaid(pollers: Iterable[Poller]) -> Iterator[records.Unpaid]:
    for poller in pollers:
        reading = poller.state.reading
        summary = reading.summary("all") if reading else None
        if isinstance(summary, Invoices):
            yield from totals.unpaid(poller.target.organization, summary)


def _totals(
    organizations: Iterable[str],
    customers: Iterable[Listed],
    contracts: list[tuple[str, Account]],
) -> Iterator[records.Total]:
    of_customers: dict[str, list[Account]] = {}
    for one in customers:
        if one.account is not None:
            of_customers.setdefault(one.organization, []).append(one.account)
    for name in organizations:
        yield from totals.totals(name, "customers", of_customers.get(name, ()))
        own = [each for organization, each in contracts if organization == name]
        yield from totals.totals(name, "contracts", own)


def _unpriced(accounts: Iterable[tuple[str, str, Account]]) -> dict[str, int]:
    """Count overages without an amount by organization."""
    found: dict[str, int] = {}
    for organization, _, one in accounts:
        found[organization] = found.get(organization, 0) + one.unpriced
    return found


def _data_until(pollers: Iterable[Poller], customers: Iterable[Listed]) -> datetime | None:
    """Return when the oldest of the current values was read."""
    read = [
        poller.state.succeeded
        for poller in pollers
        if poller.state.reading is not None and poller.state.succeeded is not None
    ]
    read += [one.state.read_at for one in customers if one.account and one.state.read_at]
    return min(read, default=None)

"""Plan: all budgets, allocations and prices, and what an organization contributes to them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Context, Decimal
from typing import NamedTuple

from billing_exporter.accounts.records import Account, Current, CurrentRow, Period
from billing_exporter.budgets.margin import PriceList
from billing_exporter.budgets.matching import Unmatched
from billing_exporter.budgets.settings import PlanSettings
from billing_exporter.budgets.showback import UNALLOCATED, Allocation, split
from billing_exporter.budgets.spending import BudgetRule, Spending
from billing_exporter.budgets.unread import NOTHING
from billing_exporter.metrics import finance as metrics
from billing_exporter.metrics.samples import Samples, labels
from billing_exporter.reconciliation.covering import Extent, Stated, sku_key
from billing_exporter.reconciliation.records import ZERO, Line, Subject

_EXACT = Context(prec=60)


class Contribution:
    """What one organization contributes to budgets and allocations.

    Attributes:
        spending: by budget.
        allocated: amount by allocation, group and currency; so far.
        forecast: the same at the end of the running periods.
        invoiced: the same of the lines of previous periods.
        unmatched: patterns that matched nothing, by section and name.
        unread: what had not been read when it was worked out.
    """

    def __init__(self) -> None:
        self.spending: dict[str, Spending] = {}
        self.allocated: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        self.forecast: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        self.invoiced: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        self.unmatched: dict[tuple[str, str], Unmatched] = {}
        self.unread = NOTHING


class _Amounts(NamedTuple):
    """Amounts of a charge, so far and at the end of its period."""

    so_far: Decimal
    at_end: Decimal


class Plan:
    """The plan of the configuration, to which one organization contributes.

    An allocation holds customers and contracts: its customers are added first, and what a
    contract's charge covers of them is taken off it, each amount by itself. So it does not matter
    which shard takes off what, not even where a split rounds. A budget holds either.

    Args:
        settings: what is planned.
    """

    def __init__(self, settings: PlanSettings) -> None:
        self.contribution = Contribution()
        self._budgets = [BudgetRule(budget) for budget in settings.budgets]
        self._allocations = [Allocation(each) for each in settings.showback]
        self._prices = PriceList(settings.prices)
        self._of_customers = Stated[_Amounts]()

    def add(
        self,
        organization: str,
        subject: Subject,
        account: Account,
        today: date,
    ) -> None:
        """Add what an account contributes."""
        for rule in self._budgets:
            name = rule.settings.name
            found = rule.spending(organization, subject, account, today)
            known = self.contribution.spending.get(name, Spending())
            self.contribution.spending[name] = known.plus(found)
        if self._allocations and account.running is not None:
            self._allocate(organization, subject, account, account.running)

    def take_off(self, organization: str, contract: Account) -> None:
        """Take what a contract covers off it, which another shard adds; customers came before."""
        if self._allocations and contract.running is not None:
            self._take_off(organization, contract.running)

    def _allocate(
        self, organization: str, subject: Subject, account: Account, running: Current
    ) -> None:
        """Allocate the running period of an account, whose customers came before its contract."""
        customer = (account.name, account.id) if subject == "trustors" else ()
        for row in running.rows:
            if not row.is_unused:
                so_far = _EXACT.add(row.fixed, row.overage)
                at_end = _EXACT.add(row.fixed, row.forecast)
                self._share(organization, customer, row, [_Amounts(so_far, at_end)])
            if subject == "trustors" and (row.overage or row.forecast):
                extent = Extent(frozenset({account.id}), running.start, running.end)
                self._of_customers.note(_key(row), extent, _Amounts(row.overage, row.forecast))
        if subject == "contracts":
            self._take_off(organization, running)

    def _take_off(self, organization: str, running: Current) -> None:
        """Take off the charges of a contract what customers show of them."""
        for row in running.rows:
            if row.has_amount:
                extent = Extent(frozenset(row.organizations), running.start, running.end)
                covered = self._of_customers.take_covered(_key(row), extent)
                amounts = [
                    _Amounts(each.so_far.copy_negate(), each.at_end.copy_negate())
                    for each in covered
                ]
                self._share(organization, (), row, amounts)

    def _share(
        self,
        organization: str,
        customer: tuple[str, ...],
        row: CurrentRow,
        amounts: Sequence[_Amounts],
    ) -> None:
        """Divide amounts of a charge among the groups that bear it, each by itself."""
        for allocation in self._allocations if amounts else ():
            weights = allocation.weights(organization, customer, (row.charge, row.sku))
            name, found = allocation.name, self.contribution
            for each in amounts:
                _share(found.allocated, name, weights, row.currency, each.so_far)
                _share(found.forecast, name, weights, row.currency, each.at_end)

    def add_lines(
        self,
        organization: str,
        subject: Subject,
        account: Account | None,
        lines: Iterable[Line],
    ) -> None:
        """Add the lines of an account's previous period, or those that are of no account."""
        period = account.closed[0] if account is not None and account.closed else None
        names = _names(period)
        customer: tuple[str, ...] = ()
        if account is not None and subject == "trustors":
            customer = account.name, account.id
        for allocation in self._allocations:
            for line in lines:
                weights: Mapping[str, Decimal] = {UNALLOCATED: Decimal(1)}
                if account is not None:
                    charge = line.sku, names.get(line.sku, "")
                    weights = allocation.weights(organization, customer, charge)
                amount = line.amount or ZERO
                _share(self.contribution.invoiced, allocation.name, weights, line.currency, amount)

    def margin(
        self, account: Account, lines: Sequence[Line], lacking: Collection[str] = ()
    ) -> Samples:
        """Return the margin of a customer's previous period, which is settled, as samples.

        Args:
            account: the customer.
            lines: of its previous period.
            lacking: currencies in which lines may be missing; there is no margin in them.
        """
        samples = Samples()
        period = account.closed[0] if account.closed else None
        if not self._prices or period is None:
            return samples
        found = self._prices.margin((account.name, account.id), lines, _names(period))
        to = labels(metrics.UNPRICED.labels, account.name, account.id)
        if not lacking:
            samples.add(metrics.UNPRICED, to, found.unpriced)
        if not period.is_settled:
            return samples
        for currency, bought in found.bought.items():
            if currency in lacking:
                continue
            to = labels(metrics.BOUGHT.labels, account.name, account.id, "previous", currency)
            sold = found.sold[currency]
            samples.add(metrics.BOUGHT, to, bought)
            samples.add(metrics.SOLD, to, sold)
            samples.add(metrics.MARGIN, to, _EXACT.subtract(sold, bought))
        return samples

    def finished(self) -> Contribution:
        """Return what the organization contributes, once all its accounts were added."""
        for rule in self._budgets:
            self.contribution.unmatched["budgets", rule.settings.name] = rule.unmatched
        for each in self._allocations:
            self.contribution.unmatched["showback", each.name] = each.unmatched
        if self._prices:
            self.contribution.unmatched["prices", ""] = self._prices.unmatched
        return self.contribution


def _share(
    sums: defaultdict[tuple[str, str, str], Decimal],
    allocation: str,
    weights: Mapping[str, Decimal],
    currency: str,
    amount: Decimal,
) -> None:
    if not currency:
        return
    if len(weights) == 1:
        parts = dict.fromkeys(weights, amount)
    else:
        parts = split(amount, weights, currency)
    for group, part in parts.items():
        key = allocation, group, currency
        sums[key] = _EXACT.add(sums[key], part)


def _key(row: CurrentRow) -> tuple[str, str]:
    return sku_key(row.sku, row.charge, row.currency)


def _names(period: Period | None) -> dict[str, str]:
    """Return the names of charges by SKU."""
    if period is None:
        return {}
    named = {sku: charge for charge, sku in period.unused}
    return named | {row.sku: row.charge for row in period.rows}

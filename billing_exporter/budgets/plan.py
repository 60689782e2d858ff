"""Plan: all budgets, allocations and prices, and what an organization contributes to them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Context, Decimal

from billing_exporter.accounts.records import Account, Period
from billing_exporter.budgets.margin import PriceList
from billing_exporter.budgets.matching import Unmatched
from billing_exporter.budgets.settings import PlanSettings
from billing_exporter.budgets.showback import UNALLOCATED, Allocation, split
from billing_exporter.budgets.spending import BudgetRule, Spending
from billing_exporter.metrics import finance as metrics
from billing_exporter.metrics.samples import Samples, labels
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
    """

    def __init__(self) -> None:
        self.spending: dict[str, Spending] = {}
        self.allocated: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        self.forecast: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        self.invoiced: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        self.unmatched: dict[tuple[str, str], Unmatched] = {}


class Plan:
    """The plan of the configuration, to which one organization contributes.

    Args:
        settings: what is planned.
    """

    def __init__(self, settings: PlanSettings) -> None:
        self.contribution = Contribution()
        self._budgets = [BudgetRule(budget) for budget in settings.budgets]
        self._allocations = [Allocation(each) for each in settings.showback]
        self._prices = PriceList(settings.prices)

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
        customer = (account.name, account.id) if subject == "trustors" else ()
        for allocation in self._allocations:
            for row in account.running.rows if account.running is not None else ():
                weights = allocation.weights(organization, customer, (row.charge, row.sku))
                for sums, amount in (
                    (self.contribution.allocated, _EXACT.add(row.fixed, row.overage)),
                    (self.contribution.forecast, _EXACT.add(row.fixed, row.forecast)),
                ):
                    _share(sums, allocation.name, weights, row.currency, amount)

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

    def margin(self, account: Account, lines: Sequence[Line]) -> Samples:
        """Return the margin of a customer's previous period, which is settled, as samples."""
        samples = Samples()
        period = account.closed[0] if account.closed else None
        if not self._prices or period is None:
            return samples
        found = self._prices.margin((account.name, account.id), lines, _names(period))
        to = labels(metrics.UNPRICED.labels, account.name, account.id)
        samples.add(metrics.UNPRICED, to, found.unpriced)
        if not period.is_settled:
            return samples
        for currency, bought in found.bought.items():
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


def _names(period: Period | None) -> dict[str, str]:
    """Return the names of charges by SKU."""
    if period is None:
        return {}
    named = {sku: charge for charge, sku in period.unused}
    return named | {row.sku: row.charge for row in period.rows}

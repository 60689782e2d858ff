"""Spending against a budget: so far, at the end, and between which bounds. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Context, Decimal
from itertools import pairwise
from typing import get_args

import msgspec

from billing_exporter.accounts.records import Account, Current, CurrentRow, Period, Row
from billing_exporter.budgets.matching import Matcher, Unmatched, unmatched
from billing_exporter.budgets.settings import Budget, Month
from billing_exporter.budgets.unread import MissingDays, Unread
from billing_exporter.forecasting.forecast import MIN_OUTCOMES, factor, quantile, rounded, shrink
from billing_exporter.reconciliation.records import ZERO, Subject

_EXACT = Context(prec=60)
_MONTHS = get_args(Month)
_DAY = timedelta(days=1)
_QUARTER, _YEAR = 3, 12
_DAYS_A_MONTH = 30.4


class Window(msgspec.Struct, frozen=True):
    """The quarter or year of a budget."""

    start: date
    end: date

    def holds(self, day: date) -> bool:
        """Return whether a day is in it."""
        return self.start <= day <= self.end


def window_of(budget: Budget, today: date) -> Window | None:
    """Return the quarter or year that a day is in; None for a budget of billing periods."""
    if budget.period == "billing":
        return None
    length = _QUARTER if budget.period == "quarter" else _YEAR
    first = _MONTHS.index(budget.year_starts)
    since = (today.year * 12 + today.month - 1 - first) % length
    start = today.year * 12 + today.month - 1 - since
    return Window(_first_of(start), _first_of(start + length) - _DAY)


def _first_of(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _periods_to_come(current: Current, window: Window) -> int:
    """Return how many periods that follow the running one end in a window.

    They are as many months long: counted in days, a month of 31 would have ten more in a year.
    """
    days = (current.end - current.start).days + 1
    months = round(days / _DAYS_A_MONTH)
    if not months:
        return (window.end - current.end).days // days
    first, after = current.end + _DAY, window.end + _DAY
    whole = (after.year - first.year) * 12 + after.month - first.month - (after.day < first.day)
    return whole // months


class Spending(msgspec.Struct):
    """What counts in one budget, of the accounts that were added.

    Attributes:
        closed: of closed periods.
        so_far: of running periods so far.
        forecast: of running periods at their end.
        to_come: of the periods that follow within the quarter or year, at the same pace.
        members: charges of running periods that match.
        unpriced: those that were used and have no price.
        weight: forecast amounts that the mean of what has passed is weighted by.
        passed: shares that have passed, each times its weight.
        past: what whole billing periods came to, the newest first.
    """

    closed: Decimal = ZERO
    so_far: Decimal = ZERO
    forecast: Decimal = ZERO
    to_come: Decimal = ZERO
    members: int = 0
    unpriced: int = 0
    weight: Decimal = ZERO
    passed: Decimal = ZERO
    past: tuple[Decimal, ...] = ()

    def plus(self, other: "Spending") -> "Spending":
        """Return both together."""
        longest = max(len(self.past), len(other.past))
        one, two = ((*past, *[ZERO] * (longest - len(past))) for past in (self.past, other.past))
        return Spending(
            closed=_EXACT.add(self.closed, other.closed),
            so_far=_EXACT.add(self.so_far, other.so_far),
            forecast=_EXACT.add(self.forecast, other.forecast),
            to_come=_EXACT.add(self.to_come, other.to_come),
            members=self.members + other.members,
            unpriced=self.unpriced + other.unpriced,
            weight=_EXACT.add(self.weight, other.weight),
            passed=_EXACT.add(self.passed, other.passed),
            past=tuple(map(_EXACT.add, one, two)),
        )

    @property
    def estimated(self) -> Decimal:
        """What counts so far."""
        return _EXACT.add(self.closed, self.so_far)

    @property
    def at_the_end(self) -> Decimal:
        """What will count at the end."""
        return sum((self.closed, self.forecast, self.to_come), ZERO)

    @property
    def elapsed(self) -> Decimal | None:
        """The share of the running periods that has passed; None without any."""
        return self.passed / self.weight if self.weight else None

    def bounds(self) -> tuple[Decimal, Decimal] | None:
        """Return the bounds of what will count, from how whole periods varied; None without any.

        Lower is never below what counts already.
        """
        elapsed = self.elapsed
        changes = [factor(one, other) for one, other in pairwise(self.past)]
        if elapsed is None or len(changes) < MIN_OUTCOMES:
            return None
        spread = quantile(changes)
        width, whole = 1 + spread * shrink(max(ZERO, 1 - elapsed)), 1 + spread
        low = self.closed + max(self.so_far, self.forecast / width) + self.to_come / whole
        high = self.closed + self.forecast * width + self.to_come * whole
        return rounded(low), rounded(high)


class BudgetRule:
    """Which charges count in a budget."""

    def __init__(self, settings: Budget) -> None:
        self.settings = settings
        self._organizations = Matcher(settings.organizations)
        self._customers = None if settings.customers is None else Matcher(settings.customers)
        self._charges = Matcher(settings.charges)

    @property
    def unmatched(self) -> Unmatched:
        """The patterns that have matched nothing."""
        return unmatched([(self._organizations, self._customers, self._charges)])

    def waits_for(self, organization: str, unread: Unread, today: date) -> bool:
        """Return whether something that has not been read may count on that day."""
        if not self._organizations.fits(organization):
            return False
        window = window_of(self.settings, today)
        if self._customers is None:
            is_unread = unread.contracts
        elif unread.trustors is None or (window is not None and unread.histories):
            is_unread = True
        else:
            is_unread = any(self._customers.fits(*names) for names in unread.trustors)
        return is_unread or any(day is not None for day, _ in self._missing(unread, window))

    def has_past(self, organization: str, unread: Unread) -> bool:
        """Return whether all closed periods have been read that may count and are given."""
        if not self._organizations.fits(organization):
            return True
        customers = self._customers
        if customers is None:
            return all(day is None for _, (day, _) in unread.contracts_past)
        return not unread.histories and not any(
            day is not None and customers.fits(*names) for names, (day, _) in unread.past
        )

    def withheld(self, organization: str, unread: Unread, today: date) -> int:
        """Return of how many customers or contracts closed periods came without their numbers."""
        if not self._organizations.fits(organization):
            return 0
        missing = self._missing(unread, window_of(self.settings, today))
        return sum(day is not None for _, day in missing)

    def _missing(self, unread: Unread, window: Window | None) -> Iterator[MissingDays]:
        """Yield before which days of a window closed periods are missing, for each that counts."""
        if window is None:
            return
        customers, since = self._customers, window.start
        for names, days in unread.contracts_past if customers is None else unread.past:
            first, second = (None if day is None or day <= since else day for day in days)
            if (first or second) and (customers is None or customers.fits(*names)):
                yield first, second

    def spending(
        self, organization: str, subject: Subject, account: Account, today: date
    ) -> Spending:
        """Return what of an account counts."""
        if not self._organizations.fits(organization) or not self._has(subject, account):
            return Spending()
        window = window_of(self.settings, today)
        found = Spending(past=tuple(self._past(account.closed, subject)))
        if window is not None:
            found.closed = self._ended(account, subject, window)
        self._add_running(found, account, window, today)
        return found

    def _ended(self, account: Account, subject: Subject, window: Window) -> Decimal:
        """Return what the periods that have ended in a window came to, each of them once."""
        running, newest = account.running, account.current
        ended = [
            period
            for period in account.closed
            if window.holds(period.end) and (running is None or period.start < running.start)
        ]
        total = sum(self._past(ended, subject), ZERO)
        closed = {each.start for each in account.closed}
        if account.ended is not None and account.ended.start not in closed:
            total += self._so_far(account.ended) if window.holds(account.ended.end) else ZERO
        is_closed = newest is not None and newest.start in closed
        if newest is None or newest is running or is_closed or not window.holds(newest.end):
            return total
        return total + self._so_far(newest)

    def _so_far(self, newest: Current) -> Decimal:
        with_fixed = self.settings.of == "total"
        rows = [row for row in newest.rows if self._counts(row)]
        return sum((row.overage + (row.fixed if with_fixed else ZERO) for row in rows), ZERO)

    def _has(self, subject: Subject, account: Account) -> bool:
        if self._customers is None:
            return subject == "contracts"
        return subject == "trustors" and self._customers.fits(account.name, account.id)

    def _past(self, periods: Iterable[Period], subject: Subject) -> list[Decimal]:
        """Return what each closed period came to."""
        return [
            sum((self._closed(row, subject) for row in period.rows if self._counts(row)), ZERO)
            for period in periods
        ]

    def _closed(self, row: Row, subject: Subject) -> Decimal:
        amount = row.amount or ZERO
        if self.settings.of == "total" and subject == "trustors":
            return _EXACT.add(amount, row.prepaid or ZERO)
        return amount

    def _counts(self, row: Row | CurrentRow) -> bool:
        fits = self._charges.fits(row.charge, row.sku)
        return fits and row.currency == self.settings.currency

    def _add_running(
        self, found: Spending, account: Account, window: Window | None, today: date
    ) -> None:
        current = account.running
        if current is None or (window is not None and not window.holds(current.end)):
            return
        rows: Sequence[CurrentRow] = [row for row in current.rows if self._counts(row)]
        fixed = sum((row.fixed for row in rows), ZERO) if self.settings.of == "total" else ZERO
        found.so_far = self._so_far(current)
        found.forecast = fixed + sum((row.forecast for row in rows), ZERO)
        found.members = sum(not row.is_unused for row in rows)
        found.unpriced = sum(row.is_unpriced for row in rows)
        days = (current.end - current.start).days + 1
        gone = min(max((today - current.start).days, 0), days)
        found.weight = found.forecast
        found.passed = found.forecast * gone / days
        if window is not None:
            found.to_come = found.forecast * _periods_to_come(current, window)

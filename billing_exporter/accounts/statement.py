"""Statement of an organization: the sums of its comparisons, as samples."""

import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Context, Decimal
from types import MappingProxyType
from typing import Literal, get_args

from billing_exporter.accounts.billed import Billed
from billing_exporter.accounts.comparison import compared_periods
from billing_exporter.accounts.records import Account, Bill, Period
from billing_exporter.metrics import finance as metrics
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples, labels
from billing_exporter.reconciliation.groups import reason_of
from billing_exporter.reconciliation.invoices import Invoice, unbalanced
from billing_exporter.reconciliation.records import (
    ZERO,
    Comparison,
    Line,
    Reason,
    Reconciliation,
    State,
    Subject,
)

Name = Literal["current", "previous", "older"]

STATES: tuple[State, ...] = get_args(State)
WORST = 100  # comparisons that differ, for people to look at
_EXACT = Context(prec=60)
_COMPARED = frozenset({"matched", "difference", "only_invoiced", "only_used"})
_DIFFERS = frozenset({"difference", "only_invoiced", "only_used"})
# How little a reason says; others say more than that this side does not know the line.
_WEAKNESS: Mapping[Reason, int] = MappingProxyType({"no_charge": 1, "not_read": 2})
_REASONS: tuple[Reason, ...] = get_args(Reason)
_WAS_COMPARED = 255


class Sums:
    """Amounts by their labels, added up exactly."""

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)

    def add(self, *key: str, amount: Decimal) -> None:
        """Add an amount."""
        self._sums[key] = _EXACT.add(self._sums[key], amount)

    def add_to(self, samples: Samples, metric: Metric) -> None:
        """Add all sums as samples."""
        for key, amount in self._sums.items():
            samples.add(metric, labels(metric.labels, *key), amount)


class _Fates:
    """What became of each line, in a byte: compared, or left out for a reason."""

    def __init__(self) -> None:
        self._fates = bytearray()

    def note(self, number: int, reason: Reason | None) -> None:
        """Note that a subject compared a line, or why it left it out; the strongest counts."""
        if number >= len(self._fates):
            self._fates.extend(bytes(number + 1 - len(self._fates)))
        before = self._fates[number]
        if reason is None:
            self._fates[number] = _WAS_COMPARED
        elif not before or (before != _WAS_COMPARED and _is_weaker(_REASONS[before - 1], reason)):
            self._fates[number] = _REASONS.index(reason) + 1

    def reason(self, line: Line) -> Reason | None:
        """Return why no subject compared a line, None where one did."""
        fate = self._fates[line.number] if line.number < len(self._fates) else 0
        if fate == _WAS_COMPARED:
            return None
        return _REASONS[fate - 1] if fate else reason_of(line)


def _is_weaker(known: Reason, reason: Reason) -> bool:
    """Return whether the reason that is known says less than another one."""
    return _WEAKNESS.get(known, 0) > _WEAKNESS.get(reason, 0)


class Statement:
    """Adds up results; see ``comparison.compare``."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._charges: Counter[tuple[str, ...]] = Counter()
        self._invoiced = Sums()
        self._used = Sums()
        self._difference = Sums()
        self._pending = Sums()
        self._left_out = Sums()
        self._contracts = Sums()
        self._unbalanced: Counter[str] = Counter()
        self._numbers = itertools.count()
        self._worst: list[tuple[Decimal, int, Subject, Comparison]] = []
        self._fates = _Fates()
        self._previous_start = self._older_start = date.max
        self._previous_end = date.min

    @property
    def worst(self) -> list[tuple[Subject, Comparison]]:
        """The comparisons that differ most, the largest amount first."""
        return [(subject, each) for _, _, subject, each in sorted(self._worst, reverse=True)]

    def take(
        self,
        subject: Subject,
        accounts: tuple[Account, ...],
        lines: Iterable[Line],
        found: Reconciliation,
    ) -> dict[str, Samples]:
        """Add one result; return the samples of each customer that differs, by id."""
        names: dict[tuple[str, date], str] = {}
        for account in accounts:
            for name, periods in compared_periods(account, self._today).items():
                names |= {(account.id, period.start): name for period in periods}
                self._note_periods(name, periods)
                for state in STATES:
                    self._charges[subject, name, state] += 0
        of_each: dict[str, Samples] = {}
        for each in found.comparisons:
            period = names[each.of_ids[0], each.start]
            self._count(subject, period, each)
            if each.state in _DIFFERS:
                self._note_difference(subject, period, each, of_each)
        self._note_lines(lines, found)
        return of_each

    def add_pending(self, subject: Subject, amounts: dict[str, Decimal]) -> None:
        """Add what the running period has so far."""
        for currency, amount in amounts.items():
            self._pending.add(subject, "current", currency, amount=amount)

    def check_invoices(self, bills: Iterable[Bill], share: Decimal) -> None:
        """Count the invoices whose lines do not add up to them, one after the other."""
        for bill in bills:
            self._unbalanced[bill.currency] += 0
            if bill.lines is not None:
                invoice = Invoice(bill.id, bill.currency, bill.amount)
                found = unbalanced([invoice], list(bill.each_line()), share)
                self._unbalanced[bill.currency] += len(found)

    def leave_out(self, known: Billed) -> None:
        """Add up the lines that were compared with nothing, once everything was compared."""
        for line in known.each():
            period = self.period_of(line)
            reason = self._fates.reason(line)
            if period is not None and reason is not None:
                self._left_out.add(period, line.currency, reason, amount=line.amount or ZERO)

    def samples(self) -> Samples:
        """Return the sums."""
        samples = Samples()
        for charges, count in self._charges.items():
            samples.add(
                metrics.RECONCILED_CHARGES,
                labels(metrics.RECONCILED_CHARGES.labels, *charges),
                count,
            )
        for sums, metric in (
            (self._invoiced, metrics.INVOICED),
            (self._used, metrics.USED),
            (self._difference, metrics.DIFFERENCE),
            (self._pending, metrics.PENDING),
            (self._left_out, metrics.LEFT_OUT),
            (self._contracts, metrics.CONTRACT_DIFFERENCE),
        ):
            sums.add_to(samples, metric)
        for currency, count in self._unbalanced.items():
            samples.add(metrics.UNBALANCED, labels(metrics.UNBALANCED.labels, currency), count)
        return samples

    def _count(self, subject: Subject, period: str, each: Comparison) -> None:
        self._charges[subject, period, each.state] += 1
        used = each.used_amount or ZERO
        if each.state in _COMPARED:
            self._invoiced.add(subject, period, each.currency, amount=each.invoiced_amount)
            self._used.add(subject, period, each.currency, amount=used)
        elif each.state == "pending":
            owed = max(ZERO, _EXACT.subtract(used, each.invoiced_amount))
            self._pending.add(subject, period, each.currency, amount=owed)
        elif each.lines or each.credited_amount:
            amount = _EXACT.add(each.invoiced_amount, each.credited_amount)
            self._left_out.add(period, each.currency, "not_comparable", amount=amount)

    def _note_difference(
        self, subject: Subject, period: str, each: Comparison, of_each: dict[str, Samples]
    ) -> None:
        where = subject, period, each.currency
        if each.state == "difference":
            self._difference.add(*where, "quantity", amount=each.by_quantity)
            self._difference.add(*where, "price", amount=each.by_price)
        else:
            self._difference.add(*where, each.state, amount=each.difference)
        entry = abs(each.difference), next(self._numbers), subject, each
        if len(self._worst) < WORST:
            heapq.heappush(self._worst, entry)
        elif entry[0] > self._worst[0][0]:
            heapq.heapreplace(self._worst, entry)
        if subject == "contracts":
            self._contracts.add(", ".join(each.of), period, each.currency, amount=each.difference)
            return
        of_id, name = each.of_ids[0], each.of[0]
        samples = of_each.setdefault(of_id, Samples())
        metric = metrics.TRUSTOR_DIFFERENCE
        to = labels(metric.labels, name, of_id, period, each.currency)
        samples.sum_up(metric, to, each.difference)

    def _note_periods(self, name: str, periods: Iterable[Period]) -> None:
        for period in periods:
            if name == "previous":
                self._previous_start = min(self._previous_start, period.start)
                self._previous_end = max(self._previous_end, period.end)
            self._older_start = min(self._older_start, period.start)

    def _note_lines(self, lines: Iterable[Line], found: Reconciliation) -> None:
        """Note which lines were compared, and why others were not; a line is left out by all."""
        reasons = {left.line.number: left.reason for left in found.left_out}
        for line in lines:
            self._fates.note(line.number, reasons.get(line.number))

    def period_of(self, line: Line) -> Name | None:
        """Return under which period a line counts that was not compared; None before all."""
        day = line.end or line.issued
        if day is None:
            return "previous"
        if day > self._previous_end:
            return "current"
        if day >= self._previous_start:
            return "previous"
        return "older" if day >= self._older_start else None

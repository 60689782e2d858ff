"""History of the customers: overviews of closed periods, read once and again while they may change.

The index of a period moves, so a period is known by its dates. A walk back from the running period
ends where the API has no older one.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from billing_exporter.collectors.base import Poll, label, side_by_side
from billing_exporter.collectors.closed_periods import (
    Answer,
    ClosedPeriod,
    History,
    Key,
    PackedHistory,
    whole_sums,
)
from billing_exporter.collectors.history_budget import Budget
from billing_exporter.collectors.settings import TrustorsSettings
from billing_exporter.collectors.trustor_overview import (
    PeriodData,
    TrustorData,
    condensed,
    expose_trustor,
)
from billing_exporter.genesys import ApiError, Forbidden, NotFound
from billing_exporter.genesys.records import TrusteeBillingOverview
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import EXACT, Samples, readable
from billing_exporter.settlement import Fingerprint, Row, fingerprint

_ZERO = Decimal(0)
_LONGEST_PERIOD = timedelta(days=31)


class Updated(msgspec.Struct, frozen=True):
    """A customer's history, and its overviews, of which the previous one may have been restated."""

    history: PackedHistory
    numbers: TrustorData


class _Walk(msgspec.Struct, frozen=True):
    """The same while it is read."""

    history: History
    numbers: TrustorData


class _Asked(msgspec.Struct, frozen=True):
    """What asking for a closed period gave.

    Attributes:
        done: the customer after it.
        start: the period's first day; None where there is no such period.
        is_withheld: whether the period is there and came without its numbers.
    """

    done: _Walk
    start: date | None = None
    is_withheld: bool = False


class TrustorHistories:
    """Reads histories in one poll."""

    def __init__(self, poll: Poll[Any], settings: TrustorsSettings) -> None:
        self._poll = poll
        self._settings = settings
        self._today = poll.now.date()
        self._budget = Budget(poll, settings.interval.seconds)

    def needed(self, numbers: dict[str, TrustorData], known: dict[str, PackedHistory]) -> list[str]:
        """Return the customers of which something is to be read, who has no history first."""
        wanted: dict[str, bool] = {}
        for key, each in numbers.items():
            history, current = _unpacked(known.get(key)), start_of(each)
            if current is not None and self._is_needed(key, history, current):
                wanted[key] = bool(history.periods)
        return sorted(wanted, key=wanted.__getitem__)

    def _is_needed(self, key: str, history: History, current: date) -> bool:
        return self._is_unwalked(history, current) or bool(self._due(key, history))

    def _due(self, key: str, history: History) -> list[tuple[int, ClosedPeriod]]:
        return history.due(self._today, partial(self._poll.ledger.is_kept, "trustors", key))

    def _is_unwalked(self, history: History, current: date) -> bool:
        return history.walked_from != current and history.tried_on != self._today

    def read(
        self,
        wanted: list[str],
        numbers: dict[str, TrustorData],
        known: dict[str, PackedHistory],
        idle: Callable[[], None],
    ) -> Iterator[tuple[str, Updated]]:
        """Read what is due of some customers; yield each as it comes.

        While none comes, ``idle`` is called each second.
        """

        def work(key: str) -> Updated:
            done = self._customer(_Walk(_unpacked(known.get(key)), numbers[key]))
            return Updated(PackedHistory.of(done.history), done.numbers)

        done = side_by_side(work, wanted, self._settings.concurrency, idle)
        for number, (key, updated) in enumerate(done, start=1):
            self._poll.progress(number, len(wanted))
            yield key, updated

    def _customer(self, done: _Walk) -> _Walk:
        current = start_of(done.numbers)
        if current is not None and self._is_unwalked(done.history, current):
            done = self._walked(done, current)
        for place, _ in self._due(done.numbers.id, done.history):
            asked = self._asked(done, place)
            if asked is None:
                break
            done = asked.done
        return done

    def _walked(self, done: _Walk, current: date) -> _Walk:
        """Read back from the running period what is not known, as far as there is something."""
        before, withheld = done.history, list[date]()
        following: date | None = current
        for index in range(1, self._settings.history + 1):
            known = done.history.before(following) if following is not None else None
            if known is not None:
                following = known.start
                continue
            asked = self._asked(done, index)
            if asked is None:  # the walk goes on in the next poll
                every = tuple(sorted({*before.withheld, *withheld}))
                return _with(done, tried_on=before.tried_on, withheld=every)
            if asked.is_withheld and following is not None:
                withheld.append(following)
            done, following = asked.done, asked.start
            if following is None:
                break
        if _was_running(before, current):  # it counts as it was known then
            withheld = [day for day in withheld if day != current]
        done = _with(done, withheld=tuple(withheld))
        return done if done.history.tried_on == self._today else _with(done, walked_from=current)

    def _asked(self, done: _Walk, index: int) -> _Asked | None:
        """Read a closed period; None without an answer."""
        key = done.numbers.id
        if not self._budget.take():
            return None
        ask = self._poll.api.get_billing_trusteebillingoverview_trustor_org_id
        try:
            overview = ask(key, billing_period_index=index)
        except NotFound:
            # Without any closed period the customer may be new, or the API may fail.
            return _Asked(done if done.history.periods else _with(done, tried_on=self._today))
        except Forbidden as error:
            self._budget.note(error, f"overview {index} of trustor {key}")
            return _Asked(_with(done, tried_on=self._today), is_withheld=True)
        except ApiError as error:
            self._budget.note(error, f"overview {index} of trustor {key}")
            return None
        samples = samples_of(overview, done.numbers)
        answer = answer_of(overview, samples)
        if answer is None or answer.start >= (start_of(done.numbers) or answer.start):
            return _Asked(_with(done, tried_on=self._today), is_withheld=bool(overview.usages))
        history = done.history.with_answer(
            answer,
            self._poll.now,
            self._settings.history,
            is_invoiced=self._poll.ledger.is_invoiced(key, answer.start),
        )
        numbers = done.numbers
        if answer.fingerprint is not None:
            is_settled = history.is_settled(answer.start)
            self._poll.ledger.customer_period(
                key, numbers.name, overview, is_settled=is_settled, samples=samples
            )
            numbers = _renewed(numbers, overview, zero_rows=self._settings.zero_rows)
        is_withheld = answer.fingerprint is None and bool(overview.usages)
        return _Asked(_Walk(history, numbers), answer.start, is_withheld)


def _with(done: _Walk, **changes: Any) -> _Walk:
    """Return a walk whose history has other facts."""
    return msgspec.structs.replace(done, history=msgspec.structs.replace(done.history, **changes))


def _was_running(before: History, current: date) -> bool:
    """Return whether the newest closed period was seen while it ran."""
    since = before.walked_from
    return since is not None and timedelta() < current - since <= _LONGEST_PERIOD


def _unpacked(history: PackedHistory | None) -> History:
    return History() if history is None else history.unpacked()


def start_of(numbers: TrustorData) -> date | None:
    """Return the first day of the newest period that the API has."""
    current = numbers.periods.get("current")
    start = current.overview.billing_period_start_date if current is not None else None
    return None if start is None else start.date()


def _renewed(
    numbers: TrustorData, overview: TrusteeBillingOverview, *, zero_rows: bool
) -> TrustorData:
    """Return the overviews with this one in the place of the previous, where it is that period."""
    periods = numbers.periods
    previous, current = periods.get("previous"), periods.get("current")
    start = overview.billing_period_start_date
    if previous is None or current is None or start is None:
        return numbers
    if previous.overview.billing_period_start_date != start:
        return numbers
    both = condensed({"current": current.overview, "previous": overview}, zero_rows=zero_rows)
    return numbers.with_periods({**periods, "previous": both["previous"]})


def answer_of(overview: TrusteeBillingOverview, samples: Samples) -> Answer | None:
    """Return what an overview says of its period, None where it has no dates."""
    start, end = overview.billing_period_start_date, overview.billing_period_end_date
    if start is None or end is None:
        return None
    currency, amount = label(overview.currency), estimated_amount(samples)
    rows: list[tuple[Key, Decimal | None]] = []
    for row in overview.usages:
        names = label(row.name), label(row.part_number), label(row.grouping)
        rows.append(((*names, label(row.unit_of_measure_type)), row.usage_quantity))
    amounts = {currency: amount} if currency else {}
    print_ = fingerprint_of(overview, amount)
    return Answer(start.date(), end.date(), print_, amounts, whole_sums(rows))


def samples_of(overview: TrusteeBillingOverview, numbers: TrustorData) -> Samples:
    """Return the samples of an overview as of a current period, whichever it is."""
    return expose_trustor(numbers.with_periods({"current": PeriodData(overview, 0)}))


def estimated_amount(samples: Samples) -> Decimal:
    """Return what a period comes to: prepaid and overage, without the minimum amount."""
    return EXACT.add(
        _sum(samples, catalogue.TRUSTOR_ESTIMATED_PREPAID_AMOUNT),
        _sum(samples, catalogue.TRUSTOR_ESTIMATED_OVERAGE_AMOUNT),
    )


def _sum(samples: Samples, metric: Metric) -> Decimal:
    total = _ZERO
    for value in samples.values(metric).values():
        total = EXACT.add(total, value)
    return total


def fingerprint_of(overview: TrusteeBillingOverview, amount: Decimal) -> Fingerprint | None:
    """Return the fingerprint of a period, None where the answer was partial."""
    rows, currency = overview.usages, label(overview.currency)
    if not rows or not currency:
        return None
    if any(readable(row.usage_quantity) is None and row.overage_price is not None for row in rows):
        return None
    found = [
        Row(
            (label(row.part_number) or label(row.name), label(row.grouping)),
            (row.usage_quantity, row.prepay_quantity),
            (row.overage_price, row.prepay_price),
        )
        for row in rows
    ]
    return fingerprint(found, {currency: amount})

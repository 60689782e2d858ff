"""Daily totals: which day a reading is of, and how a state takes it in. Pure.

The last reading made in UTC day d is the total through day d - 1. A reading in which nothing that
adds up differs from the day before is of no new day, because the vendor refreshed late; after
three such days it is a real standstill.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

import msgspec

from billing_exporter.forecasting.forecast import (
    MAX_EARLIER,
    Kind,
    rounded,
    score,
)
from billing_exporter.forecasting.readings import Charge, Key, Period, Subject
from billing_exporter.forecasting.restated import dates_of, moved, start_of, steps_of, without_moved
from billing_exporter.forecasting.state import (
    ClosedPeriod,
    Cost,
    Kept,
    Outcome,
    Series,
    SubjectState,
)
from billing_exporter.settlement import is_moved

STANDSTILL_DAYS = 3
# A charge that has been gone for so long starts from nothing when it comes back.
FORGOTTEN_DAYS = 400
LARGEST_ERROR = Decimal(1000)  # times the outcome

ZERO = Decimal(0)
_REPLACE = msgspec.structs.replace

_Name = TypeVar("_Name", str, Key)


def updated(state: SubjectState, subject: Subject, read: date) -> SubjectState:
    """Return the state after a reading that was made on a day (UTC).

    A reading of a period before the running one changes nothing: a server is behind.
    """
    current = subject.current
    if current is None:
        return state
    if state.start and is_moved(dates_of(state.start, state.days), (current.start, current.end)):
        state = moved(state, current)
    if current.start.toordinal() < state.start:
        return state
    state = _rolled_over(state, current, subject.closed)
    state = _with_closed(state, current.start, subject.closed)
    state = _pruned(_entered(state, current, read), current)
    return _ended(state, current) if current.is_over(read) else _running(state)


def _rolled_over(state: SubjectState, current: Period, closed: Iterable[Period]) -> SubjectState:
    """Close the running period when another one has begun."""
    start = current.start.toordinal()
    if start == state.start:
        return _REPLACE(state, days=current.days)
    last = next((one for one in closed if one.start.toordinal() == state.start), None)
    quantities = {} if last is None else _quantities(last.charges)
    amounts = {} if last is None else closed_amounts(last)
    return SubjectState(
        start,
        current.days,
        start - 1,
        {key: _closed(state, one, quantities.get(key)) for key, one in state.charges.items()},
        {key: _closed(state, one, amounts.get(key)) for key, one in state.amounts.items()},
    )


def _closed(state: SubjectState, series: Series, told: Decimal | None) -> Series:
    """Close one series: its steps are kept, its kept forecasts become outcomes."""
    known = steps_of(state, series)
    total = series.running.get(state.days - 1) if told is None else told
    closing = _Closing(series)
    if total is not None:
        outcomes = tuple(_outcome(one, total) for one in series.kept)
        closing.take(state.start, state.days, total, None, outcomes)
    return Series(series.kind, {}, known, closing.closed())


def _ended(state: SubjectState, current: Period) -> SubjectState:
    """Score the forecasts of a period that is over, whether or not another one follows.

    What was kept stays, so that the next period scores the same, and so does a restart.
    """
    quantities, amounts = _quantities(current.charges), closed_amounts(current)
    return _REPLACE(
        state,
        charges={key: _last(state, one, quantities.get(key)) for key, one in state.charges.items()},
        amounts={key: _last(state, one, amounts.get(key)) for key, one in state.amounts.items()},
    )


def _last(state: SubjectState, series: Series, total: Decimal | None) -> Series:
    if total is None or not series.kept:
        return series
    closing = _Closing(series)
    outcomes = tuple(_outcome(one, total) for one in series.kept)
    closing.take(state.start, state.days, total, None, outcomes)
    return closing.series()


def _running(state: SubjectState) -> SubjectState:
    """Take back the scores of a period that is not over after all: a clock was wrong."""
    every = (*state.charges.values(), *state.amounts.values())
    if all(_newest(one) < state.start for one in every):
        return state

    def cut(series: Series) -> Series:
        closed = tuple(one for one in series.closed if one.start < state.start)
        return _REPLACE(series, closed=closed)

    return _REPLACE(
        state,
        charges={key: cut(one) for key, one in state.charges.items()},
        amounts={key: cut(one) for key, one in state.amounts.items()},
    )


def _outcome(kept: Kept, total: Decimal) -> Outcome:
    error = None
    if total:
        error = int(
            (min(LARGEST_ERROR, abs(kept.total - total) / abs(total)) * 10_000).to_integral()
        )
    inside = None
    if kept.lower is not None and kept.upper is not None:
        inside = kept.lower <= total <= kept.upper
    made = score(total, kept.total, kept.elapsed)
    return Outcome(kept.checkpoint, int(made * 1_000_000), error, inside)


def _with_closed(state: SubjectState, start: date, periods: Sequence[Period]) -> SubjectState:
    """Take in the newest totals of closed periods; what is absent there is no history.

    As a rule all of them are known: only what differs is worked out.
    """
    state = without_moved(state, periods)
    charges = {key: _Closing(one) for key, one in state.charges.items()}
    amounts = {key: _Closing(one) for key, one in state.amounts.items()}
    for period in periods:
        if period.start >= start:
            continue
        start_of, days = period.start.toordinal(), period.days
        for key, charge in period.charges.items():
            if charge.quantity is not None:
                known = charges.get(key)
                if known is None:
                    known = charges[key] = _Closing(Series(charge.kind))
                known.take(start_of, days, charge.quantity, _cost(charge))
        for currency, amount in closed_amounts(period).items():
            known = amounts.get(currency)
            if known is None:
                known = amounts[currency] = _Closing(Series("sum"))
            known.take(start_of, days, amount, None)
    return _REPLACE(
        state,
        charges={key: one.series() for key, one in charges.items()},
        amounts={key: one.series() for key, one in amounts.items()},
    )


class _Closing:
    """A series whose closed periods get their newest totals."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self._known = {one.start: one for one in series.closed}
        self._differs = False

    def take(
        self,
        start: int,
        days: int,
        total: Decimal,
        cost: Cost | None,
        outcomes: tuple[Outcome, ...] = (),
    ) -> None:
        """Take the newest total of a closed period, and outcomes if there are new ones."""
        known = self._known.get(start)
        if known is not None:
            cost = cost or known.cost
            is_same = known.total == total and known.days == days and known.cost == cost
            if is_same and not outcomes:
                return
            outcomes = outcomes or known.outcomes
        self._known[start] = ClosedPeriod(start, days, total, outcomes, cost)
        self._differs = True

    def closed(self) -> tuple[ClosedPeriod, ...]:
        """Return the newest closed periods."""
        if not self._differs:
            return self._series.closed
        return tuple(sorted(self._known.values(), key=start_of)[-MAX_EARLIER:])

    def series(self) -> Series:
        """Return the series with its newest closed periods."""
        return _REPLACE(self._series, closed=self.closed()) if self._differs else self._series


def _cost(charge: Charge) -> Cost | None:
    if not charge.is_priced:
        return None
    overage = charge.incurred() - (charge.fixed or ZERO) if charge.has_overage_price else None
    return Cost(charge.currency, charge.fixed, overage, charge.price, charge.included)


def _entered(state: SubjectState, current: Period, read: date) -> SubjectState:
    """Enter a reading's totals, if it is of a new day."""
    day = min(read - timedelta(days=1), current.end)
    offset = (day - current.start).days
    if offset < 0:
        return state
    if _is_set_back(state, current.charges, offset):
        return state
    state = _without_future(state, offset)
    if not _is_news(state, current, offset):
        return state
    differs = _differs(state, current.charges, offset)
    charges, amounts = dict(state.charges), dict(state.amounts)
    for key, charge in current.charges.items():
        if charge.quantity is not None:
            _enter(charges, key, charge.kind, offset, charge.quantity)
    for currency, amount in accrued_amounts(current, offset + 1).items():
        _enter(amounts, currency, "sum", offset, amount)
    changed = day.toordinal() if differs else state.changed
    return _REPLACE(state, changed=changed, charges=charges, amounts=amounts)


def _enter(
    series: dict[_Name, Series], key: _Name, kind: Kind, offset: int, total: Decimal
) -> None:
    known = series.get(key) or Series(kind)
    series[key] = _REPLACE(known, kind=kind, running={**known.running, offset: total})


def _without_future(state: SubjectState, offset: int) -> SubjectState:
    """Drop totals and kept forecasts of days that lie ahead: a clock was wrong."""
    every = (*state.charges.values(), *state.amounts.values())
    if all(max(one.running, default=0) <= offset for one in every):
        return state

    def cut(series: Series) -> Series:
        running = {day: total for day, total in series.running.items() if day <= offset}
        kept = tuple(one for one in series.kept if one.elapsed * state.days <= offset + 1)
        return _REPLACE(series, running=running, kept=kept)

    return _REPLACE(
        state,
        changed=min(state.changed, state.start + offset),
        charges={key: cut(one) for key, one in state.charges.items()},
        amounts={key: cut(one) for key, one in state.amounts.items()},
    )


def _is_set_back(state: SubjectState, charges: Mapping[Key, Charge], offset: int) -> bool:
    """Return True if a clock was set back by a day or more.

    Then no total is below that of the newest day, and one is above what is known of the day itself.
    Of the days that a clock that was ahead has left out nothing is known.
    """
    used = {key: charge for key, charge in charges.items() if charge.quantity}
    used = {key: one for key, one in used.items() if one.kind == "sum"} or used
    known = [
        (state.charges[key].running, one.quantity, one.kind)
        for key, one in used.items()
        if key in state.charges and one.quantity is not None
    ]
    if not used or len(known) < len(used):
        return False
    is_of_later_day = all(
        (newest := max(running, default=0)) > offset
        and (running[newest] == total or (kind == "sum" and running[newest] < total))
        for running, total, kind in known
    )
    return is_of_later_day and any(
        offset in running and running[offset] != total for running, total, _ in known
    )


def _is_news(state: SubjectState, current: Period, offset: int) -> bool:
    """Return True if a reading is of a new day, or of one that was entered before."""
    if any(offset in one.running for one in state.charges.values()):
        return True
    if state.start + offset - state.changed >= STANDSTILL_DAYS:
        return True
    return _differs(state, current.charges, offset)


def _differs(state: SubjectState, charges: Mapping[Key, Charge], offset: int) -> bool:
    """Return True if something that adds up differs from the day before; or nothing adds up."""
    sums = {
        key: charge.quantity
        for key, charge in charges.items()
        if charge.kind == "sum" and charge.quantity is not None
    }
    return not sums or any(
        total != _before(state.charges.get(key), offset) for key, total in sums.items()
    )


def _before(series: Series | None, offset: int) -> Decimal:
    """Return the newest total before a day; 0 at the start of a period."""
    days = [day for day in series.running if day < offset] if series else []
    return series.running[max(days)] if series and days else ZERO


def _pruned(state: SubjectState, current: Period) -> SubjectState:
    """Drop charges that were never used, and those that are long gone."""
    oldest = current.start.toordinal() - FORGOTTEN_DAYS
    charges = {
        key: one
        for key, one in state.charges.items()
        if _is_used(one) and (one.running or key in current.charges or _newest(one) >= oldest)
    }
    amounts = {
        key: one for key, one in state.amounts.items() if one.running or _newest(one) >= oldest
    }
    return _REPLACE(state, charges=charges, amounts=amounts)


def _is_used(series: Series) -> bool:
    return any(series.running.values()) or any(one.total for one in series.closed)


def _newest(series: Series) -> int:
    return series.closed[-1].start if series.closed else 0


def _quantities(charges: Mapping[Key, Charge]) -> dict[Key, Decimal]:
    return {key: charge.quantity for key, charge in charges.items() if charge.quantity is not None}


def closed_amounts(period: Period) -> dict[str, Decimal]:
    """Return what the priced charges of a whole period came to, by currency."""
    if period.amounts is not None:
        return dict(period.amounts)
    return accrued_amounts(period, period.days)


def accrued_amounts(period: Period, days: int) -> dict[str, Decimal]:
    """Return the amounts of a period after so many of its days, by currency.

    What is due whatever is used grows evenly, so that the days of a period can be compared with
    those of another.
    """
    amounts: dict[str, Decimal] = {}
    for charge in period.charges.values():
        if charge.is_priced:
            fixed = charge.fixed or ZERO
            accrued = charge.incurred() - fixed + rounded(fixed * days / period.days)
            amounts[charge.currency] = amounts.get(charge.currency, ZERO) + accrued
    return amounts

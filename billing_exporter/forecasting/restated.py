"""Periods whose dates were restated: one period each, with its past, under its new dates. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType

import msgspec

from billing_exporter.forecasting.forecast import LEVEL_STEPS, WEIGHT_STEPS, Kind, daily_steps
from billing_exporter.forecasting.readings import Period
from billing_exporter.forecasting.state import ClosedPeriod, Series, SubjectState
from billing_exporter.settlement import is_moved

# How many daily steps a forecast looks back at; that of a mark needs none.
KEPT_STEPS: Mapping[Kind, int] = MappingProxyType({"sum": WEIGHT_STEPS, "level": LEVEL_STEPS})

_REPLACE = msgspec.structs.replace


def start_of(one: ClosedPeriod) -> int:
    """Return the ordinal of the first day."""
    return one.start


def dates_of(start: int, days: int) -> tuple[date, date]:
    """Return the first and last day of a period."""
    return date.fromordinal(start), date.fromordinal(start + max(days, 1) - 1)


def moved(state: SubjectState, current: Period) -> SubjectState:
    """Go on in a running period whose dates were restated.

    Totals of other days than the first one on are not those of this period; what the weekdays
    have taught stays, and so do kept forecasts.
    """
    start = current.start.toordinal()
    if start == state.start:
        return _REPLACE(state, days=current.days)

    def again(series: Series) -> Series:
        return _REPLACE(series, running={}, steps=steps_of(state, series))

    return _REPLACE(
        state,
        start=start,
        days=current.days,
        changed=start - 1,
        charges={key: again(one) for key, one in state.charges.items()},
        amounts={key: again(one) for key, one in state.amounts.items()},
    )


def steps_of(state: SubjectState, series: Series) -> tuple[tuple[int, Decimal], ...]:
    """Return the newest daily steps, those of the running period included."""
    if series.kind not in KEPT_STEPS:
        return series.steps
    steps = daily_steps(
        series.kind,
        state.start,
        state.days,
        series.running,
        has_history=any(one.total for one in series.closed),
    )
    return (*series.steps, *steps)[-KEPT_STEPS[series.kind] :]


def without_moved(state: SubjectState, periods: Sequence[Period]) -> SubjectState:
    """Give closed periods whose dates were restated the new dates."""
    read = {one.start.toordinal(): one for one in periods}
    every = (*state.charges.values(), *state.amounts.values())
    known = {one.start: one.days for series in every for one in series.closed}
    dates = {
        start: one
        for start in known.keys() - read.keys()
        for one in periods
        if is_moved(dates_of(start, known[start]), (one.start, one.end))
    }
    if not dates:
        return state

    def again(series: Series) -> Series:
        closed = {one.start: one for one in series.closed if one.start not in dates}
        for one in series.closed:
            if (new := dates.get(one.start)) is not None:
                start = new.start.toordinal()
                closed.setdefault(start, _REPLACE(one, start=start, days=new.days))
        return _REPLACE(series, closed=tuple(sorted(closed.values(), key=start_of)))

    return _REPLACE(
        state,
        charges={key: again(one) for key, one in state.charges.items()},
        amounts={key: again(one) for key, one in state.amounts.items()},
    )

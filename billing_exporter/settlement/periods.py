"""Settlement of one billing period: when it is read again, when it is settled, when restated.

A period is *open* while it runs, *ended* until the API closes it, then *closed*. It is *settled*
when it has been invoiced or its numbers have stayed the same for long enough: until then a change
is late data. A change after that is a restatement: the period is *restated* until its numbers have
been equal on three days, then settled again. The numbers that were settled first stay the
baseline.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from billing_exporter.settlement.fingerprint import Fingerprint

State = Literal["open", "ended", "closed", "settled", "restated"]

# Days after its end on which a closed period is read again.
READ_AGAIN_DAYS = (*range(1, 11), 15, 30, 45, 60, 90)
SETTLED_AFTER_DAYS = 5  # since the end
UNCHANGED_DAYS = 3  # between the first and the last of equal readings
EQUAL_DAYS = 3  # that end a restatement


class Reading(msgspec.Struct, frozen=True):
    """What one reading of a closed period gave.

    Attributes:
        day: when it was read (UTC).
        fingerprint: its numbers, None where the answer was partial: that is no reading.
        invoiced: whether a line bills the period in arrears.
    """

    day: date
    fingerprint: Fingerprint | None
    invoiced: bool = False


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a period that has ended.

    Attributes:
        start: its first day.
        end: its last day.
        baseline: its numbers when it was first settled, None before.
        newest: its numbers at the newest reading.
        read_on: day of the newest reading.
        since: day of the first reading that had the newest numbers.
        equal_days: days on which the newest numbers were read.
        restatements: how often it has been restated.
        restated_on: day on which the newest restatement was seen.
        is_restless: whether a restatement has not been confirmed by equal days yet.
    """

    start: date
    end: date
    baseline: Fingerprint | None = None
    newest: Fingerprint | None = None
    read_on: date | None = None
    since: date | None = None
    equal_days: int = 0
    restatements: int = 0
    restated_on: date | None = None
    is_restless: bool = False


def state(known: Settlement, today: date, *, is_closed: bool) -> State:
    """Return the state of a period.

    Args:
        known: the period.
        today: the day (UTC).
        is_closed: whether the API has closed it, or has begun the next one.
    """
    if known.is_restless:
        return "restated"
    if known.baseline is not None:
        return "settled"
    if is_closed:
        return "closed"
    return "ended" if today > known.end else "open"


def is_due(known: Settlement, today: date) -> bool:
    """Return whether a closed period is to be read (again) on a day."""
    if known.read_on is None or known.since is None:
        return True
    if known.read_on > today:  # the clock was set back
        return today > known.end
    if known.read_on == today:
        return False
    if known.is_restless:
        return True
    if known.baseline is None and today >= _can_settle_on(known.end, known.since):
        return True
    checks = (known.end + timedelta(days=days) for days in READ_AGAIN_DAYS)
    return any(known.read_on < check <= today for check in checks)


def _can_settle_on(end: date, since: date) -> date:
    """Return the first day on which unchanged numbers settle a period without an invoice."""
    if (since - end).days > READ_AGAIN_DAYS[-1]:
        return since
    return max(end + timedelta(days=SETTLED_AFTER_DAYS), since + timedelta(days=UNCHANGED_DAYS))


def advanced(known: Settlement, reading: Reading) -> Settlement:
    """Return what is known of a closed period after one more reading.

    A partial answer changes nothing. A reading of a day before the newest one's shows that the
    clock was wrong: what only the days of that clock have settled is settled no more.
    """
    numbers, day = reading.fingerprint, reading.day
    if numbers is None or day <= known.end:
        return known
    if known.read_on is not None and day < known.read_on:
        known = _set_back(known, day, is_invoiced=reading.invoiced)
    if known.newest is None or known.newest.numbers != numbers.numbers:
        changed = _changed(known, numbers, day)
    else:
        is_new_day = known.read_on != day
        changed = msgspec.structs.replace(
            known, newest=numbers, read_on=day, equal_days=known.equal_days + is_new_day
        )
    return _settled(changed, reading)


def moved(known: Settlement, start: date, end: date, day: date) -> Settlement:
    """Return what is known of a period whose dates differ from those known, on a day.

    Other dates are other numbers: a restatement where the period was settled.
    """
    dated = msgspec.structs.replace(known, start=start, end=end, since=day, equal_days=0)
    return _restated(dated, day)


def _set_back(known: Settlement, day: date, *, is_invoiced: bool) -> Settlement:
    """Return what is known of a period once a clock that was ahead of a day is right."""
    since = min(known.since or day, day)
    back = msgspec.structs.replace(known, read_on=day, since=since)
    is_early = not is_invoiced and not known.restatements and day < _can_settle_on(known.end, since)
    return msgspec.structs.replace(back, baseline=None) if is_early else back


def _changed(known: Settlement, numbers: Fingerprint, day: date) -> Settlement:
    fresh = msgspec.structs.replace(known, newest=numbers, read_on=day, since=day, equal_days=1)
    return _restated(fresh, day)


def _restated(known: Settlement, day: date) -> Settlement:
    """Return a period that differs from a day on: where it was settled, that is a restatement."""
    if known.baseline is None:
        return known
    is_new = not known.is_restless
    return msgspec.structs.replace(
        known, restatements=known.restatements + is_new, restated_on=day, is_restless=True
    )


def _settled(known: Settlement, reading: Reading) -> Settlement:
    if known.is_restless:
        return msgspec.structs.replace(known, is_restless=known.equal_days < EQUAL_DAYS)
    if known.baseline is not None or known.since is None:
        return known
    if reading.invoiced or reading.day >= _can_settle_on(known.end, known.since):
        return msgspec.structs.replace(known, baseline=known.newest)
    return known


def restated_amounts(known: Settlement) -> dict[str, Decimal]:
    """Return what the period comes to now less what it came to when first settled, by currency.

    Nothing before it is settled, and of a currency that one of both lacks: its amount may be
    missing, which is not 0.
    """
    first, last = known.baseline, known.newest
    if first is None or last is None:
        return {}
    return {
        currency: amount - first.amounts[currency]
        for currency, amount in sorted(last.amounts.items())
        if currency in first.amounts
    }

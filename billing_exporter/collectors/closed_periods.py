"""Closed billing periods of one customer or contract: what is kept of each, and which is due.

Only totals are kept, not what was read: a year of a customer takes a few kilobytes.
"""

import struct
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from billing_exporter.collectors.periods import adjoins
from billing_exporter.collectors.record_codec import RecordCodec
from billing_exporter.metrics.samples import EXACT, readable
from billing_exporter.settlement import (
    Fingerprint,
    Reading,
    Settlement,
    advanced,
    is_due,
    is_moved,
    moved,
    restated_amounts,
)

# Beside the newest closed period, which is shown by itself, these are shown together.
OLDER = 3
LARGEST_TOTALS = 1 << 20
_DIGEST = 4  # bytes

Key = tuple[str, ...]

_totals = msgspec.msgpack.Decoder(list[tuple[Key, Decimal]])
_ZERO = Decimal(0)


def whole_sums(rows: Iterable[tuple[Key, Decimal | None]]) -> dict[Key, Decimal]:
    """Add up rows by key, without sums of which a row has no number."""
    sums: dict[Key, Decimal | None] = {}
    for key, given in rows:
        known, number = sums.get(key, _ZERO), readable(given)
        sums[key] = None if known is None or number is None else EXACT.add(known, number)
    return {key: number for key, number in sums.items() if number is not None}


class ClosedPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """One closed period.

    Attributes:
        settlement: its dates and how its numbers have changed.
        amounts: what it comes to, by currency, as last read.
        totals: quantity of each charge, as last read; see ``quantities``.
        unused: digests of the charges whose quantity was 0; see ``unused_of``.
        restated_at: when its newest restatement was seen.
    """

    settlement: Settlement
    amounts: dict[str, Decimal] = {}
    totals: bytes = b""
    unused: bytes = b""
    restated_at: datetime | None = None

    @property
    def start(self) -> date:
        """Return its first day."""
        return self.settlement.start

    @property
    def quantities(self) -> dict[Key, Decimal]:
        """Return the quantity of each charge, by the labels of the charge."""
        if not self.totals:
            return {}
        packed = zlib.decompressobj().decompress(self.totals, LARGEST_TOTALS)
        return dict(_totals.decode(packed))

    def unused_of(self, keys: Mapping[int, Key]) -> set[Key]:
        """Return those charges, by their ``digest``, that were listed with a quantity of 0."""
        numbers = struct.unpack(f">{len(self.unused) // _DIGEST}I", self.unused)
        return {keys[number] for number in keys.keys() & set(numbers)}


class Answer(msgspec.Struct, frozen=True):
    """What one reading of a closed period gave.

    Attributes:
        start: first day of the period.
        end: its last day.
        fingerprint: of its numbers, None where the answer was partial.
        amounts: what it comes to, by currency.
        quantities: of its charges, by their labels.
    """

    start: date
    end: date
    fingerprint: Fingerprint | None
    amounts: Mapping[str, Decimal]
    quantities: Mapping[Key, Decimal]


class MissingBefore(NamedTuple):
    """Days before which closed periods are missing; None where none is.

    Attributes:
        unread: before this day one has not been read, and will be.
        withheld: before this day one was asked for and came without its numbers: it is forbidden
            or incomplete.
    """

    unread: date | None = None
    withheld: date | None = None

    def __bool__(self) -> bool:
        """Return whether one is missing."""
        return self != ALL_READ


ALL_READ = MissingBefore()


class History(msgspec.Struct, frozen=True, omit_defaults=True):
    """The closed periods of one customer or contract.

    Attributes:
        periods: the newest first.
        walked_from: start of the running period before which everything was read.
        tried_on: day on which something could not be read whole; it is tried again the next day.
        withheld: the day after each period that was asked for and came without its numbers.
        blank: first day of each period of a contract that has no rows: there is nothing to count.
    """

    periods: tuple[ClosedPeriod, ...] = ()
    walked_from: date | None = None
    tried_on: date | None = None
    withheld: tuple[date, ...] = ()
    blank: tuple[date, ...] = ()

    @property
    def unread_before(self) -> date | None:
        """The day before which closed periods of a customer have not been asked for, if any."""
        if self.walked_from is not None or self.tried_on is not None:
            return None
        return min((each.start for each in self.periods), default=date.max)

    def with_answer(
        self,
        answer: Answer,
        now: datetime,
        most: int,
        *,
        is_invoiced: bool = False,
        listed: Collection[date] = (),
    ) -> "History":
        """Return the history after one reading; a partial answer is no reading.

        Args:
            answer: what was read. It takes the place of a period whose dates have moved.
            now: the time.
            most: how many periods are kept.
            is_invoiced: whether a line bills the period in arrears.
            listed: first days of all periods that the API lists, where it lists them.
        """
        if answer.fingerprint is None:
            return msgspec.structs.replace(self, tried_on=now.date())
        same = [each for each in self.periods if each.start == answer.start]
        shifted = [each for each in self.periods if _is_moved(each, answer, listed)]
        known = next(iter((*same, *shifted)), None)
        others = [each for each in self.periods if each not in (*same, *shifted)]
        newest = _after(known, answer, now, is_invoiced)
        periods = sorted([*others, newest], key=lambda each: each.start, reverse=True)
        return msgspec.structs.replace(self, periods=tuple(periods[:most]))

    def is_settled(self, start: date) -> bool:
        """Return whether the period that begins on a day is settled."""
        known = next((period.settlement for period in self.periods if period.start == start), None)
        return known is not None and known.baseline is not None and not known.is_restless

    def due(
        self, today: date, is_kept: Callable[[date], bool] = lambda _: True
    ) -> list[tuple[int, ClosedPeriod]]:
        """Return the periods that are to be read again, with their place: 1 is the newest.

        Args:
            today: the day (UTC).
            is_kept: tells by its first day whether a period is kept in full.
        """
        return [
            (place, period)
            for place, period in enumerate(self.periods, start=1)
            if is_due(period.settlement, today)
            or (self.tried_on != today and not is_kept(period.start))
        ]

    def before(self, start: date) -> ClosedPeriod | None:
        """Return the period that ends right before a day."""
        return next((p for p in self.periods if adjoins(p.settlement.end, start)), None)


_HISTORIES = RecordCodec[History](History)


class PackedHistory(msgspec.Struct, frozen=True, omit_defaults=True):
    """A history as bytes: a year of ten thousand customers would be 200 MB of objects.

    Attributes:
        content: the history.
        unread_before: see ``History``.
        withheld_before: the newest day of ``History.withheld``.
    """

    content: bytes
    unread_before: date | None = None
    withheld_before: date | None = None

    @classmethod
    def of(cls, history: History) -> "PackedHistory":
        """Pack a history."""
        withheld = max(history.withheld, default=None)
        return cls(_HISTORIES.encode(history), history.unread_before, withheld)

    @property
    def missing(self) -> MissingBefore:
        """Return the days before which closed periods are missing."""
        return MissingBefore(self.unread_before, self.withheld_before)

    def unpacked(self) -> History:
        """Return the history."""
        return _HISTORIES.decode(self.content)


def _after(
    known: ClosedPeriod | None, answer: Answer, now: datetime, is_invoiced: bool
) -> ClosedPeriod:
    day, dates = now.date(), (answer.start, answer.end)
    before = known.settlement if known else Settlement(start=answer.start, end=answer.end)
    if known is not None and (before.start, before.end) != dates:
        after = moved(before, *dates, day)
    else:
        after = before
    reading = Reading(day, answer.fingerprint, invoiced=is_invoiced)
    settlement = advanced(after, reading)
    restated_at = known.restated_at if known else None
    if settlement.restatements > before.restatements:
        restated_at = now
    if known is not None and settlement == before:
        return known
    return ClosedPeriod(
        settlement=settlement,
        amounts=dict(answer.amounts),
        totals=packed(answer.quantities),
        unused=_unused(answer.quantities),
        restated_at=restated_at,
    )


def _is_moved(known: ClosedPeriod, answer: Answer, listed: Collection[date]) -> bool:
    dates = known.settlement.start, known.settlement.end
    return is_moved(dates, (answer.start, answer.end), listed)


def digest(key: Key) -> int:
    """Return a number that stands for a charge: of a hundred unused ones it takes 400 bytes."""
    return zlib.crc32("\x1f".join(key).encode("utf-8", "surrogatepass"))


def _unused(quantities: Mapping[Key, Decimal]) -> bytes:
    numbers = sorted(digest(key) for key, quantity in quantities.items() if not quantity)
    return struct.pack(f">{len(numbers)}I", *numbers)


def packed(quantities: Mapping[Key, Decimal]) -> bytes:
    """Return quantities as bytes, those that are 0 left out.

    They are not deflated here: a whole history shrinks more, because its periods are alike.
    """
    found = sorted((key, quantity) for key, quantity in quantities.items() if quantity)
    return zlib.compress(msgspec.msgpack.encode(found), 0) if found else b""


class Shown(msgspec.Struct, frozen=True):
    """Periods that are shown together, the newest closed one or up to three before it.

    Attributes:
        is_settled: whether all of them are.
        restatements: how often they were restated.
        restated_amounts: now less as first settled, by currency.
        restated_at: when the newest restatement was seen, None without one.
    """

    is_settled: bool
    restatements: int
    restated_amounts: dict[str, Decimal]
    restated_at: datetime | None


def shown(history: History) -> dict[str, Shown]:
    """Return what is shown of the settlement of periods: ``previous`` and ``older``."""
    newest, older = history.periods[:1], history.periods[1 : 1 + OLDER]
    return {
        name: _shown(periods)
        for name, periods in (("previous", newest), ("older", older))
        if periods
    }


def _shown(periods: Iterable[ClosedPeriod]) -> Shown:
    listed = list(periods)
    amounts: dict[str, Decimal] = {}
    for each in listed:
        for currency, amount in restated_amounts(each.settlement).items():
            if currency:
                amounts[currency] = amounts.get(currency, Decimal(0)) + amount
    settled = [each.settlement.baseline is not None for each in listed]
    restless = [each.settlement.is_restless for each in listed]
    return Shown(
        is_settled=all(settled) and not any(restless),
        restatements=sum(each.settlement.restatements for each in listed),
        restated_amounts=amounts,
        restated_at=max((each.restated_at for each in listed if each.restated_at), default=None),
    )

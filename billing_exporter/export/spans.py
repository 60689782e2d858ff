"""Spans of days, billing periods by date, and what a prepaid amount comes to in each period."""

import calendar
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec

from billing_exporter.history.trustors import TrustorPeriod
from billing_exporter.metrics.samples import EXACT
from billing_exporter.reconciliation.tolerance import subunit

_DAY = timedelta(days=1)
_MONTH_DAYS = 30.44
_LONGEST_MONTHS = 120  # a service period beyond that is no prepaid line


class Span(msgspec.Struct, frozen=True, order=True):
    """Days from the first to the last.

    Attributes:
        start: first day.
        end: last day.
    """

    start: date
    end: date

    def holds(self, day: date) -> bool:
        """Return whether a day is one of them."""
        return self.start <= day <= self.end

    def overlaps(self, other: "Span") -> bool:
        """Return whether the spans share a day."""
        return self.start <= other.end and other.start <= self.end

    @property
    def days(self) -> int:
        """Return how many days there are."""
        return (self.end - self.start).days + 1

    @property
    def months(self) -> int:
        """Return the closest number of months, at least 1."""
        return max(1, round(self.days / _MONTH_DAYS))


def span(start: date | None, end: date | None) -> Span | None:
    """Return the days from start to end, None where one is missing or they are reversed."""
    return None if start is None or end is None or end < start else Span(start, end)


def span_of_moments(start: datetime | None, end: datetime | None) -> Span | None:
    """Return the days of a period whose last moment is a last second or the next one's first."""
    if start is None or end is None:
        return None
    last = end.date()
    if end.time() == datetime.min.time() and last == months_after(start.date(), 1):
        last -= _DAY
    return span(start.date(), last)


def days_of(period: TrustorPeriod) -> Span | None:
    """Return the days of a customer's period, None where it has no dates."""
    overview = period.overview
    return span_of_moments(overview.billing_period_start_date, overview.billing_period_end_date)


def first_moment(day: date) -> datetime:
    """Return midnight (UTC) at which a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def moment_after(day: date) -> datetime:
    """Return midnight (UTC) at which a day has ended, as far as the calendar goes."""
    return first_moment(day if day == date.max else day + _DAY)


def months_after(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = min(max(day.year + years, date.min.year), date.max.year)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


class Calendar(msgspec.Struct, frozen=True):
    """Billing periods by date: those that are known, continued month by month.

    Without known periods they are the months of the calendar.
    """

    known: tuple[Span, ...] = ()

    def period(self, day: date) -> Span:
        """Return the billing period that holds a day: the shortest known one, or a derived one."""
        holding = [each for each in self.known if each.holds(day)]
        if holding:
            return min(holding, key=lambda each: (each.days, each.start))
        return self._derived(day)

    def _derived(self, day: date) -> Span:
        if not self.known:
            first = day.replace(day=1)
            return Span(first, day.replace(day=calendar.monthrange(day.year, day.month)[1]))
        # Of the shortest periods the one that begins latest in a month: February clamps a 31st.
        anchor = max(self.known, key=lambda each: (-each.months, each.start.day, each.start))
        step = anchor.months
        apart = (day.year - anchor.start.year) * 12 + day.month - anchor.start.month
        number = apart // step
        if months_after(anchor.start, number * step) > day:
            number -= 1
        start = months_after(anchor.start, number * step)
        following = months_after(anchor.start, (number + 1) * step)
        # At either end of the calendar there is no whole month.
        return Span(min(start, day), max(day, following - _DAY))

    def cut(self, whole: Span) -> list[tuple[Span, Span]]:
        """Return the billing periods that a span touches, each with the days in it."""
        parts, day = [], whole.start
        while True:
            period = self.period(day)
            end = min(period.end, whole.end)
            parts.append((period, Span(day, end)))
            if end >= whole.end:
                return parts
            day = end + _DAY


def shares(amount: Decimal, currency: str, whole: Span, of: Calendar) -> list[tuple[Span, Decimal]]:
    """Divide a prepaid amount over the billing periods that it covers.

    Whole periods have equal shares, a part of a period its share by days. Shares are rounded down
    to the smallest unit of the currency, and the last one has the rest: they add up exactly.
    """
    if not amount or whole.months > _LONGEST_MONTHS:
        return []
    parts = of.cut(whole)
    weights = [Fraction(days.days, period.days) for period, days in parts]
    unit = min(subunit(currency), _last_digit(amount))
    found, left = [], amount
    for (period, _), weight in zip(parts[:-1], weights, strict=False):
        units = int(Fraction(amount) * weight / sum(weights) / Fraction(unit))
        share = EXACT.multiply(Decimal(units), unit)
        found.append((period, share))
        left = EXACT.subtract(left, share)
    return [*found, (parts[-1][0], left)]


def _last_digit(amount: Decimal) -> Decimal:
    exponent = amount.as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(1)


class Selection(msgspec.Struct, frozen=True):
    """Which billing periods are exported: by first day, or the last closed and the open one.

    Attributes:
        today: the day (UTC).
        first: earliest first day of a period.
        last: latest first day of a period.
        starts: the very first days of the periods; None for any.
    """

    today: date
    first: date | None = None
    last: date | None = None
    starts: frozenset[date] | None = None

    def has(self, period: Span) -> bool:
        """Return whether a billing period is exported."""
        if self.starts is not None:
            return period.start in self.starts
        if self.first is not None or self.last is not None:
            first, last = self.first or date.min, self.last or date.max
            return first <= period.start <= last
        step = period.months
        ahead = months_after(period.start, 2 * step)
        if period.end < date.max:
            ahead = max(ahead, months_after(period.end + _DAY, step))
        return period.holds(self.today) or period.start <= self.today < ahead

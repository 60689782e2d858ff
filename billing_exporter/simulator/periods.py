"""Billing periods: from the activation day to the day before it, one month later.

Documented: a period starts on the activation day, not on the first of the month, and its last
day belongs to it; numbers run through the previous day. Invented: the lag of two days before
the newest period takes over index 0 (seen in public code as "several days").
"""

from dataclasses import dataclass
from datetime import date, timedelta

ROTATION_LAG = timedelta(days=2)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A billing period, first and last day included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Count the days of the period."""
        return (self.end - self.start).days + 1

    @property
    def month(self) -> int:
        """Number the period: months since year 0 of its first day."""
        return self.start.year * 12 + self.start.month - 1

    def counted(self, today: date) -> int:
        """Count the days whose usage is known: those before today, at most all."""
        return max(0, min(self.days, (today - self.start).days))


def numbered(month: int, anchor: int) -> Period:
    """Give the period whose first day is day `anchor` (1 to 28) of a numbered month."""
    start = date(month // 12, month % 12 + 1, anchor)
    following = date((month + 1) // 12, (month + 1) % 12 + 1, anchor)
    return Period(start, following - DAY)


def containing(day: date, anchor: int) -> Period:
    """Give the period that a day falls in."""
    month = day.year * 12 + day.month - 1
    return numbered(month if day.day >= anchor else month - 1, anchor)


def newest(today: date, anchor: int) -> Period:
    """Give the newest period that the API shows: it rotates two days late."""
    return containing(today - ROTATION_LAG, anchor)

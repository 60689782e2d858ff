"""Dates of a billing period that are restated: which known period it is that was read."""

from collections.abc import Collection
from datetime import date


def is_moved(
    known: tuple[date, date], read: tuple[date, date], listed: Collection[date] = ()
) -> bool:
    """Return whether a known period is the one that was read, with dates that have moved.

    They share more than half of the shorter one's days and two fifths of the longer one's: a month
    is neither the one beside it nor its quarter. A period that is still listed has not moved.

    Args:
        known: first and last day of the known period.
        read: first and last day of the period that was read.
        listed: first days of all periods that the API lists, where it lists them.

    >>> october = date(2026, 10, 1), date(2026, 10, 31)
    >>> is_moved(october, (date(2026, 10, 3), date(2026, 10, 31)))
    True
    >>> is_moved(october, (date(2026, 10, 30), date(2026, 11, 29)))
    False
    """
    if known == read or (known[0] != read[0] and known[0] in listed):
        return False
    shared = (min(known[1], read[1]) - max(known[0], read[0])).days + 1
    shorter, longer = sorted((end - start).days + 1 for start, end in (known, read))
    return 2 * shared > shorter and 5 * shared > 2 * longer

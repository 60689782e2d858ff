"""Due date of an invoice, from its payment terms.

The API gives no due date. Only ``Net 30`` is a documented spelling; its kin are the general ones
of billing systems. Terms that do not plainly state a number of days give no date: an end-of-month
rule or a discount is never guessed.
"""

import re
from datetime import date, timedelta

_DAYS = re.compile(r"net[ -]?([0-9]{1,3})(?: ?days?)?|([0-9]{1,3}) ?days?", re.IGNORECASE)
_AT_ONCE = frozenset({"due on receipt", "due upon receipt", "immediate", "due immediately"})


def days_to_pay(terms: str | None) -> int | None:
    """Return the days from invoice to due date that the terms state, or None.

    >>> days_to_pay("Net 30"), days_to_pay("Due on Receipt"), days_to_pay("Net 30 EOM")
    (30, 0, None)
    """
    text = " ".join((terms or "").split())
    if text.lower() in _AT_ONCE:
        return 0
    match = _DAYS.fullmatch(text)
    return int(match[1] or match[2]) if match else None


def due_date(invoiced: date | None, terms: str | None) -> date | None:
    """Return the last day to pay, or None where day or terms do not tell."""
    days = days_to_pay(terms)
    if invoiced is None or days is None:
        return None
    if (date.max - invoiced).days < days:
        return None
    return invoiced + timedelta(days=days)

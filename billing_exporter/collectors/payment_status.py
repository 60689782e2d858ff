"""Payment statuses of invoices: what is owed, what is settled, and what nobody knows.

Documented are ``Paid`` and ``Unpaid``, in whatever case. Others that billing systems write are
known by their words, in whatever spelling: ``PARTIALLY_PAID`` is ``Partially paid``.
"""

import re

from billing_exporter.collectors.base import label

PAID, UNPAID = "paid", "unpaid"

# Something is still owed. How much of it, no field says: the whole amount is the upper bound.
_OWED = frozenset(
    {
        *("unpaid", "notpaid", "partiallypaid", "partlypaid", "partpaid", "partialpaid"),
        *("partiallyunpaid", "partialpayment", "partial", "open", "due", "pastdue", "overdue"),
        *("outstanding", "delinquent", "late", "disputed", "indispute", "dispute"),
    }
)
# Nothing is owed.
_SETTLED = frozenset(
    {
        *("paid", "paidinfull", "fullypaid", "closed", "settled"),
        *("void", "voided", "writtenoff", "writeoff", "cancelled", "canceled"),
    }
)
_NO_LETTER = re.compile(r"[\W\d_]+")


def shown(status: str | None) -> str:
    """Return ``paid`` or ``unpaid`` in whatever case the API writes them, else as given.

    >>> shown("Unpaid"), shown("Past Due"), shown(None)
    ('unpaid', 'Past Due', 'unknown')
    """
    given = label(status)
    return given.lower() if given.lower() in {PAID, UNPAID} else given or "unknown"


def is_owed(status: str | None) -> bool | None:
    """Return whether an invoice of a status is still to be paid; None where nobody knows.

    >>> is_owed("PARTIALLY_PAID"), is_owed("Written off"), is_owed("Sealed")
    (True, False, None)
    """
    words = _NO_LETTER.sub("", label(status)).lower()
    if words in _OWED:
        return True
    return False if words in _SETTLED else None

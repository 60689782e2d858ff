"""CSV of one customer's or contract's charges."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO

from billing_exporter.web.records import Account, Charge

# A spreadsheet runs a cell of text that begins so.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_FACTS = ("organization", "of", "id", "name")
_FIELDS = tuple(Charge.__struct_fields__)


def charges(one: Account) -> str:
    """Return the charges as CSV; numbers are exact, unknown ones are empty."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow((*_FACTS, *_FIELDS))
    for charge in one.charges:
        writer.writerow(_cells(one, charge))
    return out.getvalue()


def _cells(one: Account, charge: Charge) -> Iterator[str]:
    for value in (
        *(getattr(one, fact) for fact in _FACTS),
        *(getattr(charge, field) for field in _FIELDS),
    ):
        if isinstance(value, Decimal):
            yield f"{value:f}"
        else:
            yield _harmless(value or "")


def _harmless(text: str) -> str:
    """Return text that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text

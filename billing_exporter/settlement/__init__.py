"""States of billing periods after their end: closed, settled, restated. Pure; knows no API."""

from billing_exporter.settlement.fingerprint import Fingerprint, Row, fingerprint
from billing_exporter.settlement.moving import is_moved
from billing_exporter.settlement.periods import (
    Reading,
    Settlement,
    State,
    advanced,
    is_due,
    moved,
    restated_amounts,
    state,
)

__all__ = [
    "Fingerprint",
    "Reading",
    "Row",
    "Settlement",
    "State",
    "advanced",
    "fingerprint",
    "is_due",
    "is_moved",
    "moved",
    "restated_amounts",
    "state",
]

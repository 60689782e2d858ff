"""Twists: how the faults about content change the world that one request sees.

They act before the request is answered, so that everything in an answer follows from them: usage,
overage and money of a restated period, lines and amount of a bill.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from billing_exporter.simulator.periods import Period

Error = Literal["price", "quantity", "missing", "twice"]
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class WrongBill:
    """What is wrong with the dearest on-demand lines of every bill, or of one SKU.

    Attributes:
        error: what is wrong with them.
        factor: by what a wrong price or quantity is multiplied.
        lines: how many lines of each bill are wrong.
        sku: only lines of this SKU, empty for any.
    """

    error: Error
    factor: Decimal
    lines: int
    sku: str


@dataclass(frozen=True, slots=True)
class Twist:
    """What is different for one request.

    Attributes:
        factor: by what the usage of restated periods is multiplied.
        start: first day of the restated period, empty for every closed one.
        late: days that usage is older than it should be.
        behind: billing periods that overviews are older than they should be.
        bill: what is wrong with the bills, None for right ones.
    """

    factor: Decimal = _ONE
    start: str = ""
    late: int = 0
    behind: int = 0
    bill: WrongBill | None = None

    def restated(self, period: Period) -> Decimal:
        """Return by what the usage of a closed period is multiplied."""
        return self.factor if self.start in {"", str(period.start)} else _ONE

    def known(self, today: date) -> date:
        """Return the day as of which usage is known."""
        return today - timedelta(days=self.late)


PLAIN = Twist()

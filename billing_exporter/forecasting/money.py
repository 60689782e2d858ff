"""Bands of amounts: a sum of charges has the band of its own past, never one of added bounds."""

from decimal import Decimal

import msgspec

from billing_exporter.forecasting.forecast import Forecast

ZERO = Decimal(0)


class Amount(msgspec.Struct, frozen=True, gc=False):
    """A forecast amount; bounds are None where its own past gives no band.

    Attributes:
        total: at the end of the period.
        lower: its lower bound.
        upper: its upper bound.
    """

    total: Decimal
    lower: Decimal | None = None
    upper: Decimal | None = None

    def at_least(self, minimum: Decimal) -> "Amount":
        """Return the amount with a minimum that is due in any case."""
        return Amount(
            max(self.total, minimum),
            None if self.lower is None else max(self.lower, minimum),
            None if self.upper is None else max(self.upper, minimum),
        )


def banded(total: Decimal, incurred: Decimal, own: Forecast) -> Amount:
    """Give the sum of forecast charges the band of its own past.

    Args:
        total: the forecast charges, added up.
        incurred: what is due already; nothing is below it.
        own: the forecast of the amount from its own totals.
    """
    total = max(total, incurred)
    if own.total is None or own.upper is None:
        return Amount(total)
    if own.upper == own.total:
        return Amount(total, total, total)
    if not own.total:
        return Amount(total)
    factor = own.upper / own.total
    return Amount(total, max(incurred, total / factor), total * factor)

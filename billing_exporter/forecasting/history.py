"""History of forecasts: closed periods as the collectors keep them."""

from collections.abc import Callable
from decimal import Decimal

from billing_exporter.collectors.closed_periods import History, digest
from billing_exporter.forecasting.forecast import Kind
from billing_exporter.forecasting.readings import Charge, Key, Period, finite

ZERO = Decimal(0)


def periods_of(history: History, kind_of: Callable[[Key], Kind | None]) -> tuple[Period, ...]:
    """Return closed periods as readings; a charge that a period does not have is no history.

    One that was listed with a quantity of 0 is, where it was used in another period.

    Args:
        history: of a customer or contract.
        kind_of: how a charge grows, by its labels; None for one that is not forecast.
    """
    periods = []
    kinds: dict[Key, Kind | None] = {}
    totals = [one.quantities for one in history.periods]
    used = {digest(key): key for quantities in totals for key in quantities}
    for one, found in zip(history.periods, totals, strict=True):
        quantities = dict.fromkeys(one.unused_of(used), ZERO) | found
        kinds |= {key: kind_of(key) for key in quantities.keys() - kinds.keys()}
        charges = {
            key: Charge(kind, finite(quantity))
            for key, quantity in quantities.items()
            if (kind := kinds[key]) is not None
        }
        amounts = {
            currency: amount
            for currency, amount in one.amounts.items()
            if finite(amount) is not None
        }
        days = (one.settlement.end - one.start).days + 1
        if days > 0:
            periods.append(Period(one.start, days, charges, amounts=amounts))
    return tuple(periods)
